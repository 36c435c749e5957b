"""What of Python, pyspark and pandas is patched, and how a patch is placed and undone."""
