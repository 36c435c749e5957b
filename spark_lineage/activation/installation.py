"""What is installed here, whether it fits together, and how to mend what does not: what ``doctor`` tells."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import site
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import spark_lineage
from spark_lineage.activation.jars import RUNS_ON, JarError, NoFittingJar, find_spark, jar_for
from spark_lineage.activation.java import OLDEST, JavaError, find_java
from spark_lineage.config import OPTIONS, Config, ConfigError, resolve
from spark_lineage.config.addresses import is_elsewhere
from spark_lineage.version import VERSION

START_UP_FILE = "spark_lineage_startup.pth"
PACKAGES = ("openlineage-python", "deltalake", "pyarrow", "msgspec", "click", "rich")
# From delta-spark's own metadata: the Spark that its jars link with.
DELTA_SPARK_WANTS = ("4.0", "4.1", "4.2")


@dataclass(frozen=True)
class Finding:
    """One line of the explanation."""

    what: str
    ok: bool
    text: str
    mend: str | None = None


@dataclass(frozen=True)
class Examination:
    """All findings, in the order in which one thing stands on another."""

    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return all(finding.ok for finding in self.findings)


def document(examination: Examination) -> dict[str, Any]:
    """The ``--json`` shape of ``doctor``."""
    return {"ok": examination.ok, "findings": [asdict(finding) for finding in examination.findings]}


def examine(environ: Mapping[str, str] | None = None, store: str | None = None) -> Examination:
    """Looks at everything and changes nothing. ``store``: a folder in place of the one that is configured."""
    environ = os.environ if environ is None else environ
    parts: tuple[Callable[[Mapping[str, str]], Iterator[Finding]], ...] = (
        _python, _packages, _java, _spark, _jar, _workers, _configuration, partial(_store, store), _start_up,
    )  # fmt: skip
    return Examination(tuple(finding for part in parts for finding in part(environ)))


def _python(environ: Mapping[str, str]) -> Iterator[Finding]:
    yield Finding("spark-lineage", True, f"{VERSION} in {Path(spark_lineage.__file__).parent}")
    yield Finding("python", True, f"{platform.python_version()} in {sys.executable}")


def _packages(environ: Mapping[str, str]) -> Iterator[Finding]:
    versions = {name: _installed(name) for name in PACKAGES}
    missing = [name for name, version in versions.items() if version is None]
    there = ", ".join(f"{name} {version}" for name, version in versions.items() if version is not None)
    yield Finding(
        "packages",
        not missing,
        there if not missing else f"missing: {', '.join(missing)}",
        f"pip install {' '.join(missing)}" if missing else None,
    )


def _java(environ: Mapping[str, str]) -> Iterator[Finding]:
    try:
        oldest = find_spark(environ).oldest_java
    except JarError:
        oldest = OLDEST
    try:
        java = find_java(environ, oldest)
    except JavaError as error:
        yield Finding("java", False, str(error), f"Install a Java {oldest} or newer and set JAVA_HOME to its folder.")
    else:
        yield Finding("java", True, f"{java.version} in {java.path}")


def _spark(environ: Mapping[str, str]) -> Iterator[Finding]:
    try:
        spark = find_spark(environ)
    except JarError as error:
        yield Finding("spark", False, str(error), "pip install 'spark-lineage-agent[spark]'")
        return
    yield Finding("spark", True, f"{spark.version} (Scala {spark.scala}) in {spark.home}")
    delta = _installed("delta-spark")
    if delta is not None:
        fits = spark.line in DELTA_SPARK_WANTS
        lines = ", ".join(DELTA_SPARK_WANTS)
        yield Finding(
            "delta-spark",
            fits,
            delta if fits else f"{delta} has no jar for Spark {spark.line}, only for {lines}.",
            None if fits else f"Use a pyspark of the lines {lines} for programs that use Delta Lake.",
        )


def _jar(environ: Mapping[str, str]) -> Iterator[Finding]:
    try:
        chosen = resolve(environ=environ).jar
    except ConfigError:
        chosen = None  # reported with the configuration
    try:
        jar = jar_for(find_spark(environ), chosen)
    except NoFittingJar as error:
        lines = ", ".join(line for lines in RUNS_ON.values() for line in lines)
        without = "Without a jar the record has steps, edges and code, and no facts of the rows"
        yield Finding("jar", False, str(error), f"{without}: use a Spark of the lines {lines}, and the wheel.")
    except JarError as error:
        yield Finding("jar", False, str(error), "Leave the option jar out: the package chooses the one that fits.")
    else:
        yield Finding("jar", True, str(jar))


def _workers(environ: Mapping[str, str]) -> Iterator[Finding]:
    chosen = environ.get("PYSPARK_PYTHON")
    if chosen is None:
        yield Finding("workers", True, f"Spark's Python workers will use {sys.executable} (PYSPARK_PYTHON is not set)")
    else:
        yield Finding("workers", True, f"Spark's Python workers will use {chosen} (PYSPARK_PYTHON)")


def _configuration(environ: Mapping[str, str]) -> Iterator[Finding]:
    try:
        config = resolve(environ=environ)
    except ConfigError as error:
        yield Finding(
            "configuration", False, str(error), "Correct or remove the setting; docs/configuration.md has all."
        )
        return
    changed = [
        f"{option.name} = {_shown(option.name, getattr(config, option.field))} ({config.origins[option.name]})"
        for option in OPTIONS
        if option.name in config.origins
    ]
    yield Finding("configuration", True, "; ".join(changed) or "defaults only")


def _store(chosen: str | None, environ: Mapping[str, str]) -> Iterator[Finding]:
    try:
        config = resolve(environ=environ)
    except ConfigError:
        config = Config(store=os.path.abspath("lineage"))
    if is_elsewhere(chosen or config.store):
        yield _elsewhere(chosen or config.store)
        return
    folder = Path(os.path.abspath(chosen)) if chosen is not None else Path(config.store)
    existing = next(parent for parent in [folder, *folder.parents] if parent.exists())
    why = _why_not_writable(existing)
    if why is not None:
        yield Finding(
            "store",
            False,
            f"{folder} cannot be written: {why}",
            "Choose another folder: --store, or SPARK_LINEAGE__STORE.",
        )
    elif existing == folder:
        runs = sum(1 for _ in folder.glob("runs/*"))
        yield Finding("store", True, f"{folder}, {runs} run{'' if runs == 1 else 's'}")
    else:
        yield Finding("store", True, f"{folder}, to be made by the first run")


def _elsewhere(store: str) -> Finding:
    """Asks the store, as a reader would: whether it can be written to is seen when a run is brought."""
    from spark_lineage.answers import ask
    from spark_lineage.answers.errors import AnswerError

    try:
        runs = ask.count(store)
    except AnswerError as error:
        how = "Look at the address and at the environment: docs/stores.md. Runs are recorded on this machine meanwhile."
        return Finding("store", False, str(error), how)
    return Finding("store", True, f"{store}, {runs} run{'' if runs == 1 else 's'}")


def _why_not_writable(folder: Path) -> str | None:
    if not folder.is_dir():
        return f"{folder} is not a folder"
    try:
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as error:
        return error.strerror or str(error)


def _start_up(environ: Mapping[str, str]) -> Iterator[Finding]:
    folders = {sysconfig.get_path("purelib"), *site.getsitepackages(), site.getusersitepackages()}
    found = [str(Path(folder, START_UP_FILE)) for folder in sorted(folders) if Path(folder, START_UP_FILE).is_file()]
    if found:
        yield Finding(
            "start-up hook", True, f"{found[0]}: spark-submit with spark.extraListeners needs nothing else here"
        )
    else:
        yield Finding(
            "start-up hook",
            False,
            f"{START_UP_FILE} is in no site-packages folder of this Python.",
            'Install the package with pip, or add --py-files "$(spark-lineage pyfiles)" to spark-submit.',
        )


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _shown(name: str, value: object) -> str:
    return "(not shown)" if name == "mask.key" else str(getattr(value, "value", value))
