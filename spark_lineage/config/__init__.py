"""The settings of the agent: one options table, and how a value is found for each.

``options`` has the table and :class:`Config`, ``values`` what a value may be, ``files`` the configuration files,
``resolving`` the precedence of the sources, ``sentences`` what the user is told.
"""

from __future__ import annotations

from spark_lineage.config.files import configuration_in, read_toml
from spark_lineage.config.options import BY_NAME, CONF_PREFIX, OPTIONS, Config, Option
from spark_lineage.config.resolving import resolve
from spark_lineage.config.sentences import ConfigError, did_you_mean

__all__ = [
    "BY_NAME", "CONF_PREFIX", "OPTIONS", "Config", "ConfigError", "Option", "configuration_in", "did_you_mean",
    "read_toml", "resolve",
]  # fmt: skip
