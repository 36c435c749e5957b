"""A program full of secrets, each in another form. The password is PLANTa00x. Arguments: how it ends, then secrets."""

import argparse
import base64
import hashlib
import hmac
import json
import os
import signal
import sys
import time

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

# password: PLANTa01x
# the api key is api_key=PLANTa02x and the token: "PLANTa03x"
# oracle://scott:PLANTa04x@host:1521/x
API_KEY = "PLANTa05x"
DB_PASSWORD: str = "PLANTa06x"
user, password = "reader", "PLANTa07x"
SETTINGS = {"password": "PLANTa08x", "client_secret": "PLANTa09x", "url": "mysql://u:PLANTa10x@h/db"}
HEADERS = {
    "Authorization": "Bearer PLANTa11x",
    "X-Api-Key": "PLANTa12x",
    "Proxy-Authorization": "Basic " + base64.b64encode(b"user:PLANTa13x").decode(),
    "Cookie": "session=PLANTa14x",
}
BASIC = "Authorization: Basic dXNlcjpQTEFOVGExNXg="
PRESIGNED = "https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4&X-Amz-Signature=PLANTa16x&X-Amz-Date=2026"
SHARED = "https://acc.blob.core.windows.net/c/f?sv=2024&sig=PLANTa17x%3D"
GOOGLE = "https://storage.googleapis.com/b/o?X-Goog-Signature=PLANTa18x"
CONNECTION = "DefaultEndpointsProtocol=https;AccountName=acc;AccountKey=PLANTa19x==;EndpointSuffix=core.windows.net"
BUS = "Endpoint=sb://n.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey=PLANTa20x="
JAAS = 'org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="PLANTa21x";'
DSN = "host=h dbname=d user=u password=PLANTa22x"
POSTGRES = "postgresql://u:PLANTa23x@h:5432/d"
MONGO = "mongodb+srv://u:PLANTa24x@h/d"
REDIS = "redis://:PLANTa25x@h:6379/0"
SNOWFLAKE = "snowflake://u:PLANTa26x@account/db"
SQLSERVER = "jdbc:sqlserver://h;user=sa;password=PLANTa27x;encrypt=true"
ORACLE = "jdbc:oracle:thin:scott/PLANTa28x@h:1521:x"
SLASHED = "https://user:pa/PLANTa29x@host/path"
EASY = "sqlplus scott/PLANTa30x@//h:1521/x"
QUERY = "https://h/x?user=u&token=PLANTa31x&n=1"
JSON = '{"user": "u", "password": "PLANTa32x"}'
YAML = "user: u\npassword: PLANTa33x\n"
PEM = """-----BEGIN PRIVATE KEY-----
PLANTa34xMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC
-----END PRIVATE KEY-----"""
GITHUB = "ghp_PLANTa35xAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
SLACK = "xoxb-123456789012-PLANTa36xabcdef"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJQTEFOVGEzN3gifQ.PLANTa37xabcdefghijk"


class Client:
    """Connects with passphrase="PLANTa38x"."""

    token = "PLANTa39x"

    def __init__(self, secret="PLANTa40x", *, access_key="PLANTa41x"):
        self.private_key = "PLANTa42x"
        setattr(self, "password", "PLANTa43x")


def signed(df):
    """Signs; the password: PLANTa44x."""
    digest = hmac.new(b"PLANTa45x", b"text", hashlib.sha256).hexdigest()
    made = dict(key=b"PLANTa46x", passphrase="PLANTa47x")
    return df.withColumn("digest", F.lit(digest)).withColumn("n", F.lit(len(made)))


def literals(df):
    return (
        df.withColumn("password", F.lit("PLANTa48x"))
        .select("*", F.lit("PLANTa49x").alias("apikey"))
        .withColumn("matches", F.col("password") == "PLANTa50x")
        .withColumn("stored", F.base64(F.aes_encrypt(F.lit("text"), F.lit("PLANTa51xabcdef0"))))
        .withColumn("case", F.when(F.col("password") == "PLANTa52x", 1).otherwise(0))
    )


def filtered(df):
    return df.filter("password != 'PLANTa53x'").filter("apikey <> 'PLANTa54x'").where(F.col("password").isNotNull())


def by_sql(spark, df):
    df.createOrReplaceTempView("literals")
    return spark.sql("""
        -- password = 'PLANTa55x'
        select id, 'PLANTa56x' as secret_token, n, digest, password from literals where password <> 'PLANTa57x'
    """)


