"""Which object came from which: DataFrames, views, collected rows and pandas objects."""
