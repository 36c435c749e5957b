"""Programs with runs of MLflow, kept in SQLite and files: what its own client finds there, and what the record says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from spark_lineage.answers import ask
from spark_lineage.answers.page import document
from spark_lineage.answers.page.asking import one
from spark_lineage.model import Dataset, DatasetKind, LineageGraph
from spark_lineage.store import Store, journal

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "tests" / "programs"
WAIT = 120  # seconds; the option exit.wait
# A program whose MLflow is slow to start on a busy machine.
pytestmark = [pytest.mark.wide, pytest.mark.timeout(600)]


@dataclass(frozen=True)
class Ran:
    code: int
    stdout: str
    stderr: str
    folder: Path

    @property
    def run(self) -> str:
        """The id of the MLflow run."""
        found = re.search(r"^RUN (\w+)$", self.stdout, re.MULTILINE)
        assert found is not None, self.stderr
        return found[1]

    @property
    def graph(self) -> LineageGraph:
        return ask.show("last", self.folder / "store")

    @property
    def said(self) -> tuple[int, str, list[str]]:
        """What every run of the program says alike."""
        return self.code, re.sub(r"\b[0-9a-f]{32}\b", "ID", self.stdout), told(self.stderr)

    @property
    def log(self) -> list[str]:
        """What the agent noted of MLflow."""
        text = "\n".join(path.read_text() for path in (self.folder / "store").rglob("agent.log"))
        return re.findall(r"spark-lineage\.mlflow: (.*)", text)


def told(stderr: str) -> list[str]:
    return [re.sub(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ", "", line) for line in stderr.splitlines()]


def start(
    folder: Path, *words: str, observed: bool = True, program: Path = PROGRAMS / "fitted.py", wait: float = WAIT,
    **environ: str,
) -> Ran:  # fmt: skip
    folder.mkdir(exist_ok=True)
    env = {key: each for key, each in os.environ.items() if not key.startswith(("MLFLOW", "OPENLINEAGE"))}
    env |= {"PYTHONPATH": str(ROOT), "HOME": str(folder), "MLFLOW_DISABLE_TELEMETRY": "true", **environ}
    ours = ["-m", "spark_lineage", "run", "--exit-wait", str(wait), "--store", "store"] if observed else []
    done = subprocess.run(
        [sys.executable, *ours, str(program), *words], cwd=folder, env=env, capture_output=True, text=True, timeout=500
    )
    return Ran(done.returncode, done.stdout, done.stderr, folder)


@pytest.fixture(scope="module", params=["by hand", pytest.param("auto", marks=pytest.mark.slow)])
def words(request: pytest.FixtureRequest) -> list[str]:
    """Whether the program begins its run of MLflow, or MLflow's automatic logging does."""
    return ["auto"] if request.param == "auto" else []


