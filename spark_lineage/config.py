"""The one options table, and how a value is found: arguments, environment, Spark conf, file, default.

Every option has one spelling per place, made from its name: ``sample.rows`` is ``Config(sample_rows=...)``,
``--sample-rows``, ``SPARK_LINEAGE__SAMPLE__ROWS``, ``spark.lineage.sample.rows`` and ``rows`` under ``[sample]``
in ``spark-lineage.toml`` (or under ``[tool.spark-lineage.sample]`` in ``pyproject.toml``).
"""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spark_lineage.model import Mode
from spark_lineage.refusals import Refusal

ENVIRONMENT_PREFIX = "SPARK_LINEAGE__"
CONF_PREFIX = "spark.lineage."
# Local properties and hand-overs of ours that share the prefix and are no options.
CONF_INTERNAL = frozenset({"op", "run", "wire"})
FILE_NAME = "spark-lineage.toml"


class ConfigError(Refusal, ValueError):
    """A setting that cannot be used; its text is one sentence for the user."""


@dataclass(frozen=True)
class Option:
    """One row of the options table. ``parse`` takes what a source gave (text, or a TOML value)."""

    name: str
    type: str
    default: Any
    help: str
    parse: Callable[[Any], Any]

    @property
    def field(self) -> str:
        return self.name.replace(".", "_")

    @property
    def flag(self) -> str:
        return "--label" if self.name == "labels" else "--" + self.name.replace(".", "-").replace("_", "-")

    @property
    def variable(self) -> str:
        return ENVIRONMENT_PREFIX + self.name.upper().replace(".", "__")

    @property
    def conf(self) -> str:
        return CONF_PREFIX + self.name


# --------------------------------------------------------------------------- types of values


