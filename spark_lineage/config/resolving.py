"""How the value of an option is found: arguments, environment, Spark conf, file, default."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spark_lineage.config.addresses import is_elsewhere
from spark_lineage.config.files import configuration_in
from spark_lineage.config.options import BY_NAME, CONF_PREFIX, ENVIRONMENT_PREFIX, OPTIONS, Config, Option
from spark_lineage.config.sentences import ConfigError, unknown
from spark_lineage.config.values import NotUsable
from spark_lineage.model import Mode

# Local properties and hand-overs of ours that share the prefix and are no options.
CONF_INTERNAL = frozenset({"op", "run", "wire"})

# Paths: in a file they are relative to its folder.
IN_FOLDER = frozenset({"store", "spool", "jar", "checks.file", "sign.key", "sign.public_key"})


@dataclass(frozen=True)
class Setting:
    """One value that one source gives for one option. ``where`` names the spelling the user wrote."""

    option: Option
    value: Any
    where: str


def resolve(
    arguments: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    spark_conf: Mapping[str, str] | None = None,
    folders: Sequence[Path] | None = None,
    flags: bool = False,
) -> Config:
    """The configuration of this process.

    ``arguments`` are keyed by option name or field name (``sample.rows`` or ``sample_rows``); None values are
    left out; ``flags`` says that the user wrote them as flags of the command. ``spark_conf`` is the program's Spark
    conf; other keys than ``spark.lineage.*`` are ignored. ``folders`` are searched for a configuration file in this
    order; the first file found counts.
    A local ``store`` and the paths of keys become absolute (the program may change its folder later).

    Raises :class:`ConfigError`.
    """
    levels = (  # weakest first
        list(_from_files([Path.cwd()] if folders is None else folders)),
        list(_from_conf(spark_conf or {})),
        list(_from_environment(os.environ if environ is None else environ)),
        list(_from_arguments(arguments or {}, flags)),
    )
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for level in levels:
        _refuse_conflicts(level)
        for setting in level:
            name = setting.option.name
            merged = {**values.get(name, {}), **setting.value} if name == "labels" else setting.value
            values[name], origins[name] = merged, setting.where
    fields = {BY_NAME[name].field: value for name, value in values.items()}
    config = Config(**fields, origins=origins)
    key, public_key = (
        _absolute(path) if path is not None else None for path in (config.sign_key, config.sign_public_key)
    )
    return dataclasses.replace(config, store=_absolute(config.store), sign_key=key, sign_public_key=public_key)


def _from_arguments(arguments: Mapping[str, Any], flags: bool) -> Iterator[Setting]:
    by_field = {option.field: option for option in OPTIONS}
    for key, value in arguments.items():
        option = BY_NAME.get(key) or by_field.get(key)
        if option is None:
            raise unknown(key, [*by_field], "option")
        if value is not None:
            yield _setting(option, value, option.flag if flags else f"argument {option.field}")


def _from_environment(environ: Mapping[str, str]) -> Iterator[Setting]:
    by_variable = {option.variable: option for option in OPTIONS}
    labels = BY_NAME["labels"]
    for key in sorted(environ):
        if not key.startswith(ENVIRONMENT_PREFIX):
            continue
        if key in by_variable:
            yield _setting(by_variable[key], environ[key], key)
        elif key.startswith(labels.variable + "__"):
            yield _setting(labels, {key[len(labels.variable) + 2 :].lower(): environ[key]}, key)
        else:
            raise unknown(key, by_variable, "environment variable")


def _from_conf(conf: Mapping[str, str]) -> Iterator[Setting]:
    by_conf = {option.conf: option for option in OPTIONS}
    labels = BY_NAME["labels"]
    for key in sorted(conf):
        if not key.startswith(CONF_PREFIX) or key[len(CONF_PREFIX) :] in CONF_INTERNAL:
            continue
        if key in by_conf:
            yield _setting(by_conf[key], conf[key], key)
        elif key.startswith(labels.conf + "."):
            yield _setting(labels, {key[len(labels.conf) + 1 :]: conf[key]}, key)
        else:
            raise unknown(key, by_conf, "Spark conf")


def _from_files(folders: Sequence[Path]) -> Iterator[Setting]:
    for folder in folders:
        found = configuration_in(folder)
        if found is not None:
            path, table = found
            yield from _from_table(table, path)
            return


def _from_table(table: Mapping[str, Any], path: Path, prefix: str = "") -> Iterator[Setting]:
    for key, value in table.items():
        name = prefix + key.replace("-", "_")
        if name == "metrics":  # contracts of metrics: answers/contracts/reading.py
            continue
        if name == "checks" and isinstance(value, Mapping):  # what else stands there are rules: checks/rules.py
            value = {key: value[key] for key in value if f"checks.{key}" in BY_NAME}
        option = BY_NAME.get(name)
        if option is None and isinstance(value, Mapping) and any(known.startswith(name + ".") for known in BY_NAME):
            yield from _from_table(value, path, name + ".")
        elif option is None:
            raise unknown(name, BY_NAME, f"option in {path}:")
        else:
            in_folder = str(path.parent / value) if name in IN_FOLDER and _is_local(value) else value
            yield _setting(option, in_folder, f"{name} in {path}")


def _setting(option: Option, value: Any, where: str) -> Setting:
    try:
        return Setting(option, option.parse(value), where)
    except ValueError as error:
        given = error.given if isinstance(error, NotUsable) else value
        raise ConfigError(f"{where} {error}, not {given!r}.") from None


def _refuse_conflicts(level: Sequence[Setting]) -> None:
    """Two settings of the same source that cannot both hold; a stronger source may override a weaker one."""
    given = {setting.option.name: setting for setting in level}
    mode, rows = given.get("mode"), given.get("sample.rows")
    if mode and rows and mode.value is Mode.PLAN and rows.value > 0:
        raise ConfigError(
            f"{mode.where}=plan and {rows.where}={rows.value} conflict: plan mode looks at no rows; "
            "leave one of them out."
        )
    enabled, strict = given.get("enabled"), given.get("strict")
    if enabled and strict and not enabled.value and strict.value:
        raise ConfigError(f"{enabled.where}=false and {strict.where}=true conflict: leave one of them out.")


def _is_local(value: Any) -> bool:
    return isinstance(value, str) and not is_elsewhere(value)


def _absolute(store: str) -> str:
    return os.path.abspath(os.path.expanduser(store)) if _is_local(store) else store
