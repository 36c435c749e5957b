#!/bin/bash
# Makes a Dataproc cluster whose Spark programs are observed. Written after Dataproc's documentation. The jar is the one that
# `spark-lineage jar --spark 3.5 --scala 2.12` prints the path of, copied into a bucket.
set -eu

cluster=$1 bucket=$2
# `^#^`: the properties are separated by `#`, since values may hold commas.
gcloud dataproc clusters create "$cluster" --image-version 2.3-debian12 --properties "^#^\
dataproc:pip.packages=spark-lineage-agent==0.2.0,obstore==0.12.1#\
spark:spark.extraListeners=io.sparklineage.LineageListener#\
spark:spark.jars=gs://$bucket/spark-lineage/listener.jar#\
spark:spark.lineage.store=gs://$bucket/lineage"