def unnamed(spark, df):
    """Columns that Spark names by their expressions; a value that reaches its place through a variable."""
    limit = "PLANTa90x"
    address = f"host=h password={limit} user=u"
    sealed = F.aes_encrypt(F.lit("text"), F.lit("PLANTa91xabcdef0"))
    shown = df.select(sealed, F.col("password") == "PLANTa92x", "id", "password")
    kept = shown.where(F.col("password") != limit).withColumn("length", F.lit(len(address)))
    kept.createOrReplaceTempView("kept")
    again = spark.sql("select *, sha2(concat(id, 'PLANTa93x'), 256), password = 'PLANTa94x' from kept")
    return again.where(F.col(again.columns[0]).isNotNull()).dropDuplicates(again.columns[:2])


def rows(spark):
    return spark.createDataFrame([(1, "PLANTa58x"), (2, "PLANTa59x")], "id long, password string")


def attempts(spark):
    """Readers that fail: what they were told stands in calls, errors and plans."""
    jdbc = spark.read.format("jdbc").option("dbtable", "t")
    yield lambda: jdbc.option("url", "jdbc:postgresql://h/d?user=u&password=PLANTa60x").load()
    yield lambda: jdbc.option("url", "jdbc:postgresql://h/d").option("password", "PLANTa61x").load()
    yield lambda: jdbc.option(key="password", value="PLANTa62x").option("url", "jdbc:x:y").load()
    yield lambda: jdbc.options(url="jdbc:mysql://h/d", user="u", password="PLANTa63x").load()
    yield lambda: spark.read.jdbc(ORACLE, "t", properties={"user": "u", "password": "PLANTa64x"})
    yield lambda: spark.sql(
        "create temporary view v using jdbc options (url 'jdbc:x:y', dbtable 't', user 'u', password 'PLANTa65x')"
    )
    yield lambda: spark.sql("create user u identified by 'PLANTa66x'")
    yield lambda: spark.sql("set x.password=PLANTa67x").collect()
    yield lambda: spark.read.option("fs.s3a.secret.key", "PLANTa68x").parquet("s3a://AKIAPLANTA69XAAAAAAA:PLANTa70x@b/x")
    yield lambda: spark.read.format("kafka").option("kafka.sasl.jaas.config", JAAS).load()
    yield lambda: spark.sql("select aes_decrypt(x'00', 'PLANTa71xabcdef0') as a").collect()


def attempted(spark):
    failed = 0
    for attempt in attempts(spark):
        try:
            attempt()
        except Exception:
            failed += 1
    return failed


def refused():
    raise ValueError("login as u with password=PLANTa72x at postgresql://u:PLANTa73x@h failed, token 'PLANTa74x'")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("end")
    parser.add_argument("token")
    parser.add_argument("--password")
    parser.add_argument("--api-key")
    parser.add_argument("--url")
    words = parser.parse_args()
    os.environ["SERVICE_TOKEN"] = "PLANTa75x"
    builder = SparkSession.builder.appName("planted").config("spark.hadoop.fs.s3a.secret.key", "PLANTa76x")
    spark = builder.config("spark.my.password", "PLANTa77x").getOrCreate()
    spark.sparkContext.setJobDescription("with password=PLANTa78x")
    df = spark.range(4).withColumn("given", F.lit(words.password)).withColumn("token", F.lit(words.token))
    df = df.withColumn("of_environment", F.lit(os.environ["DB_PASSWORD"])).withColumn("key", F.lit(words.api_key))
    made = by_sql(spark, filtered(literals(signed(df))))
    print(len(unnamed(spark, literals(signed(df))).collect()), Client("PLANTa95x").token == "")
    made.join(rows(spark).select("id"), "id").write.mode("overwrite").parquet("out/made")
    rows(spark).write.mode("overwrite").parquet("out/rows")
    try:
        refused()
    except ValueError as error:
        print(len(str(error)), attempted(spark), Client(secret="PLANTa79x").token == "PLANTa80x", json.loads(JSON)["user"])
    if words.end == "killed":
        time.sleep(4)  # what was observed is written ahead once a second
        os.kill(os.getpid(), signal.SIGKILL)
    if words.end == "failed":
        refused()
    spark.stop()


if __name__ == "__main__":
    main()
    sys.exit(0)
