"""What comes from the carriers."""


def shipments(spark, folder):
    schema = """shipment STRING, depot STRING, service STRING, weight DOUBLE, weight_unit STRING, booked DATE,
                promised DATE"""
    return spark.read.csv(
        f"{folder}/shipments.csv", header=True, schema=schema, sep=";", dateFormat="dd/MM/yyyy", nullValue="NA"
    )


def scans(spark, folder):
    return spark.read.json(f"{folder}/scans.json", schema="shipment STRING, event STRING, at TIMESTAMP, device INT")


def depots(spark, folder):
    return spark.read.parquet(f"{folder}/depots.parquet")
