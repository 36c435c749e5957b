"""The lines of Spark that the product runs on, and an environment for each: its Python stands beside ours.

The line at home is ours. Another one is a virtual environment with a pyspark of its own; all else that ours has is seen
from there by a ``.pth`` file.
pyspark comes from PyPI with Scala 2.12 for Spark 3.5; its jars for Scala 2.13 come from Maven Central.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".tools" / "lines"
JAR = ROOT / "project" / "jar.py"
# What brings the rest of what pyspark has, but for Hive.
OF_PYSPARK = ("spark-mllib",)


class NotHad(Exception):
    """A Spark that this machine cannot get; the text is one sentence."""


@dataclass(frozen=True)
class Line:
    """One Spark that is tested."""

    spark: str
    scala: str
    jar: str  # which of our jars runs on it, as project/jar.py calls them

    @property
    def name(self) -> str:
        return f"{self.spark.rpartition('.')[0]}_{self.scala}"

    @property
    def folder(self) -> Path:
        return FOLDER / f"{self.spark}_{self.scala}"

    @property
    def python(self) -> Path:
        return Path(sys.executable) if self == HOME else self.folder / "venv" / "bin" / "python"

    @property
    def pyspark(self) -> Path:
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        own = self.folder / "venv" / "lib" / version / "site-packages"
        return (Path(sysconfig.get_path("purelib")) if self == HOME else own) / "pyspark"


HOME = Line("4.2.0", "2.13", "4.2_2.13")
LINES = (
    Line("3.5.9", "2.12", "3.5_2.12"),
    Line("3.5.6", "2.13", "3.5_2.13"),
    Line("4.0.5", "2.13", "4.0_2.13"),
    Line("4.1.4", "2.13", "4.1_2.13"),
    HOME,
    Line("4.3.0", "2.13", "4.2_2.13"),
)


def of(names: list[str]) -> list[Line]:
    return [line for line in LINES if not names or line.name in names]


def provide(*lines: Line) -> None:
    """Makes the environments and the jars of lines, unless they are there: all jars by one compiler."""
    for line in lines:
        environment(line)
    build_jars(*lines)


def has_jar(line: Line) -> bool:
    sys.path.insert(0, str(ROOT / "project"))
    import jar as building

    return building.is_current(building.line(line.jar))


def build_jars(*lines: Line) -> None:
    """The compiler itself is fetched the first time."""
    _retried(sys.executable, JAR, *dict.fromkeys(line.jar for line in lines))


def environment(line: Line) -> None:
    """Raises :class:`NotHad`."""
    ready = line.folder / "READY"
    if line == HOME or ready.exists():
        return
    try:
        shutil.rmtree(line.folder, ignore_errors=True)
        _command(sys.executable, "-m", "venv", "--without-pip", line.folder / "venv")
        site = line.pyspark.parent
        _unpack_pyspark(line, site)
        ours = [sysconfig.get_path("purelib"), str(ROOT)]
        (site / "beside_ours.pth").write_text("".join(f"{path}\n" for path in ours))
        if is_of_maven(line):
            _other_scala(line)
    except subprocess.CalledProcessError as error:
        raise NotHad(f"Spark {line.spark} for Scala {line.scala} could not be downloaded: {error}") from None
    ready.touch()


def is_of_maven(line: Line) -> bool:
    """Whether its jars come from Maven Central, one by one: pyspark has those for Scala 2.12."""
    return line.spark.startswith("3.5") and line.scala == "2.13"


def _unpack_pyspark(line: Line, site: Path) -> None:
    """From its sdist, as pip would put it there; pip packs all the jars into a wheel first, for half a minute."""
    with tempfile.TemporaryDirectory(dir=line.folder) as scratch:
        words = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation", "--no-binary", ":all:"]
        _retried(sys.executable, "-m", "pip", "download", *words, "-d", scratch, f"pyspark=={line.spark}")
        (archive,) = Path(scratch).glob("*.tar.gz")
        parts = ["pyspark", "deps/bin", "lib", *([] if is_of_maven(line) else ["deps/jars"])]
        root = Path(scratch) / f"pyspark-{line.spark}"
        with tarfile.open(archive) as packed:
            kept = tuple(f"{root.name}/{part}/" for part in (*parts, "pyspark.egg-info"))
            packed.extractall(scratch, filter=lambda member, to: _within(member, to, kept))
        (root / "pyspark").rename(line.pyspark)
        (line.pyspark / "python").mkdir(exist_ok=True)
        (root / "lib").rename(line.pyspark / "python" / "lib")
        for part in parts:
            if part.startswith("deps/"):
                (root / part).rename(line.pyspark / Path(part).name)
        told = (root / "pyspark.egg-info" / "requires.txt").read_text().split("\n[", 1)[0]
    for wanted in map(Requirement, told.split()):
        if not wanted.specifier.contains(version(wanted.name)):
            _retried(sys.executable, "-m", "pip", "install", *words[:3], "--target", site, wanted)


def _within(member: tarfile.TarInfo, to: str, kept: tuple[str, ...]) -> tarfile.TarInfo | None:
    return tarfile.data_filter(member, to) if member.name.startswith(kept) else None


def _other_scala(line: Line) -> None:
    """Puts the jars for Scala 2.13 in the place of pyspark's own."""
    jars = line.pyspark / "jars"
    jars.mkdir()
    for name in OF_PYSPARK:
        module = f"org.apache.spark:{name}_{line.scala}:{line.spark}"
        _retried(sys.executable, JAR, "server", line.folder / "fetched", module)
    for jar in (line.folder / "fetched").glob("*/*.jar"):
        jar.replace(jars / jar.name)


def _retried(*words: object) -> None:
    """Once more where it fails: what it downloads may come the second time."""
    try:
        _command(*words)
    except subprocess.CalledProcessError:
        _command(*words)


def _command(*words: object) -> None:
    subprocess.run([str(word) for word in words], check=True, cwd=ROOT, stdout=sys.stderr)
