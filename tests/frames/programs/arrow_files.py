import pyarrow as pa
import pyarrow.parquet as pq


def write(table):
    pq.write_table(table, "arrow_numbers.parquet")


def read():
    return pq.read_table("arrow_numbers.parquet")


def doubled(table):
    return pa.table({"n": [2 * n for n in table["n"].to_pylist()]})


numbers = pa.table({"n": [1, 2, 3]})
write(numbers)
again = read()
result = doubled(again)
print(result.to_pylist())
