"""The run of an orchestrator that starts a program, as it tells OpenLineage's Spark integration."""

DAG, TASK = "01890000-0000-7000-8000-00000000000a", "01890000-0000-7000-8000-00000000000b"
CONF = {
    "spark.openlineage.parentJobNamespace": "airflow",
    "spark.openlineage.parentJobName": "daily.load",
    "spark.openlineage.parentRunId": TASK,
    "spark.openlineage.rootParentJobNamespace": "airflow",
    "spark.openlineage.rootParentJobName": "daily",
    "spark.openlineage.rootParentRunId": DAG,
}
