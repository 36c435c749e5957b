"""The configuration files: ``spark-lineage.toml``, or ``pyproject.toml`` with a table of ours."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from spark_lineage.config.sentences import ConfigError

FILE_NAME = "spark-lineage.toml"


def configuration_in(folder: Path) -> tuple[Path, dict[str, Any]] | None:
    """The configuration file of a folder and its table of settings, if the folder has one.

    Raises :class:`ConfigError` if it cannot be read, or if both files of the folder have settings.
    """
    own = folder / FILE_NAME
    shared = folder / "pyproject.toml"
    own_table = read_toml(own) if own.is_file() else None
    # Reading somebody's pyproject.toml may fail for reasons that are none of ours: look before parsing.
    mentions = shared.is_file() and b"spark-lineage" in shared.read_bytes()
    shared_table = read_toml(shared).get("tool", {}).get("spark-lineage") if mentions else None
    if own_table is not None and shared_table is not None:
        raise ConfigError(f"Both {own} and [tool.spark-lineage] in {shared} have settings: keep one of them.")
    if own_table is not None:
        return own, own_table
    return (shared, shared_table) if shared_table is not None else None


def read_toml(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        return table
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read as TOML: {error}.") from None
