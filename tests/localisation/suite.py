"""Records the programs and their changed forms as a user would, asks ``diff``, and judges its answer.

Nothing here looks into the package: only the command line and the JSON that it prints. What each run wrote is read
with pyarrow, so that a fault that changes nothing, or a harmless change that does, is found without us.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.csv
import pyarrow.json
import pyarrow.parquet

from tests.localisation import data
from tests.localisation.table import Change
from tests.warm_jvm import WarmJvm

PROGRAMS = Path(__file__).parent / "programs"
MODES = ("flow", "used", "exact")
BASELINE = "baseline"
CONF = {
    "spark.master": "local[2]",
    "spark.driver.memory": "1g",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.session.timeZone": "UTC",
    # A plain Python UDF straight over a Parquet scan hangs in Spark 4.2.0 otherwise.
    "spark.sql.execution.arrow.pythonUDF.columnarInput.enabled": "false",
}
Document = dict[str, Any]


@dataclass(frozen=True)
class Recording:
    """One finished run of a program: the store that holds it, its id there, and what it wrote."""

    store: Path
    run: str
    written: dict[str, str]


@dataclass(frozen=True)
class Verdict:
    """What ``diff`` answered, and what is wrong with it (nothing: it is right)."""

    change: Change
    mode: str
    named: tuple[str, ...]
    wrong: tuple[str, ...]
    answer: Document

    @property
    def right(self) -> bool:
        return not self.wrong


class Bench:
    """A folder that holds sources, inputs, outputs and stores; what is recorded already is not recorded again."""

    def __init__(self, folder: Path, jvm: WarmJvm) -> None:
        self.folder = folder.resolve()
        self.jvm = jvm

    def pair(self, change: Change, mode: str) -> tuple[Recording, Recording]:
        """Calls for one program and mode have to follow each other: they share a folder."""
        return self.baseline(change.program, mode), self._recorded(change.program, mode, change)

    def baseline(self, program: str, mode: str) -> Recording:
        return self._recorded(program, mode, None)

    def _recorded(self, program: str, mode: str, change: Change | None) -> Recording:
        base = self.folder / f"{program}-{mode}"
        name = change.name if change else BASELINE
        home = base / (name if change and not change.same_place else BASELINE)
        sources = changed_sources(program, change)
        asked = {"sources": sources, "data": change.data if change else "same"}
        key = hashlib.sha256(json.dumps([asked, CONF, data.version(program)], sort_keys=True).encode()).hexdigest()
        note = base / f"{name}.json"
        if note.exists() and (known := json.loads(note.read_text()))["key"] == key:
            return Recording(home / "lineage", known["run"], known["written"])
        if change is None:
            shutil.rmtree(base, ignore_errors=True)
        script = write_sources(home / "src", program, sources)
        run = self._run(script, program, mode, change, home)
        written = dict(outputs(home / "out"))
        assert written, f"{program} {name} wrote nothing"
        note.write_text(json.dumps({"key": key, "run": run, "written": written}, indent=1))
        return Recording(home / "lineage", run, written)

    def _run(self, script: Path, program: str, mode: str, change: Change | None, home: Path) -> str:
        """The id of the run."""
        store = home / "lineage"
        before = set(store.glob("runs/*"))
        command = [
            "run",
            "--mode",
            mode,
            "--store",
            str(store),
            str(script),
            str(self._input(program, change)),
            str(home / "out"),
        ]
        with self.jvm.lent(CONF, home) as warm:
            ran = command_line(command, home, warm)
        if ran.returncode != 0:
            raise RuntimeError(
                f"{script} in {mode} mode: exit code {ran.returncode}\n{ran.stdout[-1500:]}\n{ran.stderr[-5000:]}"
            )
        (run,) = set(store.glob("runs/*")) - before
        return run.name

    def _input(self, program: str, change: Change | None) -> Path:
        kind = change.data if change else "same"
        folder = self.folder / "input" / program if kind == "same" else self.folder / f"{kind} of {program}"
        return data.make(folder, program, shuffled=kind == "shuffled")

    def diff(self, a: Recording, b: Recording) -> tuple[int, Document]:
        """Exit code and document of ``spark-lineage diff``."""
        ran = command_line(["diff", *named(a, b), "--json"], self.folder, {})
        try:
            document: Document = json.loads(ran.stdout)
        except ValueError:
            document = {"error": ran.stderr.strip()[-2000:]}
        return ran.returncode, document


def named(a: Recording, b: Recording) -> list[str]:
    """The runs of one store by their ids; those of two by the path of each."""
    if a.store == b.store:
        return [a.run, b.run, "--store", str(a.store)]
    return [str(each.store / "runs" / each.run) for each in (a, b)]


# --------------------------------------------------------------------------- sources


def source_folder(program: str) -> tuple[Path, str]:
    """(folder, script) of a program: a file, or a folder with a ``job.py``."""
    folder = PROGRAMS / program
    return (folder, "job.py") if folder.is_dir() else (PROGRAMS, f"{program}.py")


def changed_sources(program: str, change: Change | None) -> dict[str, str]:
    """File -> text of the program, with the change made."""
    folder, script = source_folder(program)
    files = sorted(folder.rglob("*.py")) if folder != PROGRAMS else [folder / script]
    sources = {str(path.relative_to(folder)): path.read_text() for path in files}
    if change is None:
        return sources
    edits = [(change.file, change.old, change.new), *change.more] if change.old else list(change.more)
    for file, old, new in edits:
        edited = file or script
        sources[edited] = replaced(sources[edited], old, new, change) if old else new
    for old, new in change.renamed:
        sources = {file: re.sub(rf"(?<![\w.\"']){old}\b(?!=)", new, text) for file, text in sources.items()}
    return sources


def replaced(text: str, old: str, new: str, change: Change) -> str:
    found = text.count(old)
    assert found == 1, f"{change.program} {change.name}: {old!r} occurs {found} times"
    return text.replace(old, new)


def write_sources(folder: Path, program: str, sources: dict[str, str]) -> Path:
    for file, text in sources.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    # Python takes a cached module for the source if both have the same second and size.
    for cache in list(folder.rglob("__pycache__")):
        shutil.rmtree(cache)
    return folder / source_folder(program)[1]


# --------------------------------------------------------------------------- runs


def command_line(words: list[str], folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("SPARK_", "OPENLINEAGE_", "PYTEST"))}
    return subprocess.run(
        [sys.executable, "-m", "spark_lineage", *words],
        cwd=folder, env={**kept, "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1", **env},
        text=True, errors="replace", stdin=subprocess.DEVNULL, capture_output=True, timeout=300,
    )  # fmt: skip


def outputs(folder: Path) -> Iterator[tuple[str, str]]:
    """(name, hash of the rows) of each dataset written; the order of rows and the last bits of floats do not count."""
    for target in sorted(path for path in folder.iterdir() if path.is_dir()):
        rows = sorted(repr([canonical(value) for value in row.items()]) for row in rows_of(target))
        yield target.name, hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]


def rows_of(target: Path) -> Iterator[Document]:
    readers = {".parquet": pyarrow.parquet.read_table, ".csv": pyarrow.csv.read_csv, ".json": pyarrow.json.read_json}
    for part in sorted(target.glob("part-*")):
        with contextlib.suppress(pyarrow.lib.ArrowInvalid) if part.stat().st_size == 0 else contextlib.nullcontext():
            yield from readers[part.suffix](part).to_pylist()


def canonical(value: Any) -> Any:
    name, content = value
    return name, f"{content:.9g}" if isinstance(content, float) else content


# --------------------------------------------------------------------------- judging


def judge(change: Change, mode: str, a: Recording, b: Recording, code: int, answer: Document) -> Verdict:
    firsts = answer.get("first_divergences", [])
    pairs = sorted({(without_app(each["step"]), int(each["call"])) for each in firsts})
    wrong = list(_wrong(change, code, answer, pairs))
    if (a.written == b.written) != change.harmless:
        wrong.insert(0, "the programs wrote " + ("the same" if a.written == b.written else "something else"))
    return Verdict(change, mode, tuple(dict.fromkeys(step for step, _ in pairs)), tuple(wrong), answer)


def _wrong(change: Change, code: int, answer: Document, pairs: list[tuple[str, int]]) -> Iterator[str]:
    if "error" in answer:
        yield f"exit code {code}: {answer['error']}"
        return
    if code != (0 if change.harmless else 1):
        yield f"exit code {code}"
    if answer["same"] is not change.harmless:
        yield f"same is {answer['same']}"
    if answer["sources_changed"]:
        yield f"sources_changed: {answer['sources_changed']}"
    steps = {step for step, _ in pairs}
    if change.harmless and (steps or answer["diverged"]):
        yield f"names {sorted(steps)}, diverged {len(answer['diverged'])}"
    if not change.harmless and not (len(steps) == 1 and steps <= set(change.steps)):
        yield f"names {sorted(steps)}, not {' or '.join(change.steps)}"
    calls = tuple(call for _, call in pairs)
    if change.calls is not None and calls != change.calls:
        yield f"calls {calls}, not {change.calls}"


def without_app(step: str) -> str:
    return step.partition(".")[2]
