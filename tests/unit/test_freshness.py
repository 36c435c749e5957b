"""Whether the code on disk is still the code that ran: a program is read as the agent reads it, and then changed."""

from __future__ import annotations

import contextlib
import io
import json
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from observing import Program, fragment, probe, storage

import spark_lineage
from spark_lineage.answers import freshness
from spark_lineage.cli.commands import main
from spark_lineage.events import build, samples
from spark_lineage.graph import assemble
from spark_lineage.guard import Guard
from spark_lineage.model import Freshness, OperationKind, Place, SourceRead
from spark_lineage.privacy import keys
from spark_lineage.privacy.hashes import text_hash
from spark_lineage.privacy.observing import Privacy
from spark_lineage.privacy.texts import Choices
from spark_lineage.sinks.journal import Journal
from spark_lineage.static import SourceReader

JOB = '''\
"""A job."""
from pyspark.sql import SparkSession

from tools import keep


def clean(orders):
    return keep(orders.filter("amount > 1"))


spark = SparkSession.builder.getOrCreate()
orders = spark.read.parquet("orders")
clean(orders).write.parquet("report.csv")
'''
TOOLS = "from settings import LEAST\n\n\ndef keep(rows):\n    return rows.filter(rows.amount > LEAST)\n"
FILES = {"job.py": JOB, "tools.py": TOOLS, "settings.py": "LEAST = 2  # password=planted\n", "unused.py": "X = 1\n"}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the program and its store, as capture observes it: really read, with the store's key."""
    folder = tmp_path_factory.mktemp("fresh")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    store = folder / "lineage"
    job, tools = str(folder / "job.py"), str(folder / "tools.py")
    reader = SourceReader([str(folder)])
    p = Program()
    p.seen.append(SourceRead(reader.read(JOB, job)))
    body = p.call("<module>", 1, composite=True, file=job)
    p.op((Place(body, 3, 12),), OperationKind.READ, output="d1", name="DataFrameReader.parquet")
    clean = p.call("clean", 7, Place(body, 4, 13), composite=True, file=job)
    keep = p.call("keep", 4, Place(clean, 0, 8), file=tools)
    p.seen.append(SourceRead(reader.read(TOOLS, tools)))
    p.mark("d1")
    p.seen.append(fragment("d1", ["amount"], sources=[storage("orders", "amount")], operators=["Relation"]))
    p.op((Place(body, 4, 13), Place(clean, 0, 8), Place(keep, 0, 5)), inputs=["d1"], output="d2")
    p.end(keep)
    p.end(clean)
    p.mark("d2", ["d1"])
    p.seen.append(fragment("d2", ["amount"], inputs=["d1"]))
    p.seen += [probe("d1", 10, ["amount"]), probe("d2", 5, ["amount"])]
    p.finish()
    privacy = Privacy(Choices(), lambda: keys.of_store(store), Guard())
    graph = assemble(privacy.of(p.seen))
    Journal(store / "runs" / graph.run.id, fsync=False).write(build(graph), samples(graph))
    return folder


@pytest.fixture
def folder(recorded: Path) -> Path:
    for name, text in FILES.items():
        (recorded / name).write_text(text)
    return recorded


def found(folder: Path) -> Freshness:
    return spark_lineage.store(folder / "lineage").run().freshness


def asked(folder: Path, *words: str) -> tuple[int, str]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = main([*words, "--store", str(folder / "lineage")])
    return status, out.getvalue()


def test_a_program_as_it_ran_is_fresh(folder: Path) -> None:
    assert found(folder) == Freshness()
    assert "stale" not in asked(folder, "show")[1]
    assert json.loads(asked(folder, "show", "--json")[1])["stale"] is False
    assert asked(folder, "check", "--fresh")[0] == 0
    (folder / "unused.py").write_text("X = 2\n")
    assert found(folder) == Freshness()