@pytest.fixture(scope="module")
def ran(words: list[str], tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return start(tmp_path_factory.mktemp("fitted"), *words)


def client(ran: Ran) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(f"sqlite:///{ran.folder}/tracked.db")


def inputs_of_ours(ran: Ran) -> list[Any]:
    """What the run of MLflow has from us: automatic logging has logged datasets of its own."""
    return [
        each
        for each in client(ran).get_run(ran.run).inputs.dataset_inputs
        if any(tag.key == "spark_lineage.dataset" for tag in each.tags)
    ]


def the_model(ran: Ran) -> Dataset:
    (model,) = [dataset for dataset in ran.graph.datasets if dataset.kind is DatasetKind.MODEL]
    return model


def test_the_mlflow_run_is_told_of_the_run(ran: Ran) -> None:
    assert client(ran).get_run(ran.run).data.tags["spark_lineage.run_id"] == ran.graph.run.id


def test_the_training_dataset_is_logged_with_our_fingerprint(ran: Ran) -> None:
    (logged,) = inputs_of_ours(ran)
    (adults,) = [dataset for dataset in ran.graph.datasets if dataset.id == "keep_adults"]
    assert {tag.key: tag.value for tag in logged.tags} == {
        "mlflow.data.context": "training", "spark_lineage.dataset": "keep_adults",
    }  # fmt: skip
    assert f"row1:{logged.dataset.digest}" == adults.fingerprint
    assert logged.dataset.name == adults.name
    assert json.loads(logged.dataset.schema)["mlflow_colspec"] == [
        {"type": "long", "name": "id", "required": False}, {"type": "long", "name": "age", "required": False},
        {"type": "boolean", "name": "paid", "required": False},
    ]  # fmt: skip
    profile = json.loads(logged.dataset.profile)
    assert (profile["num_rows"], profile["fingerprint"]) == (adults.rows, adults.fingerprint)
    tags = json.loads(logged.dataset.source)["tags"]
    assert (tags["spark_lineage.run_id"], tags["spark_lineage.step"]) == (ran.graph.run.id, "fitted.main.keep_adults")


def test_mlflow_itself_understands_what_was_logged(ran: Ran) -> None:
    from mlflow.data import get_source
    from mlflow.types import Schema

    (logged,) = inputs_of_ours(ran)
    assert get_source(logged.dataset).to_dict()["tags"]["spark_lineage.run_id"] == ran.graph.run.id
    assert len(Schema.from_json(json.dumps(json.loads(logged.dataset.schema)["mlflow_colspec"]))) == 3


def test_the_report_is_an_artifact(ran: Ran) -> None:
    (report,) = client(ran).list_artifacts(ran.run, "spark_lineage")
    assert report.path == "spark_lineage/report.html"
    text = (ran.folder / "mlruns").rglob("spark_lineage/report.html")
    (page,) = [path.read_text() for path in text]
    assert "keep_adults" in page
    assert ran.graph.run.id in page


def test_the_record_names_experiment_and_run(ran: Ran) -> None:
    (link,) = ran.graph.run.links
    assert (link.system, link.id, link.experiment, link.address) == ("mlflow", ran.run, "0", "sqlite:///tracked.db")
    facets = [each["run"]["facets"] for each in journal.read_events(ran.folder / "store" / "runs" / ran.graph.run.id)]
    assert facets[-1]["sparkLineage_context"]["mlflow"] == {
        "runId": ran.run, "experimentId": "0", "trackingUri": "sqlite:///tracked.db",
    }  # fmt: skip


def test_the_model_is_a_dataset_made_of_its_training_rows_and_used_where_it_predicts(ran: Ran) -> None:
    model = the_model(ran)
    assert (model.id, model.step, model.engine, model.mlflow_run) == ("train", "fitted.main.train", "python", ran.run)
    assert model.fragment is not None
    assert model.fragment.inputs == ("keep_adults",)
    steps = {step.step: step for step in ran.graph.steps}
    assert steps["fitted.main.train"].inputs == ("keep_adults",)
    assert steps["fitted.main.train"].outputs == ("train",)
    assert steps["fitted.main.scored"].inputs == ("load", "train")
    assert steps["fitted.main.scored"].outputs == ("scored",)
    kinds = {
        each["name"]: each["facets"]["datasetType"]["datasetType"]
        for event in journal.read_events(ran.folder / "store" / "runs" / ran.graph.run.id)
        for each in event["outputs"]
        if each.get("facets")
    }
    assert kinds["train"] == "MODEL"


def test_explain_and_the_page_say_which_rows_and_functions_made_the_model(ran: Ran) -> None:
    command = [sys.executable, "-m", "spark_lineage", "explain", "train", "--store", "store"]
    shown = subprocess.run(
        command, cwd=ran.folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    ).stdout
    assert [line.strip() for line in shown.splitlines() if line.strip()][1:] == [
        the_model(ran).fragment.operators[0].removesuffix(".fit"),  # type: ignore[union-attr]
        f"MLflow run {ran.run}",
        "fitted on",
        "keep_adults  28 rows",
        "made by (last step first)",
        "fitted.main.train → train from keep_adults",
        f"{PROGRAMS / 'fitted.py'}:21",
        "fitted.main.keep_adults → keep_adults  28 rows from load",
        f"{PROGRAMS / 'fitted.py'}:17",
        "fitted.main.load → load  40 rows",
        f"{PROGRAMS / 'fitted.py'}:12",
    ]
    page = json.loads(json.dumps(document(one(Store(ran.folder / "store"), "last", True, True))))
    datasets = {each["id"]: each for each in page["run"]["show"]["datasets"]}
    assert datasets["train"]["kind"] == "model"
    assert datasets["train"]["inputs"] == ["keep_adults"]
    assert datasets["keep_adults"]["rows"] == 28


def test_the_program_finds_nothing_of_it(ran: Ran, words: list[str], tmp_path: Path) -> None:
    plain = start(tmp_path, *words, observed=False)
    assert ran.said == plain.said
    theirs, without = (client(each).get_run(each.run) for each in (ran, plain))
    assert theirs.data.params == without.data.params
    assert theirs.data.metrics == without.data.metrics
    assert theirs.info.status == without.info.status == "FINISHED"
    assert {*theirs.data.tags} - {"spark_lineage.run_id"} == {*without.data.tags}


@pytest.mark.slow
def test_a_model_of_spark_that_is_logged_automatically(tmp_path: Path) -> None:
    program = PROGRAMS / "fitted_by_spark.py"
    ran = start(tmp_path / "observed", program=program, SPARK_LINEAGE__MODE="exact")
    plain = start(tmp_path / "plain", program=program, observed=False)
    assert (ran.code, ran.said[1]) == (plain.code, plain.said[1])
    assert ran.code == 0, ran.stderr
    assert ran.log == []
    model = the_model(ran)
    assert (model.step, model.mlflow_run) == ("fitted_by_spark.main.train", ran.run)
    (adults,) = [dataset for dataset in ran.graph.datasets if dataset.id == "keep_adults"]
    (logged,) = inputs_of_ours(ran)
    assert f"row1:{logged.dataset.digest}" == adults.fingerprint
    assert json.loads(logged.dataset.profile)["num_rows"] == adults.rows == 28
    assert [column["type"] for column in json.loads(logged.dataset.schema)["mlflow_colspec"]] == [
        "integer", "double", "integer",
    ]  # fmt: skip
    made = ask.model("train", ran.graph)
    assert made is not None
    assert [dataset.id for dataset in made.trained_on] == ["keep_adults"]
    assert [each.step.function for each in made.way if each.step is not None] == ["train", "keep_adults", "load"]
    theirs, without = (client(each).get_run(each.run) for each in (ran, plain))
    assert theirs.data.tags["spark_lineage.run_id"] == ran.graph.run.id
    assert (theirs.data.params, theirs.data.metrics) == (without.data.params, without.data.metrics)
    assert {*theirs.data.tags} - {"spark_lineage.run_id"} == {*without.data.tags}
    assert len(theirs.inputs.dataset_inputs) == len(without.inputs.dataset_inputs) + 1


@pytest.mark.slow
def test_switched_off_nothing_is_told(tmp_path: Path) -> None:
    ran = start(tmp_path, SPARK_LINEAGE__MLFLOW="false")
    assert "spark_lineage.run_id" not in client(ran).get_run(ran.run).data.tags
    assert not list((tmp_path / "store").rglob("mlflow.json"))


WITHOUT_A_RUN = "import mlflow, sys\nmlflow.set_tracking_uri('sqlite:///tracked.db')\nprint(mlflow.active_run())\n"
WITHOUT_MLFLOW = "import sys\nprint('mlflow' in sys.modules)\n"
ABSENT = "try:\n    import mlflow\nexcept ImportError as error:\n    print(type(error).__name__)\n"
FORBIDDING = (
    "import sys\nclass No:\n    def find_spec(self, name, *more):\n"
    "        if name == 'mlflow': raise ImportError('not here')\nsys.meta_path.insert(0, No())\n"
)


@pytest.mark.parametrize(
    ("program", "said"),
    [(WITHOUT_A_RUN, "None\n"), (WITHOUT_MLFLOW, "False\n"), (FORBIDDING + ABSENT, "ImportError\n")],
    ids=["without a run", "not imported", "absent"],
)
def test_nothing_happens_without_mlflow_or_without_a_run(tmp_path: Path, program: str, said: str) -> None:
    (tmp_path / "plain.py").write_text(program)
    ran = start(tmp_path, program=tmp_path / "plain.py")
    assert (ran.code, ran.stdout, ran.stderr) == (0, said, "")
    assert not list((tmp_path / "store").rglob("mlflow.json"))
    assert not (tmp_path / "tracked.db").exists()
    assert ran.graph.run.links == ()


BEGUN = """\
import mlflow, sys
mlflow.set_tracking_uri("sqlite:///tracked.db")
with mlflow.start_run(run_name="named") as run:
    print("RUN", run.info.run_id)
"""


def both(folder: Path, source: str, wait: float = WAIT, **environ: str) -> Ran:
    """The observed program, which says what the plain one says."""
    folder.mkdir(exist_ok=True)
    (folder / "p.py").write_text(source)
    plain, ran = (
        start(folder / name, program=folder / "p.py", observed=bool(name == "observed"), wait=wait, **environ)
        for name in ("plain", "observed")
    )
    assert ran.said == plain.said
    return ran


@pytest.mark.slow
def test_what_a_run_could_not_be_told_is_in_the_log_alone(tmp_path: Path) -> None:
    ran = both(tmp_path, f"{BEGUN}mlflow.delete_run(run.info.run_id)\nsys.exit(3)\n")
    assert ran.code == 3
    (tag,) = ran.log  # to its files no store says no
    assert tag.startswith(f"MLflow run {ran.run} does not have the tag: ")
    assert "deleted" in tag


@pytest.mark.slow
def test_a_store_that_is_gone_is_noted_in_the_log_alone(tmp_path: Path) -> None:
    gone = "import os\nos.remove('tracked.db')\nos.mkdir('tracked.db')\nsys.exit(3)\n"
    ran = both(tmp_path, BEGUN + gone, wait=1)
    assert ran.code == 3
    # MLflow itself goes on trying for longer than the program waits, if it has not opened the store before.
    either = "|".join(
        ["the runs of MLflow had not been told when the program ended", f"MLflow run {ran.run} does not have .*"]
    )
    assert ran.log
    assert [line for line in ran.log if not re.fullmatch(either, line)] == []


@pytest.mark.slow
def test_a_store_that_hangs_keeps_the_program_no_longer_than_it_waits(tmp_path: Path) -> None:
    """SQLite's lock is held by the program until it is gone: then the run is told all the same."""
    hangs = (
        "import sqlite3\nheld = sqlite3.connect('tracked.db', isolation_level=None)\nheld.execute('BEGIN EXCLUSIVE')\n"
    )
    ran = both(tmp_path, BEGUN + hangs, wait=1, SPARK_LINEAGE__LOG__LEVEL="info")
    assert ran.log == ["the runs of MLflow had not been told when the program ended"]
    (log,) = (ran.folder / "store").rglob("agent.log")
    waited = re.findall(r"spark-lineage\.waited: ([\d.]+) s for MLflow", log.read_text())
    assert len(waited) == 1
    assert float(waited[0]) < 1.5
    until = time.monotonic() + 50
    while "spark_lineage.run_id" not in (tags := client(ran).get_run(ran.run).data.tags):
        assert time.monotonic() < until
        time.sleep(0.5)
    assert tags["spark_lineage.run_id"] == ran.graph.run.id
