"""What lies in an environment inside the program's folder is none of its code: steps are called the same everywhere.

And programs whose pyspark has no Spark run, with a gap.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from spark_lineage.capture.code.ownership import UserCode
from spark_lineage.store import Store

ROOT = Path(__file__).parents[2]
JOB = """
import pandas as pd

def kept(frame):
    return frame[frame["x"] > 1]

result = kept(pd.DataFrame({"x": [1, 2, 3]}))
print(len(result))
"""


@pytest.mark.parametrize(
    ("mark", "inside"),
    [("pyvenv.cfg", "bin/spark-lineage"), ("pyvenv.cfg", "Scripts/job.py"), ("conda-meta/history", "bin/job"),
     ("pyvenv.cfg", "share/jupyter/kernel.py")],
)  # fmt: skip
def test_what_is_in_an_environment_is_not_the_programs(tmp_path: Path, mark: str, inside: str) -> None:
    for name in (f"env/{mark}", f"env/{inside}", "jobs/job.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    code = UserCode([str(tmp_path)])
    assert not code.ownership(str(tmp_path / "env" / inside)).owned
    assert code.ownership(str(tmp_path / "jobs" / "job.py")).owned


def test_a_program_that_lies_in_an_environment_itself_is_its_own(tmp_path: Path) -> None:
    (tmp_path / "pyvenv.cfg").write_text("")
    assert UserCode([str(tmp_path)]).ownership(str(tmp_path / "job.py")).owned


def test_commands_of_this_environment_are_not_the_programs() -> None:
    folder = Path(sys.executable).parent
    assert not UserCode([str(folder.parent)]).ownership(str(folder / "spark-lineage")).owned


def test_steps_are_called_the_same_on_two_machines(tmp_path: Path) -> None:
    """On one the environment lies in the program's folder, on the other beside it."""
    keys = []
    for machine, environment in (("a", "a/.venv"), ("b", "elsewhere")):
        project, commands = tmp_path / machine, tmp_path / environment / "bin"
        project.mkdir()
        commands.mkdir(parents=True)
        (commands.parent / "pyvenv.cfg").write_text("home = /usr/bin\n")
        (commands / "spark-lineage").write_text("import sys\nfrom spark_lineage.cli import main\nsys.exit(main())\n")
        (project / "job.py").write_text(JOB)
        done = _run([str(commands / "spark-lineage"), "run", "job.py"], project)
        assert (done.returncode, done.stdout, done.stderr) == (0, "2\n", "")
        graph = Store(project / "lineage").open().graph
        keys.append([(step.step, step.function, step.parent) for step in graph.steps])
    assert keys[0] == keys[1]
    assert "job.kept" in [step for step, _, _ in keys[0]]


@pytest.mark.parametrize("remote", [False, True])
def test_a_pyspark_without_jars_is_no_gap_where_no_session_is_made(tmp_path: Path, remote: bool) -> None:
    """A client of Spark Connect has neither Spark nor py4j; what is not seen of a session is told when there is one."""
    (tmp_path / "job.py").write_text("import pyspark\n" + JOB)
    (tmp_path / "no_jars").mkdir()
    environ = {"SPARK_REMOTE": "sc://localhost:1"} if remote else {"SPARK_HOME": str(tmp_path / "no_jars")}
    done = _run(["-m", "spark_lineage", "run", "job.py"], tmp_path, **environ)
    assert (done.returncode, done.stdout, done.stderr) == (0, "2\n", "")
    graph = Store(tmp_path / "lineage").open().graph
    assert graph.gaps == ()
    assert [step.step for step in graph.steps if step.function == "kept"] == ["job.kept"]


def test_a_program_that_asks_for_a_server_needs_no_java(tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text("def session(builder):\n    return builder.remote('sc://far')\n" + JOB)
    done = _run(["-m", "spark_lineage", "run", "job.py"], tmp_path, PATH=str(tmp_path), JAVA_HOME=str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "2\n", "")


def test_a_program_without_pyspark_is_observed(tmp_path: Path) -> None:
    """Nothing is said of Spark where none could be used; what is asked of the record is answered."""
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "sitecustomize.py").write_text(
        textwrap.dedent("""
        import sys
        class Hidden:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] in ("pyspark", "py4j"):
                    raise ModuleNotFoundError(name, name=name)
        sys.meta_path.insert(0, Hidden())
        """)
    )
    (tmp_path / "job.py").write_text(JOB)
    environ = {"PYTHONPATH": os.pathsep.join((str(tmp_path / "none"), str(ROOT)))}
    done = _run(["-m", "spark_lineage", "run", "job.py"], tmp_path, **environ)
    assert (done.returncode, done.stdout, done.stderr) == (0, "2\n", "")
    shown = _run(["-m", "spark_lineage", "show", "--json"], tmp_path, **environ)
    document = json.loads(shown.stdout)
    assert [(each["id"], each["rows"], each["engine"]) for each in document["datasets"]] == [
        ("result", 3, "pandas"), ("kept", 2, "pandas"),
    ]  # fmt: skip
    assert document["gaps"] == []


def _run(words: list[str], folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("SPARK_HOME", "SPARK_REMOTE")}
    return subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, timeout=120,
        env={**kept, "PYTHONPATH": str(ROOT), **environ},
    )  # fmt: skip


def test_polars_is_followed_where_the_program_imports_it(tmp_path: Path) -> None:
    """Late, too; and where it cannot be followed a gap says so (``Recorder.polars_is_used``)."""
    (tmp_path / "job.py").write_text(
        JOB + "def late():\n    import polars as pl\n    return pl.DataFrame({'x': [1]})\nframe = late()\nframe.shape\n"
    )
    done = _run(["-m", "spark_lineage", "run", "job.py"], tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "2\n", "")
    graph = Store(tmp_path / "lineage").open().graph
    assert graph.gaps == ()
    assert [dataset.rows for dataset in graph.datasets if dataset.engine == "polars"] == [1]


def test_a_library_that_imports_polars_is_no_gap(tmp_path: Path) -> None:
    for name in ("inside", "outside"):
        (tmp_path / name).mkdir()
    (tmp_path / "outside" / "library.py").write_text("import polars\n")
    (tmp_path / "inside" / "job.py").write_text("import library\n" + JOB)
    done = _run(["-m", "spark_lineage", "run", "job.py"], tmp_path / "inside", PYTHONPATH=f"{ROOT}:{tmp_path}/outside")
    assert (done.returncode, done.stdout, done.stderr) == (0, "2\n", "")
    assert Store(tmp_path / "inside" / "lineage").open().graph.gaps == ()
