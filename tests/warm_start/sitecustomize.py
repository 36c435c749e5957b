"""Leads a program to a warm JVM, once the interpreter has started as it does for a program that starts its own JVM.

With ``PYSPARK_GATEWAY_PORT`` in its environment from the beginning, the start-up file of an installed spark_lineage
would take the program for one that spark-submit has started.
"""

import os

for name in ("PORT", "SECRET"):
    os.environ[f"PYSPARK_GATEWAY_{name}"] = os.environ.pop(f"WARM_JVM_{name}")