def test_every_module_of_the_program_is_noted_and_no_other(folder: Path) -> None:
    files = spark_lineage.store(folder / "lineage").run().graph.run.files
    assert [Path(file.file).name for file in files] == ["job.py", "settings.py", "tools.py"]
    text = next((folder / "lineage" / "runs").glob("*/events.jsonl")).read_text()
    assert not any(text_hash(content) in text for content in FILES.values()), "only the owner of the key can guess"
    assert "planted" not in text


@pytest.mark.parametrize(
    ("name", "old", "new", "functions"),
    [("job.py", "amount > 1", "amount > 5", ("clean",)), ("tools.py", "> LEAST", ">= LEAST", ("keep",)),
     ("settings.py", "= 2", "= 3", ()), ("job.py", "report.csv", "other.csv", ()),
     ("job.py", "def clean(orders):", "def clean(orders:", ("clean",))],
    ids=["step", "helper", "constant", "statement", "no Python"],
)  # fmt: skip
def test_code_that_is_another_one(folder: Path, name: str, old: str, new: str, functions: tuple[str, ...]) -> None:
    (folder / name).write_text(FILES[name].replace(old, new))
    assert found(folder) == Freshness((str(folder / name),), functions)
    for words in (["show"], ["show", "last", "clean"], ["check"]):
        line = [line for line in asked(folder, *words)[1].splitlines() if "stale: " in line]
        assert len(line) == 1, words
    document = json.loads(asked(folder, "show", "--json")[1])
    assert (document["stale"], document["stale_files"]) == (True, [str(folder / name)])
    assert document["stale_functions"] == list(functions)
    status, said = asked(folder, "check", "--fresh", "--json")
    assert (status, json.loads(said)["passed"]) == (1, False)
    assert [each["check"] for each in json.loads(said)["results"] if not each["passed"]] == ["fresh"]
    assert asked(folder, "check")[0] == 0, "only who asks for it fails"


@pytest.mark.parametrize(
    "text",
    [f"# a comment\n{JOB}", JOB.replace('"""A job."""', '"""Another text."""'), JOB.replace("\n", "\r\n"),
     JOB.replace("clean(orders)", "clean( orders )")],
    ids=["comment", "docstring", "line ends", "formatting"],
)  # fmt: skip
def test_what_is_no_code_does_not_count(folder: Path, text: str) -> None:
    (folder / "job.py").write_text(text, newline="")
    assert found(folder) == Freshness()


def test_a_file_that_is_gone_is_stale_and_a_folder_that_is_not_here_is_not_known(folder: Path, tmp_path: Path) -> None:
    (folder / "tools.py").unlink()
    assert found(folder) == Freshness(gone=(str(folder / "tools.py"),))
    assert "tools.py is gone" in asked(folder, "show")[1].replace("\n", "")
    folder.rename(tmp_path / "elsewhere")
    try:
        assert found(tmp_path / "elsewhere").stale is None
        assert "not on this machine" in str(found(tmp_path / "elsewhere").unknown)
        status, said = asked(tmp_path / "elsewhere", "check", "--fresh", "--json")
        assert (status, json.loads(said)["stale"]) == (2, None), "fresh is never said without evidence"
    finally:
        (tmp_path / "elsewhere").rename(folder)


def at_home(folder: Path, file: str, text: str, *more: str) -> Freshness:
    """Of a run of one statement in a file, whose text was read as ``text``; ``more`` are other files of steps."""
    reading = SourceReader([str(folder)]).read(text, file)
    p = Program()
    p.seen.append(SourceRead(reading))
    for each in (file, *more):
        body = p.call("<module>", 1, composite=True, file=each)
        made = f"d{len(p.seen)}"
        p.op((Place(body, 0, 1),), OperationKind.READ, output=made, name="DataFrameReader.parquet")
        p.mark(made)
        p.seen.append(fragment(made, ["amount"], sources=[storage("orders", "amount")], operators=["Relation"]))
    p.finish()
    store = folder / "lineage"
    graph = assemble(Privacy(Choices(), lambda: keys.of_store(store), Guard()).of(p.seen))
    written = store / "runs" / graph.run.id
    Journal(written, fsync=False).write(build(graph), samples(graph))
    return spark_lineage.store(store).run(str(written)).freshness


