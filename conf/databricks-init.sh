#!/bin/bash
# Databricks cluster init script: observes every notebook and job of the cluster. Written after Databricks'
# documentation, not run on Databricks by our tests; the runtime must be a Spark line that `spark-lineage doctor` lists.
#
# Upload it to a workspace folder or volume and name it under Advanced options > Init scripts. Set in the cluster's
# environment: SPARK_LINEAGE__STORE (a folder on a volume) and, to send events, OPENLINEAGE_URL.
set -eu

/databricks/python/bin/pip install --quiet spark-lineage-agent

if [ "${DB_IS_DRIVER:-}" = "TRUE" ]; then
  # The jar must be there before the driver's JVM starts; executors get it from the driver.
  cp "$(/databricks/python/bin/spark-lineage jar --spark-home /databricks/spark)" /databricks/jars/
  cat > /databricks/driver/conf/90-spark-lineage.conf <<'CONF'
[driver] {
  "spark.extraListeners" = "com.databricks.backend.daemon.driver.DBCEventLoggingListener,io.sparklineage.LineageListener"
}
CONF
fi
