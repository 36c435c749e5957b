"""Function-level lineage of unmodified PySpark programs.

spark-lineage run job.py                     observes a program from outside
spark_lineage.start(mode="flow")             from inside, until spark_lineage.stop() or the end of the process
configure_spark_with_lineage(builder)        the same, for the session that the builder makes
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spark_lineage.activation.session import configure_spark_with_lineage, start, stop
    from spark_lineage.config import Config, ConfigError

__all__ = ["Config", "ConfigError", "__version__", "configure_spark_with_lineage", "start", "stop"]

# Imported on first use: the start-up hook must not pay for them.
_PLACES = {
    "Config": "spark_lineage.config",
    "ConfigError": "spark_lineage.config",
    "configure_spark_with_lineage": "spark_lineage.activation.session",
    "start": "spark_lineage.activation.session",
    "stop": "spark_lineage.activation.session",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _version()
    if name in _PLACES:
        import importlib

        return getattr(importlib.import_module(_PLACES[name]), name)
    raise AttributeError(f"module 'spark_lineage' has no attribute {name!r}")


def _version() -> str:
    import pkgutil

    text = pkgutil.get_data("spark_lineage", "VERSION")  # works in a zip file too
    return (text or b"unknown").decode().strip()
