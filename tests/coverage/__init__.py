"""What is seen of each public method of Spark, pandas and polars: each is called, observed, and its record is read."""
