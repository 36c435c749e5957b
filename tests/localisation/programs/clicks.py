"""Sessions and conversion of a web shop, in SQL over temporary views."""

import sys

from pyspark.sql import SparkSession

GAP_MINUTES = 30
CHANNELS = ("search", "mail", "social")

data, out = sys.argv[1], sys.argv[2]
spark = SparkSession.builder.appName("clicks").getOrCreate()
spark.sparkContext.setLogLevel("ERROR")

spark.read.json(
    f"{data}/events.json", schema="event_id LONG, user_id INT, page STRING, channel STRING, ts TIMESTAMP, bot BOOLEAN"
).createOrReplaceTempView("events")
spark.read.option("header", True).csv(
    f"{data}/users.csv", schema="user_id INT, country STRING, registered_on DATE"
).createOrReplaceTempView("users")

humans = spark.sql(
    """
    SELECT event_id, user_id, page, channel, from_utc_timestamp(ts, 'Europe/Berlin') AS at
    FROM events
    WHERE NOT coalesce(bot, false)
    """
)
humans.createOrReplaceTempView("humans")

starts = spark.sql(
    f"""
    SELECT *,
           CASE WHEN lag(at) OVER (PARTITION BY user_id ORDER BY at, event_id) IS NULL
                  OR at - lag(at) OVER (PARTITION BY user_id ORDER BY at, event_id) > INTERVAL {GAP_MINUTES} MINUTES
                THEN 1 ELSE 0 END AS is_start
    FROM humans
    """
)
starts.createOrReplaceTempView("starts")

numbered = spark.sql(
    """
    SELECT *, sum(is_start) OVER (PARTITION BY user_id ORDER BY at, event_id
                                  ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS session
    FROM starts
    """
)
numbered.createOrReplaceTempView("numbered")

sessions = spark.sql(
    """
    SELECT user_id, session, min(at) AS started_at, count(*) AS pages, first_value(channel) AS channel,
           max(CASE WHEN page = 'checkout' THEN 1 ELSE 0 END) AS bought
    FROM (SELECT * FROM numbered DISTRIBUTE BY user_id SORT BY user_id, at, event_id)
    GROUP BY user_id, session
    """
)
sessions.createOrReplaceTempView("sessions")

by_country = spark.sql(
    """
    SELECT coalesce(u.country, '??') AS country, date_trunc('DAY', s.started_at) AS day,
           count(*) AS sessions, count(DISTINCT s.user_id) AS visitors, sum(s.bought) / count(*) AS conversion
    FROM sessions s LEFT JOIN users u ON u.user_id = s.user_id
    GROUP BY 1, 2
    """
)
wanted = ", ".join(f"'{each}'" for each in CHANNELS)
by_channel = spark.sql(
    f"SELECT channel, avg(pages) AS pages FROM sessions WHERE channel IN ({wanted}) GROUP BY channel"
)

by_country.write.mode("overwrite").parquet(f"{out}/countries")
by_channel.coalesce(1).write.mode("overwrite").option("header", True).csv(f"{out}/channels")
spark.stop()
