"""Libraries that more than one part has to know by name."""

from __future__ import annotations

#: Those whose tables are followed in the memory of a program.
TABLES = ("pandas", "polars", "pyarrow", "duckdb")
#: What the record calls them.
TABLE_ENGINES = ("pandas", "polars", "arrow", "python")
#: scikit-learn, and those whose estimators derive from its own.
ESTIMATORS = ("sklearn", "xgboost", "lightgbm", "catboost", "imblearn")
