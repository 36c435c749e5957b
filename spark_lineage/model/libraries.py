"""Libraries that more than one part has to know by name."""

from __future__ import annotations

#: scikit-learn, and those whose estimators derive from its own.
ESTIMATORS = ("sklearn", "xgboost", "lightgbm", "catboost", "imblearn")
