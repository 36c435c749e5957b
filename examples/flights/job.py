"""Which airlines make up for late departures in the air? All flights from New York City in 2013.

    python job.py DATA OUT

Reads the tables that data.py writes, writes Parquet and Delta tables to OUT. The headline number of an airline is
**gain per hour**: of the flights that left late, the minutes of delay made up in the air, per hour of flight. It is
a ratio of sums (all minutes made up over all hours flown), not a mean of ratios, so that a short hop does not weigh
as much as a flight to Hawaii. Positive is good: the airline lands with less delay than it left with.
"""

import sys
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

# A departure counts as late from this many minutes on, as the US Department of Transportation counts.
LATE = 15

PLANES = (
    "tailnum string, year int, type string, manufacturer string, model string, engines int, seats int, speed int, "
    "engine string"
)
AIRPORTS = "faa string, name string, lat double, lon double, alt int, tz int, dst string, tzone string"
AIRLINES = "carrier string, name string"
DELTA = "io.delta:delta-spark_4.2_2.13:4.4.0"


def start_spark() -> SparkSession:
    """A local session with Delta Lake: from jars next to this file if they are there, else from Maven Central."""
    builder = (
        SparkSession.builder.appName("flights")
        .master("local[2]")
        .config("spark.sql.shuffle.partitions", 4)
        .config("spark.sql.session.timeZone", "America/New_York")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .config("spark.databricks.delta.snapshotPartitions", 2)
        .config("spark.ui.enabled", False)
        .config("spark.ui.showConsoleProgress", False)
    )
    jars = ",".join(str(jar) for jar in sorted(Path(__file__).parent.glob("jars/*.jar")))
    builder = builder.config("spark.jars", jars) if jars else builder.config("spark.jars.packages", DELTA)
    return builder.getOrCreate()


def read_csv(spark: SparkSession, path: Path, schema: str) -> DataFrame:
    return spark.read.csv(str(path), schema=schema, header=True, nullValue="NA")


# --- clean


def drop_cancelled(flights: DataFrame) -> DataFrame:
    """Flights that took off and landed where they were to: the others have no air time."""
    return flights.dropna(subset=["dep_delay", "arr_delay", "air_time"])


def clean_planes(planes: DataFrame) -> DataFrame:
    """Planes by tail number, with the year they were built in. Years before 1950 are typing errors."""
    built = F.when(F.col("year") >= 1950, F.col("year"))
    return planes.select("tailnum", built.alias("built"), "manufacturer", "seats")


def clean_weather(weather: DataFrame) -> DataFrame:
    """One row per airport and hour, with one flag: rough if it rained hard, blew or hid the runway."""
    rough = (F.col("precip") > 0.1) | (F.col("wind_speed") > 25) | (F.col("visib") < 3)
    hourly = weather.dropDuplicates(["origin", "time_hour"])
    return hourly.select("origin", "time_hour", F.coalesce(rough, F.lit(False)).alias("rough_weather"))


# --- join


def join_planes(flights: DataFrame, planes: DataFrame) -> DataFrame:
    """Adds the plane and its age; about one flight in six flew with a plane that nobody registered."""
    joined = flights.join(planes, "tailnum", "left")
    return joined.withColumn("plane_age", F.col("year") - F.col("built")).drop("built")


def join_weather(flights: DataFrame, weather: DataFrame) -> DataFrame:
    """Adds the weather at take-off; hours without a record count as fair."""
    joined = flights.join(weather, ["origin", "time_hour"], "left")
    return joined.fillna({"rough_weather": False})


def join_airports(flights: DataFrame, airports: DataFrame) -> DataFrame:
    """Adds name and time zone of the destination; four airports of the Caribbean are not in the list."""
    destinations = airports.select(F.col("faa").alias("dest"), F.col("name").alias("destination"), "tzone")
    return flights.join(F.broadcast(destinations), "dest", "left")


def join_airlines(flights: DataFrame, airlines: DataFrame) -> DataFrame:
    return flights.join(F.broadcast(airlines.withColumnRenamed("name", "airline")), "carrier")


# --- measure


def measure_delay(flights: DataFrame) -> DataFrame:
    """Per flight: did it leave late, how many minutes did it make up, at what speed did it fly?"""
    return flights.withColumns(
        {
            "late": F.col("dep_delay") >= LATE,
            "gain": F.col("dep_delay") - F.col("arr_delay"),
            "speed": F.col("distance") / (F.col("air_time") / 60),
        }
    )


def gain_by_airline(flights: DataFrame) -> DataFrame:
    """The headline: see the top of this file."""
    late = flights.filter("late")
    sums = late.groupBy("airline").agg(
        F.count("*").alias("late_flights"),
        F.sum("gain").alias("gain"),
        (F.sum("air_time") / 60).alias("hours"),
    )
    return sums.withColumn("gain_per_hour", F.round(F.col("gain") / F.col("hours"), 2))


def delay_by_route(flights: DataFrame) -> DataFrame:
    """Routes flown once a day or more: how often late, and what weather and age of the plane have to do with it."""
    routes = flights.groupBy("origin", "dest", "destination").agg(
        F.count("*").alias("flights"),
        F.avg(F.col("late").cast("int")).alias("late_share"),
        F.avg(F.when(F.col("rough_weather"), F.col("dep_delay"))).alias("delay_in_rough_weather"),
        F.avg("plane_age").alias("plane_age"),
    )
    return routes.filter(F.col("flights") >= 365)


# --- the job

if len(sys.argv) != 3:
    sys.exit("usage: python job.py DATA OUT")
data, out = Path(sys.argv[1]), Path(sys.argv[2])
spark = start_spark()

flights = spark.read.parquet(str(data / "flights.parquet"))
weather = spark.read.parquet(str(data / "weather.parquet"))
planes = read_csv(spark, data / "planes.csv", PLANES)
airports = read_csv(spark, data / "airports.csv", AIRPORTS)
airlines = read_csv(spark, data / "airlines.csv", AIRLINES)

flown = drop_cancelled(flights)
with_planes = join_planes(flown, clean_planes(planes))
with_weather = join_weather(with_planes, clean_weather(weather))
with_airports = join_airports(with_weather, airports)
enriched = join_airlines(with_airports, airlines)

measured = measure_delay(enriched).cache()
airline_gain = gain_by_airline(measured)
routes = delay_by_route(measured)
late_by_hour = measured.groupBy("hour").agg(F.avg(F.col("late").cast("int")).alias("late_share")).orderBy("hour")

airline_gain.coalesce(1).write.mode("overwrite").parquet(str(out / "airline_gain"))
late_by_hour.write.mode("overwrite").parquet(str(out / "late_by_hour"))
routes.write.format("delta").mode("overwrite").save(str(out / "routes"))

print("Minutes of delay made up per hour in the air, of flights that left late:")
for row in airline_gain.orderBy(F.desc("gain_per_hour")).limit(5).collect():
    print(f"  {row.airline:<30}{row.gain_per_hour:6.2f}  ({row.late_flights} flights)")

spark.stop()
