#!/bin/bash
# EMR bootstrap action, on each node, since in cluster mode any of them may run the driver. Written after EMR's
# documentation. The jar goes to where conf/emr-configurations.json names it; executors get it from the driver.
set -eu

sudo python3 -m pip install --quiet "${1:-spark-lineage-agent[cloud]}"
sudo mkdir -p /usr/lib/spark-lineage
# EMR 7 has Spark 3.5 with Scala 2.12. Spark itself is installed after the bootstrap actions: it cannot be asked yet.
sudo cp "$(spark-lineage jar --spark "${2:-3.5}" --scala "${3:-2.12}")" /usr/lib/spark-lineage/listener.jar