def _text(value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise ValueError("must be a text")
    return str(value)


def _optional_text(value: Any) -> str | None:
    return _text(value) or None


def _switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in {"true", "1", "yes", "on"}:
        return True
    if text in {"false", "0", "no", "off"}:
        return False
    raise ValueError("must be true or false")


def _count(value: Any) -> int:
    try:
        number = int(str(value))
    except ValueError:
        raise ValueError("must be a whole number") from None
    if number < 0:
        raise ValueError("must not be negative")
    return number


def _seconds(value: Any) -> float:
    try:
        number = float(str(value))
    except ValueError:
        raise ValueError("must be a number of seconds") from None
    if not 0 <= number < float("inf"):
        raise ValueError("must be a number of seconds from 0 up")
    return number


def _choice(*names: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        text = str(value).strip().lower()
        if text not in names:
            nearest = difflib.get_close_matches(text, names, 1)
            raise ValueError(
                f"must be one of {', '.join(names)}" + (f" (did you mean {nearest[0]}?)" if nearest else "")
            )
        return text

    return parse


def _mode(value: Any) -> Mode:
    return value if isinstance(value, Mode) else Mode(_choice(*(mode.value for mode in Mode))(value))


def _labels(value: Any) -> dict[str, str]:
    """``{"team": "risk"}`` or ``team=risk,env=dev``."""
    if isinstance(value, Mapping):
        return {str(key): _text(item) for key, item in value.items()}
    pairs = value if isinstance(value, (list, tuple)) else [part for part in str(value).split(",") if part.strip()]
    labels = {}
    for pair in pairs:
        key, equals, text = str(pair).partition("=")
        if not equals or not key.strip():
            raise ValueError("must be written key=value")
        labels[key.strip()] = text.strip()
    return labels


def _names(value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, (list, tuple)) else str(value).split(",")
    return tuple(name for each in listed if (name := _text(each).strip()))


# --------------------------------------------------------------------------- the table

OPTIONS: tuple[Option, ...] = (
    Option("store", "path", "lineage", "Folder of the record: runs, samples and Delta audit tables.", _text),
    Option(
        "mode",
        "plan | flow | exact",
        Mode.FLOW,
        "How much observing may cost: plans only; what flows by anyway; every row and column of every dataset.",
        _mode,
    ),
    Option(
        "app",
        "text",
        None,
        "Name of the application in step and job names; the program's own if not set.",
        _optional_text,
    ),
    Option("namespace", "text", None, "OpenLineage namespace of the jobs; `spark-lineage` if not set.", _optional_text),
    Option("labels", "key=value, ...", {}, "Labels of the run, to find it by and to tell runs apart.", _labels),
    Option("enabled", "true | false", True, "False: the program runs plain, nothing is observed.", _switch),
    Option("sample.rows", "count", 20, "Distinct rows kept of each interim dataset; 0 keeps none.", _count),
    Option(
        "sample.publish",
        "true | false",
        False,
        "Sampled rows go into the events too; otherwise they never leave the store.",
        _switch,
    ),
    Option(
        "audit.catalog",
        "[catalog.]schema",
        None,
        "The audit tables are written to this schema too, by Spark jobs of the program's session at its end.",
        _optional_text,
    ),
    Option(
        "mask.personal",
        "true | false",
        True,
        "Sampled values of columns that look personal (by name or content) are shown as keyed hashes.",
        _switch,
    ),
    Option(
        "mask.columns",
        "name, ...",
        (),
        "More columns whose sampled values are masked; `*` and `?` stand for anything.",
        _names,
    ),
    Option(
        "mask.literals",
        "true | false",
        False,
        "Every literal of plans, expressions and source code is shown as a keyed hash, not only what looks personal.",
        _switch,
    ),
    Option(
        "mask.key",
        "text",
        None,
        "Secret of those hashes, to compare stores by them; if not set, one is made for the store (`mask.key`).",
        _optional_text,
    ),
    Option(
        "exit.wait", "seconds", 10.0, "Longest time that the end of the program waits for the last facts.", _seconds
    ),
    Option(
        "limits.calls", "count", 1000, "Calls of one step that are recorded one by one; later ones are counted.", _count
    ),
    Option(
        "log.level",
        "debug | info | warning | error",
        "warning",
        "What goes to `agent.log` in the run's folder.",
        _choice("debug", "info", "warning", "error"),
    ),
    Option("jar", "path", None, "The listener's jar, where the one in the package should not be used.", _optional_text),
    Option(
        "checks.file",
        "path",
        None,
        "A file with rules for checks (TOML or Python), beside those of the configuration file.",
        _optional_text,
    ),
    Option(
        "checks.keys",
        "count",
        1_000_000,
        "Keys of a dataset that are compared at most where a rule asks whether they are unique.",
        _count,
    ),
    Option("strict", "true | false", False, "For tests of spark-lineage itself: its own faults are raised.", _switch),
)
BY_NAME: Mapping[str, Option] = {option.name: option for option in OPTIONS}


@dataclass(frozen=True)
class Config:
    """Resolved settings. Made by :func:`resolve`; the defaults here are those of the table."""

    store: str = "lineage"
    mode: Mode = Mode.FLOW
    app: str | None = None
    namespace: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    enabled: bool = True
    sample_rows: int = 20
    sample_publish: bool = False
    audit_catalog: str | None = None
    mask_personal: bool = True
    mask_columns: tuple[str, ...] = ()
    mask_literals: bool = False
    mask_key: str | None = None
    exit_wait: float = 10.0
    limits_calls: int = 1000
    log_level: str = "warning"
    jar: str | None = None
    checks_file: str | None = None
    checks_keys: int = 1_000_000
    strict: bool = False
    #: option name -> where its value came from; not part of what two configurations are compared by
    origins: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def spark_conf(self, given: Mapping[str, str] | None = None) -> dict[str, str]:
        """The settings that the JVM half reads, as ``spark.lineage.*`` keys, to be added to the conf ``given``.

        What the program has set itself stays, unless an argument or the environment says otherwise.
        """
        given = given or {}
        options = [BY_NAME[name] for name in FOR_JVM]
        return {
            option.conf: _as_conf(getattr(self, option.field))
            for option in options
            if option.conf not in given or self._is_stronger_than_conf(option)
        }

    def _is_stronger_than_conf(self, option: Option) -> bool:
        return self.origins.get(option.name, "").startswith(("argument ", ENVIRONMENT_PREFIX))


FOR_JVM = ("mode", "sample.rows", "checks.keys", "strict")


def _as_conf(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value.value if isinstance(value, Mode) else value)


# --------------------------------------------------------------------------- sources


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
) -> Config:
    """The configuration of this process.

    ``arguments`` are keyed by option name or field name (``sample.rows`` or ``sample_rows``); None values are
    left out. ``spark_conf`` is the program's Spark conf; other keys than ``spark.lineage.*`` are ignored.
    ``folders`` are searched for a configuration file in this order; the first file found counts.
    A local ``store`` becomes absolute (the program may change its folder later).

    Raises :class:`ConfigError`.
    """
    levels = (  # weakest first
        list(_from_files([Path.cwd()] if folders is None else folders)),
        list(_from_conf(spark_conf or {})),
        list(_from_environment(os.environ if environ is None else environ)),
        list(_from_arguments(arguments or {})),
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
    return dataclasses.replace(config, store=_absolute(config.store))


def _from_arguments(arguments: Mapping[str, Any]) -> Iterator[Setting]:
    by_field = {option.field: option for option in OPTIONS}
    for key, value in arguments.items():
        option = BY_NAME.get(key) or by_field.get(key)
        if option is None:
            raise _unknown(key, [*by_field], "option")
        if value is not None:
            yield _setting(option, value, f"argument {option.field}")


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
            raise _unknown(key, by_variable, "environment variable")


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
            raise _unknown(key, by_conf, "Spark conf")


def _from_files(folders: Sequence[Path]) -> Iterator[Setting]:
    for folder in folders:
        found = configuration_in(folder)
        if found is not None:
            path, table = found
            yield from _from_table(table, path)
            return


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


def _from_table(table: Mapping[str, Any], path: Path, prefix: str = "") -> Iterator[Setting]:
    for key, value in table.items():
        name = prefix + key.replace("-", "_")
        if name == "checks" and isinstance(value, Mapping):  # what else stands there are rules: checks/rules.py
            value = {key: value[key] for key in value if f"checks.{key}" in BY_NAME}
        option = BY_NAME.get(name)
        if option is None and isinstance(value, Mapping) and any(known.startswith(name + ".") for known in BY_NAME):
            yield from _from_table(value, path, name + ".")
        elif option is None:
            raise _unknown(name, BY_NAME, f"option in {path}:")
        else:
            in_folder = (
                str(path.parent / value) if name in {"store", "jar", "checks.file"} and _is_local(value) else value
            )
            yield _setting(option, in_folder, f"{name} in {path}")


# --------------------------------------------------------------------------- sentences


def _setting(option: Option, value: Any, where: str) -> Setting:
    try:
        return Setting(option, option.parse(value), where)
    except ValueError as error:
        raise ConfigError(f"{where} {error}, not {value!r}.") from None


def _unknown(key: str, known: Mapping[str, Any] | Sequence[str], kind: str) -> ConfigError:
    return ConfigError(f"Unknown {kind} {key}{did_you_mean(key, known)}.")


def did_you_mean(word: str, known: Mapping[str, Any] | Sequence[str]) -> str:
    """``: did you mean X?``-like ending of a sentence; the nearest known word however far it is."""
    nearest = difflib.get_close_matches(word, list(known), 1, cutoff=0.0)
    return f"; the nearest known one is {nearest[0]}" if nearest else ""


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
    return isinstance(value, str) and not re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", value)


def _absolute(store: str) -> str:
    return os.path.abspath(os.path.expanduser(store)) if _is_local(store) else store
