"""The fingerprint of ``docs/fingerprint.md`` for Arrow tables and pandas DataFrames.

The same numbers as the probe in Spark gives for the same rows; ``tests/contract`` holds both to that.
Needs numpy and pyarrow, which are there wherever pandas DataFrames cross a program.
"""

from spark_lineage.fingerprint.tables import TableFacts, measure, measure_pandas

__all__ = ["TableFacts", "measure", "measure_pandas"]
