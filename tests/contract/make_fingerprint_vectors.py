"""Writes ``fingerprint_vectors.json`` from plain Spark: ``python tests/contract/make_fingerprint_vectors.py``.

The column hashes are what Spark's own ``xxhash64`` says; nothing of ours takes part. The tables at the end are
computed by ``spark_lineage.fingerprint``, and the Scala half must agree. Each value is given as SQL (for Spark)
and as plain JSON (for other engines): integers as numbers, everything else as text that says the value exactly
(bytes in hex, dates and timestamps as ISO text, floats as the hex of their IEEE bits).
"""

from __future__ import annotations

import json
import struct
from pathlib import Path

from pyspark.sql import SparkSession

from spark_lineage.fingerprint import measure

TARGET = Path(__file__).with_name("fingerprint_vectors.json")

INTEGERS = {
    "tinyint": [0, 1, -1, 127, -128],
    "smallint": [0, 1, -1, 32767, -32768],
    "int": [0, 1, -1, 42, 2147483647, -2147483648],
    "bigint": [0, 1, -1, 42, 9223372036854775807, -9223372036854775808],
}
FLOATS = ["0.0", "-0.0", "1.5", "-1.5", "0.1", "1e300", "NaN", "Infinity", "-Infinity", "1e-320"]
STRINGS = ["", "a", "Spark", "abcdefg", "abcdefgh", "ä€😀", "x" * 31, "x" * 32, "x" * 33, "0123456789" * 20, "a\u0000b"]
DECIMALS = {
    "decimal(9,2)": ["0.00", "1.25", "-1.25", "9999999.99"],
    "decimal(18,6)": ["0.000000", "123456789012.345678", "-0.000001"],
    "decimal(19,2)": ["0.00", "1.00", "-1.00", "1.28", "99999999999999999.99"],
    "decimal(38,10)": ["0.0000000000", "-1.0000000000", "1234567890123456789012345678.0123456789"],
}
DATES = ["1970-01-01", "1969-12-31", "2024-02-29", "0001-01-01", "9999-12-31"]
TIMESTAMPS = ["1970-01-01 00:00:00", "1969-12-31 23:59:59.999999", "2024-02-29 12:34:56.789012"]
NESTED = {
    "array<int>": ["array(1, 2, 3)", "array(1, null, 3)", "cast(array() as array<int>)"],
    "array<string>": ["array('a', null, 'bc')"],
    "struct<a:int,b:string>": ["named_struct('a', 1, 'b', 'x')", "named_struct('a', 1, 'b', cast(null as string))"],
    "array<struct<a:bigint,b:array<double>>>": ["array(named_struct('a', 7L, 'b', array(1.5D, -0.0D)))"],
}


def quoted(text: str) -> str:
    return f"decode(unhex('{text.encode().hex()}'), 'utf-8')"


def bits(text: str, code: str) -> str:
    number = float(text)
    if code == "f" and abs(number) == 1e300:
        number = float("inf")
    return struct.pack(">" + code, number).hex()


def values() -> list[tuple[str, str, object]]:
    """(type, SQL, JSON) of every vector."""
    found: list[tuple[str, str, object]] = [("boolean", "true", True), ("boolean", "false", False)]
    for name, numbers in INTEGERS.items():
        found += [(name, f"cast('{n}' as {name})", n) for n in numbers]
    for name, code in (("float", "f"), ("double", "d")):
        found += [(name, f"cast('{text}' as {name})", bits(text, code)) for text in FLOATS]
    found += [("string", quoted(text), text) for text in STRINGS]
    found += [("binary", f"unhex('{text.encode().hex()}')", text.encode().hex()) for text in STRINGS]
    for name, texts in DECIMALS.items():
        found += [(name, f"cast('{text}' as {name})", text) for text in texts]
    found += [("date", f"date'{text}'", text) for text in DATES]
    found += [("timestamp", f"timestamp'{text}Z'", text) for text in TIMESTAMPS]
    found += [("timestamp_ntz", f"timestamp_ntz'{text}'", text) for text in TIMESTAMPS]
    found += [("interval day to second", f"interval '{n}' second", n * 1000000) for n in (0, 1, -86401)]
    found += [("interval year to month", f"interval '{n}' month", n) for n in (0, 1, -13)]
    found += [("time(6)", "time'12:34:56.789012'", "12:34:56.789012"), ("time(6)", "time'00:00:00'", "00:00:00")]
    found += [("string collate UTF8_LCASE", f"'{text}' collate UTF8_LCASE", text) for text in ("abc", "ABC", "")]
    for name, texts in NESTED.items():
        found += [(name, text, None) for text in texts]
    return found


def main() -> None:
    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    spark.conf.set("spark.sql.ansi.enabled", "false")
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    spark.conf.set("spark.sql.timeType.enabled", "true")
    vectors = []
    columns = []
    by_type: dict[str, list[tuple[str, object]]] = {}
    for name, sql, plain in values():
        by_type.setdefault(name, []).append((sql, plain))
    for name, entries in by_type.items():
        texts = [sql for sql, _ in entries]
        nested = name in NESTED
        json_of = "to_json(struct(v))" if nested else "null"
        union = " union all ".join(f"select {i} as i, {sql} as v" for i, sql in enumerate(texts))
        hashed = spark.sql(f"select xxhash64(v), {json_of} from ({union}) order by i").collect()
        for (sql, plain), row in zip(entries, hashed):
            shown = {"json": json.loads(row[1])["v"]} if nested else {"value": plain}
            vectors.append({"type": name, "sql": sql, **shown, "hash": f"{row[0] % 2**64:016x}"})
        union = " union all ".join(f"select {sql} as v" for sql in [*texts, f"cast(null as {name})", texts[0]])
        total = spark.sql(f"select sum(xxhash64(v)) from ({union})").first()[0]
        columns.append({"type": name, "rows": len(texts) + 2, "nulls": 1, "fingerprint": f"xxh64:{total % 2**64:016x}"})
    tables = [table(spark)]
    spark.stop()
    note = "Each column holds the vectors of its type, one NULL, and its first vector once more."
    document = {
        "version": 1, "null": f"{42:016x}", "vectors": vectors, "note": note, "columns": columns, "tables": tables
    }  # fmt: skip
    TARGET.write_text(json.dumps(document, indent=1) + "\n")


def table(spark: SparkSession) -> dict[str, object]:
    """Rows of several columns: row fingerprint, sketches and sample as ``spark_lineage.fingerprint`` has them."""
    rows = [
        {
            "id": i % 30, "x": None if i % 7 == 0 else i * 0.3, "name": None if i % 5 == 0 else f"name {i % 11}",
            "y": i / 4, "price": f"{i * 37 % 100}.25", "day": f"2024-02-{i % 28 + 1:02d}",
        }
        for i in range(45)
    ]  # fmt: skip
    schema = "id bigint, x double, name string, y float, price decimal(9,2), day date"
    fields = ", ".join(part.replace(" ", ":", 1) for part in schema.split(", "))
    sql = f"select inline(from_json('{json.dumps(rows)}', 'array<struct<{fields}>>'))"
    facts = measure(spark.sql(sql).toArrow(), sample_rows=8)
    assert facts.sample is not None
    sketches = {c.name: [c.sum, c.sum_squares, c.signed_sum] for c in facts.columns if c.sum is not None}
    sample = {"key": facts.sample.key, "rows": facts.sample.rows, "counts": facts.sample.counts}
    return {
        "schema": schema, "sql": sql, "rows": rows,
        "fingerprint": facts.fingerprint, "sketches": sketches, "sample": sample,
    }  # fmt: skip


if __name__ == "__main__":
    main()
