"""Function-level lineage of unmodified PySpark programs.

spark-lineage run job.py                     observes a program from outside
spark_lineage.start(mode="flow")             from inside, until spark_lineage.stop() or the end of the process
%load_ext spark_lineage                      in a notebook or in IPython's shell, and then %lineage
configure_spark_with_lineage(builder)        the same, for the session that the builder makes
spark_lineage.store(path).run("last")        what was recorded
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing is not imported: the program's folder may be the first that is searched
if TYPE_CHECKING:
    from typing import Any

    from spark_lineage.activation.session import configure_spark_with_lineage, start, stop
    from spark_lineage.answers.errors import AnswerError
    from spark_lineage.api import store
    from spark_lineage.config import Config, ConfigError
    from spark_lineage.version import VERSION as __version__

__all__ = [
    "AnswerError", "Config", "ConfigError", "__version__", "configure_spark_with_lineage", "start", "stop", "store",
]  # fmt: skip

# Imported on first use: the start-up hook must not pay for them.
_PLACES = {
    "AnswerError": ("spark_lineage.answers.errors", "AnswerError"),
    "Config": ("spark_lineage.config", "Config"),
    "ConfigError": ("spark_lineage.config", "ConfigError"),
    "__version__": ("spark_lineage.version", "VERSION"),
    "configure_spark_with_lineage": ("spark_lineage.activation.session", "configure_spark_with_lineage"),
    "start": ("spark_lineage.activation.session", "start"),
    "stop": ("spark_lineage.activation.session", "stop"),
    "store": ("spark_lineage.api", "store"),
    # %load_ext spark_lineage, and %unload_ext
    "load_ipython_extension": ("spark_lineage.activation.notebook", "load"),
    "unload_ipython_extension": ("spark_lineage.activation.notebook", "unload"),
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'spark_lineage' has no attribute {name!r}")
    from spark_lineage.own_imports import Apart

    with Apart():
        import importlib

        module, attribute = _PLACES[name]
        return getattr(importlib.import_module(module), attribute)
