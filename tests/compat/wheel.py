"""``python -m tests.compat.wheel [SPARK...]``: one wheel, of a clean clone, beside each pyspark, runs the example.

Each pyspark has a fresh environment with the wheel and nothing else of ours, by the Python that is named; a Python that
is not on this machine is said and left out.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.compat import kept
from tests.compat.lines import ROOT

WORK = ROOT / ".tools" / "wheel"  # remove it to have the wheel built again
COMPAT = ROOT / ".tools" / "compat"
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


def main(wanted: list[str]) -> int:
    wheel = _wheel()
    chosen = [each for each in BESIDE if not wanted or each.spark in wanted]
    told = {}
    for each in chosen:
        good, text = _told(each, wheel)
        told[each.spark] = good
        print(f"Spark {each.spark}, Python {each.python}: {'ok' if good else 'FAILED'}: {text}", flush=True)
        delta = each.delta[0].split(":", 1)[1].replace(":", " ") if each.delta else ""
        said = {"python": each.python, "delta": delta, "said": text if good else f"**failed**: {text}"}
        kept.save(COMPAT, "wheel", {each.spark: said})
    facts = {path.parent.name: json.loads(path.read_text()) for path in WORK.glob("*/facts.json")}
    same = len({json.dumps(each, sort_keys=True) for each in facts.values()}) <= 1
    if not same:
        print(f"the facts are not the same on each line: {facts}")
    print(f"{sum(told.values())} passed, {len(told) - sum(told.values()) + (not same)} failed")
    return 0 if all(told.values()) and same else 1


def _wheel() -> Path:
    built = sorted((WORK / "dist").glob("*.whl"))
    if built:
        return built[0]
    shutil.rmtree(WORK / "clone", ignore_errors=True)
    _run("git", "clone", "--quiet", ROOT, WORK / "clone")
    # What is built already is built again only if it is not of these sources.
    for pattern in ("jvm/jars/*", "faces/html/page.*"):
        for path in (ROOT / "spark_lineage").glob(pattern):
            target = WORK / "clone" / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", WORK / "dist", cwd=WORK / "clone")
    (wheel,) = (WORK / "dist").glob("*.whl")
    return wheel


def _told(beside: Beside, wheel: Path) -> tuple[bool, str]:
    python = _interpreter(beside.python)
    if python is None:
        return True, "left out: this Python is not here"
    folder = WORK / f"spark-{beside.spark}"
    bin = folder / "venv" / "bin"
    _install(beside, python, wheel, folder)
    _job(beside, folder)
    for left in ("lineage", "out"):
        shutil.rmtree(folder / left, ignore_errors=True)
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


def _install(beside: Beside, python: str, wheel: Path, folder: Path) -> None:
    """Into a fresh environment, unless there is one of this wheel."""
    ready, wanted = folder / "READY", hashlib.sha256(wheel.read_bytes()).hexdigest()
    if ready.exists() and ready.read_text() == wanted:
        return
    shutil.rmtree(folder, ignore_errors=True)
    _run(python, "-m", "venv", folder / "venv")
    pip = (folder / "venv" / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    _run(*pip, wheel, f"pyspark=={beside.spark}")
    ready.write_text(wanted)


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
    versions = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    return str(versions[-1]) if versions else shutil.which(f"python{version}")


def _run(*words: object, cwd: Path = ROOT) -> None:
    subprocess.run([str(word) for word in words], check=True, cwd=cwd, stdout=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
