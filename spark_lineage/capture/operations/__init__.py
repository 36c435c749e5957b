"""One operation of pyspark: which methods make one, what it works on, what it marks and what it gives."""
