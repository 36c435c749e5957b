"""The one options table, and how a value is found: arguments, environment, Spark conf, file, default.

Every option has one spelling per place, made from its name: ``sample.rows`` is ``Config(sample_rows=...)``,
``SPARK_LINEAGE__SAMPLE__ROWS``, ``spark.lineage.sample.rows`` and ``[sample] rows`` in ``spark-lineage.toml``
(or under ``[tool.spark-lineage]`` in ``pyproject.toml``).
"""