def test_a_module_in_an_archive(tmp_path: Path) -> None:
    text = "orders = spark.read.parquet('orders')\n"

    def archived(text: str, name: str = "job.py") -> None:
        with zipfile.ZipFile(tmp_path / "app.zip", "w") as archive:
            archive.writestr(f"shop/{name}", text)

    file = str(tmp_path / "app.zip" / "shop" / "job.py")
    archived(text)
    assert at_home(tmp_path, file, text) == Freshness()
    archived(f"# a comment\n{text}")
    assert spark_lineage.store(tmp_path / "lineage").run().freshness == Freshness()
    archived(text.replace("'orders'", "'others'"))
    assert spark_lineage.store(tmp_path / "lineage").run().freshness == Freshness(changed=(file,))
    archived(text, "other.py")
    assert spark_lineage.store(tmp_path / "lineage").run().freshness.stale is None
    (tmp_path / "app.zip").write_text("no archive")
    assert "cannot be read" in str(spark_lineage.store(tmp_path / "lineage").run().freshness.unknown)


def test_what_was_typed_is_in_no_file(tmp_path: Path) -> None:
    """In a notebook, whatever modules it uses: fresh is never said without evidence."""
    text = "orders = spark.read.parquet('orders')\n"
    cell = f"{tmp_path}/ipykernel_7/1234567.py"
    assert at_home(tmp_path, cell, text) == Freshness(unknown=freshness.TYPED)
    (tmp_path / "tools.py").write_text(text)
    assert at_home(tmp_path, str(tmp_path / "tools.py"), text, cell) == Freshness(unknown=freshness.TYPED)


def test_a_folder_of_the_program_that_is_gone_is_stale(folder: Path) -> None:
    run = spark_lineage.store(folder / "lineage").run()
    moved = replace(run.graph.run.files[-1], file=str(folder / "parts" / "tools.py"))
    graph = replace(run.graph, run=replace(run.graph.run, files=(*run.graph.run.files, moved)))
    assert freshness.looked_at(graph, run.folder).freshness == Freshness(gone=(moved.file,))


def test_a_report_says_it(folder: Path) -> None:
    file = folder / "report.md"
    asked(folder, "report", "-o", str(file))
    assert "stale" not in file.read_text()
    (folder / "job.py").write_text(JOB.replace("amount > 1", "amount > 5"))
    asked(folder, "report", "-o", str(file))
    assert [line for line in file.read_text().splitlines() if line.startswith("- stale: ")]


def test_diff_says_it_of_the_later_run(folder: Path) -> None:
    (folder / "job.py").write_text(JOB.replace("amount > 1", "amount > 5"))
    status, said = asked(folder, "diff", "last", "last", "--json")
    assert (status, json.loads(said)["stale"]) == (0, True)
    shown = [line for line in asked(folder, "diff", "last", "last")[1].splitlines() if "stale" in line]
    assert len(shown) == 1
    assert shown[0].startswith("B is stale: ")


def test_without_the_key_it_is_not_known(folder: Path, tmp_path: Path) -> None:
    key = folder / "lineage" / keys.NAME
    key.rename(tmp_path / "key")
    try:
        assert found(folder) == Freshness(unknown=freshness.NO_KEY)
        key.write_text("another one")
        assert found(folder) == Freshness(unknown=freshness.NO_KEY)
    finally:
        (tmp_path / "key").replace(key)


def test_it_takes_no_time_where_nothing_has_changed(folder: Path) -> None:
    """Of 300 files of 200 lines: their texts are hashed, and not looked into."""
    graph = spark_lineage.store(folder / "lineage").run().graph
    run = replace(graph.run, files=graph.run.files * 100)
    (folder / "settings.py").write_text(FILES["settings.py"])
    begun = time.process_time()
    looked = freshness.looked_at(replace(graph, run=run), next((folder / "lineage" / "runs").iterdir()))
    assert time.process_time() - begun < 0.5
    assert looked.freshness == Freshness()
