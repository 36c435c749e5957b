"""Tables in the memory of a program: frames and Series of pandas, frames of polars; who made them, who uses them."""
