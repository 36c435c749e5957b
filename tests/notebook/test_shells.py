"""At prompts each typed statement is a step, with its source where the shell has it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from spark_lineage import store
from spark_lineage.api.runs import Run
from spark_lineage.model import Outcome
from tests.notebook.shells import Shell, python

BEGIN = "import spark_lineage, pandas as pd; agent = spark_lineage.start()"
TYPED = [
    "orders = pd.DataFrame({'id': [1, 2, 3], 'amount': [10.0, None, 30.0]})",
    "def clean(frame):\n    return frame.dropna()\n",
    "good = clean(orders)",
    "good = good[good.amount > 10]",
    "good.shape",
]


def last(folder: Path) -> Run:
    return store(folder / "lineage").run("last")


def steps(run: Run) -> list[str]:
    return [step.name.partition(".")[2] for step in run.steps[1:]]


def test_each_line_at_pythons_prompt_is_a_step_with_its_source(tmp_path: Path) -> None:
    shell = python(tmp_path, HOME=str(tmp_path))
    said = "".join(shell.type(text) for text in [BEGIN, *TYPED])
    assert "Traceback" not in said
    assert "(1, 2)" in said
    assert shell.end() == 0
    run = last(tmp_path)
    assert run.outcome is Outcome.COMPLETE
    assert steps(run) == ["orders", "clean", "good", "shape_good"] or steps(run)[:3] == ["orders", "clean", "good"]
    assert run.step("orders").source == TYPED[0]
    assert run.step("clean").source == TYPED[1]
    assert [(dataset.variable, dataset.rows) for dataset in run.datasets] == [("orders", 3), ("good", 2), ("good", 1)]
    assert not [gap for gap in run.gaps if "source" in gap.what]


@pytest.mark.wide
def test_where_the_shell_keeps_no_text_lines_are_steps_and_a_gap_says_so(tmp_path: Path) -> None:
    text = "\n".join([BEGIN, *TYPED, ""])
    done = subprocess.run(
        [sys.executable, "-q", "-i"], input=text, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=300
    )
    assert "Traceback" not in done.stderr
    run = last(tmp_path)
    assert [dataset.rows for dataset in run.datasets] == [3, 2, 1]
    if sys.version_info < (3, 13):  # later the shell keeps it itself
        assert [gap.why for gap in run.gaps if gap.what == "source of <stdin>"] == [
            "the shell keeps no text of what is typed: lines are steps without names or source"
        ]
        assert steps(run)[0] == "typed_1"


@pytest.mark.wide
def test_cells_of_ipythons_shell_are_steps(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor"]
    words.append("--TerminalInteractiveShell.confirm_exit=False")
    shell = Shell(words, tmp_path, r"In \[\d+\]: ", {"IPYTHONDIR": str(tmp_path / "ipython")})
    for text in ["%load_ext spark_lineage", "import pandas as pd", *TYPED[:1]]:
        assert "Traceback" not in shell.type(text)
    shell.type("good = orders.dropna(); good.shape")
    assert "cell_3" in shell.type("%lineage")
    assert "UsageError: %lineage knows no nothing" in shell.type("%lineage nothing")
    assert shell.end() == 0
    run = last(tmp_path)
    assert run.outcome is Outcome.COMPLETE
    assert steps(run)[:2] == ["cell_3", "cell_3.orders"]
    assert run.dataset("orders").rows == 3
