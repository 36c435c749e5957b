"""Tables in the memory of a program, of pandas, polars, Arrow and DuckDB: who made them, who uses them."""
