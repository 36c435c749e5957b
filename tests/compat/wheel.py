"""``python -m tests.compat.wheel``: one wheel, made from a clean clone, beside each pyspark, with the flights example.

Each pyspark has a fresh environment with the wheel and nothing else of ours, by the Python that is named; a Python that
is not on this machine is said and left out.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.compat.lines import ROOT

WORK = ROOT / ".tools" / "wheel"
FLIGHTS = ROOT / "examples" / "flights"
WITHOUT_DELTA = {
    '        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")\n': "",
    '        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")\n': "",
    'config("spark.jars.packages", DELTA)': 'config("spark.x", "")',
    'routes.write.format("delta")': 'routes.write.format("parquet")',
}


@dataclass(frozen=True)
class Beside:
    """One environment. ``delta``: the modules of Delta Lake for this Spark; none where there is none."""

    spark: str
    python: str
    delta: tuple[str, ...]


BESIDE = (
    Beside("3.5.9", "3.10", ("io.delta:delta-spark_2.12:3.3.2", "io.delta:delta-storage:3.3.2")),
    Beside("4.0.5", "3.11", ("io.delta:delta-spark_4.0_2.13:4.4.0", "io.delta:delta-storage:4.4.0")),
    Beside("4.1.4", "3.12", ("io.delta:delta-spark_4.1_2.13:4.4.0", "io.delta:delta-storage:4.4.0")),
    Beside("4.2.0", "3.13", ("io.delta:delta-spark_4.2_2.13:4.4.0", "io.delta:delta-storage:4.4.0")),
    Beside("4.3.0", "3.13", ()),
)


def main() -> int:
    shutil.rmtree(WORK, ignore_errors=True)
    wheel = _wheel()
    told = [_told(each, wheel) for each in BESIDE]
    for each, (good, text) in zip(BESIDE, told, strict=True):
        print(f"Spark {each.spark}, Python {each.python}: {'ok' if good else 'FAILED'}: {text}")
    facts = {path.read_text() for path in WORK.glob("*/facts.json")}
    if len(facts) > 1:
        told.append((False, "the facts are not the same on each line"))
        print(told[-1][1])
    print(f"{sum(good for good, _ in told)} passed, {sum(not good for good, _ in told)} failed")
    return 0 if all(good for good, _ in told) else 1


def _wheel() -> Path:
    _run("git", "clone", "--quiet", ROOT, WORK / "clone")
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", WORK / "dist", cwd=WORK / "clone")
    (wheel,) = (WORK / "dist").glob("*.whl")
    return wheel


def _told(beside: Beside, wheel: Path) -> tuple[bool, str]:
    python = _interpreter(beside.python)
    if python is None:
        return True, "left out: this Python is not here"
    folder = WORK / f"spark-{beside.spark}"
    _run(python, "-m", "venv", folder / "venv")
    bin = folder / "venv" / "bin"
    _run(bin / "pip", "install", "--quiet", "--disable-pip-version-check", wheel, f"pyspark=={beside.spark}")
    _job(beside, folder)
    env = {name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_", "PYTHON"))}
    command = [str(bin / "spark-lineage"), "run", "--mode", "exact", "job.py", str(FLIGHTS / "data"), "out"]
    ran = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=600)
    if ran.returncode != 0:
        return False, f"exit {ran.returncode}: {ran.stderr[-800:]}"
    shown = json.loads(
        subprocess.check_output([str(bin / "spark-lineage"), "show", "last", "--json"], cwd=folder, env=env)
    )
    datasets = shown["datasets"]
    whole = [each for each in datasets if each["complete"]]
    headline = ran.stdout.splitlines()[1].strip()
    text = f"{len(shown['steps'])} steps, {len(whole)} of {len(datasets)} datasets complete, {len(shown['gaps'])} gaps"
    facts = {each["id"]: [each["rows"], each["fingerprint"]] for each in datasets if each["kind"] == "interim"}
    (folder / "facts.json").write_text(json.dumps(facts, indent=1, sort_keys=True))
    return len(whole) == len(datasets), f"{text}; {headline}"


def _job(beside: Beside, folder: Path) -> None:
    """The example, with the Delta Lake of this Spark; where there is none, it writes Parquet in its place."""
    text = (FLIGHTS / "job.py").read_text()
    if not beside.delta:
        for old, new in WITHOUT_DELTA.items():
            assert old in text, old
            text = text.replace(old, new)
    else:
        _run(sys.executable, ROOT / "project" / "jar.py", "fetch", folder / "jars", *beside.delta)
    (folder / "job.py").write_text(text)


def _interpreter(version: str) -> str | None:
    """The Python of this version: where pyenv keeps them, or on the PATH."""
    kept = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    return str(kept[-1]) if kept else shutil.which(f"python{version}")


def _run(*words: object, cwd: Path = ROOT) -> None:
    subprocess.run([str(word) for word in words], check=True, cwd=cwd, stdout=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
