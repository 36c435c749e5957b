"""The lines of Spark that the product runs on, and an environment for each: its Python stands beside ours.

A line is a virtual environment with a pyspark of its own; all else that ours has is seen from there by a ``.pth`` file.
pyspark comes from PyPI with Scala 2.12 for Spark 3.5; its jars for Scala 2.13 come from Maven Central.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".tools" / "lines"
IVY = ROOT / "project" / "jar.py"
# What brings the rest of what pyspark has.
OF_PYSPARK = ("spark-mllib", "spark-hive")


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
        return self.folder / "venv" / "bin" / "python"

    @property
    def pyspark(self) -> Path:
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        return self.folder / "venv" / "lib" / version / "site-packages" / "pyspark"


HOME = Line("4.2.0", "2.13", "4.2_2.13")
LINES = (
    Line("3.5.9", "2.12", "3.5_2.12"),
    Line("3.5.7", "2.13", "3.5_2.13"),
    Line("4.0.5", "2.13", "4.0_2.13"),
    Line("4.1.4", "2.13", "4.1_2.13"),
    HOME,
    Line("4.3.0", "2.13", "4.2_2.13"),
)


def of(names: list[str]) -> list[Line]:
    return [line for line in LINES if not names or line.name in names]


def provide(line: Line) -> None:
    """Makes the environment and the jar of a line, unless they are there."""
    ready = line.folder / "READY"
    if not ready.exists():
        shutil.rmtree(line.folder, ignore_errors=True)
        _command(sys.executable, "-m", "venv", line.folder / "venv")
        _command(
            line.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"pyspark=={line.spark}"
        )
        ours = [sysconfig.get_path("purelib"), str(ROOT)]
        (line.pyspark.parent / "beside_ours.pth").write_text("".join(f"{path}\n" for path in ours))
        if line.spark.startswith("3.5") and line.scala == "2.13":
            _other_scala(line)
        ready.touch()
    _command(sys.executable, ROOT / "project" / "jar.py", line.jar)


def _other_scala(line: Line) -> None:
    """Puts the jars for Scala 2.13 in the place of pyspark's own."""
    jars = line.pyspark / "jars"
    shutil.rmtree(jars)
    jars.mkdir()
    for name in OF_PYSPARK:
        module = f"org.apache.spark:{name}_{line.scala}:{line.spark}"
        _command(sys.executable, ROOT / "project" / "jar.py", "server", line.folder / "fetched", module)
    for jar in (line.folder / "fetched").glob("*/*.jar"):
        jar.replace(jars / jar.name)


def _command(*words: object) -> None:
    subprocess.run([str(word) for word in words], check=True, cwd=ROOT, stdout=sys.stderr)
