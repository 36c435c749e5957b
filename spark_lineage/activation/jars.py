"""Which of our jars fits the Spark that the program will run on."""

from __future__ import annotations

import importlib.util
import os
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from spark_lineage.activation.java import OLDEST
from spark_lineage.refusals import Refusal

LISTENER = "io.sparklineage.LineageListener"
FOLDER = Path(__file__).parent.parent / "jvm" / "jars"
# Spark line that a jar was compiled against -> lines whose classes it links with. build.sbt tells the jar, too.
RUNS_ON: Mapping[str, tuple[str, ...]] = {
    "3.5": ("3.5",),
    "4.0": ("4.0",),
    "4.1": ("4.1",),
    "4.2": ("4.2", "4.3"),
}
_NAME = re.compile(r"spark-lineage-listener-(?P<spark>\d+\.\d+)_(?P<scala>\d+\.\d+)-.+\.jar")


SCALAS: Mapping[str, tuple[str, ...]] = {"3.5": ("2.12", "2.13")}  # all later lines have 2.13 only


class JarError(Refusal):
    """No jar of ours fits; its text is one sentence for the user."""


class NoSparkError(JarError):
    """There is no Spark here that could run: no pyspark, or one without jars, as a client of Spark Connect is."""


class NoFittingJar(JarError):
    """The package has no jar for this Spark. What Python shows can be recorded all the same."""


@dataclass(frozen=True)
class Spark:
    """The Spark that would run: its home, version and Scala line."""

    home: Path | None  # None: a Spark of another machine
    version: str
    scala: str

    def __str__(self) -> str:
        place = f" in {self.home}" if self.home is not None else ""
        return f"Spark {self.version} (Scala {self.scala}){place}"

    @property
    def oldest_java(self) -> int:
        return 11 if self.line == "3.5" else OLDEST

    @property
    def line(self) -> str:
        return ".".join(self.version.split(".")[:2])


@dataclass(frozen=True)
class Jar:
    path: Path
    spark_line: str
    scala: str

    def fits(self, spark: Spark) -> bool:
        return spark.line in RUNS_ON.get(self.spark_line, (self.spark_line,)) and spark.scala == self.scala


def find_spark(environ: Mapping[str, str] | None = None) -> Spark:
    """The Spark that ``import pyspark`` would start, by its files; nothing is imported or run.

    Raises :class:`NoSparkError`.
    """
    environ = os.environ if environ is None else environ
    home = environ.get("SPARK_HOME") or _pyspark_folder()
    if home is None:
        raise NoSparkError(
            "pyspark is not installed here: pip install 'spark-lineage-agent[spark]', or set SPARK_HOME."
        )
    for core in sorted(Path(home).glob("jars/spark-core_*.jar")):
        found = re.fullmatch(r"spark-core_(\d+\.\d+)-(\d+\.\d+\.\d+).*\.jar", core.name)
        if found:
            return Spark(Path(home), found.group(2), found.group(1))
    raise NoSparkError(f"There is no Spark in {home}: jars/spark-core_*.jar is missing.")


def spark_of(version: str, scala: str | None = None) -> Spark:
    """A Spark by its version or line, ``3.5.1`` or ``3.5``. Raises :class:`JarError`."""
    found = re.fullmatch(r"(\d+\.\d+)(\..+)?", version)
    if not found:
        raise JarError(f"{version} is no version of Spark: write it as 3.5 or 4.0.1.")
    scalas = SCALAS.get(found.group(1), ("2.13",))
    if scala is None and len(scalas) > 1:
        raise JarError(f"There is a Spark {version} for each of Scala {' and '.join(scalas)}: say which by --scala.")
    return Spark(None, version, scala or scalas[0])


def _pyspark_folder() -> str | None:
    try:
        spec = importlib.util.find_spec("pyspark")
    except (ImportError, ValueError):
        return None
    return os.path.dirname(spec.origin) if spec is not None and spec.origin else None


def jars(folder: Path = FOLDER) -> list[Jar]:
    found = [(path, _NAME.fullmatch(path.name)) for path in sorted(folder.glob("*.jar"))]
    return [Jar(path, match["spark"], match["scala"]) for path, match in found if match]


def jar_or_gap(chosen: str | None, remote: bool) -> tuple[Path | None, str | None]:
    """The jar for the Spark that would run; None where there is none to run, and what that leaves unseen, if anything.

    ``remote``: sessions are those of a server of Spark Connect; what is not seen of one, the end tells. Raises
    :class:`JarError` if Spark would run, and no jar fits it.
    """
    try:
        return jar_for(find_spark(), chosen), None
    except NoFittingJar as unfit:
        return None, None if remote else f"{unfit} Steps, edges and code are recorded; rows and columns are not."
    except NoSparkError:
        return None, None
    except JarError:
        if not remote:
            raise
        return None, None


def jar_for(spark: Spark, chosen: str | None = None, folder: Path = FOLDER) -> Path:
    """The jar for this Spark: the one the user chose, else the one of the package.

    Raises :class:`NoFittingJar` if the package has none, :class:`JarError` if the chosen one is for another line.
    """
    if chosen is not None:
        return _checked(Path(chosen), spark)
    ours = jars(folder)
    fitting = [jar for jar in ours if jar.fits(spark)]
    if fitting:
        return fitting[0].path
    if not ours:
        raise NoFittingJar(
            "The listener's jar is not built: run `pip install .` in a clone of the repository, or install a wheel."
        )
    there = ", ".join(f"{' and '.join(RUNS_ON.get(jar.spark_line, ()))} (Scala {jar.scala})" for jar in ours)
    raise NoFittingJar(f"No listener's jar fits {spark}: there are those for Spark {there}{_to_be_built(spark)}.")


def _to_be_built(spark: Spark) -> str:
    """How a clone of the repository gets the jar, where there is one for this line."""
    for built, lines in RUNS_ON.items():
        if spark.line in lines and spark.scala in SCALAS.get(built, ("2.13",)):
            name = f"{built}_{spark.scala}"
            return f"; a wheel has the one for {name}, and in a clone `python project/jar.py {name}` builds it"
    return ""


def _checked(path: Path, spark: Spark) -> Path:
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = archive.read("META-INF/MANIFEST.MF").decode("utf-8", "replace")
    except (OSError, KeyError, zipfile.BadZipFile):
        raise JarError(f"The jar {path} cannot be read as the listener's jar.") from None
    line = re.search(r"^Spark-Line: (\S+)", manifest, re.MULTILINE)
    scala = re.search(r"^Scala-Line: (\S+)", manifest, re.MULTILINE)
    if not line or not scala:
        raise JarError(f"The jar {path} is not the listener's jar.")
    if not Jar(path, line.group(1), scala.group(1)).fits(spark):
        raise JarError(f"The jar {path} is for Spark {line.group(1)} (Scala {scala.group(1)}), but {spark} would run.")
    return path.absolute()
