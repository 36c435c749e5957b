"""What program this process runs, seen from inside of it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from spark_lineage import compat
from spark_lineage.activation.notebook import name_of_notebook, running_shell
from spark_lineage.agent import Program

RUNNERS = frozenset({"pytest", "unittest", "coverage", "nose2", "pdb", "cProfile", "profile", "trace", "runpy"})


@dataclass(frozen=True)
class RunningProgram:
    """The program of this process, as the agent observes it."""

    observed: Program
    folders: tuple[Path, ...]  # where its configuration file may be


def _is_runner(module: str) -> bool:
    """Whether a module is known to run other code: none of its own is the program's."""
    return module.partition(".")[0] in RUNNERS


def running_program() -> RunningProgram:
    """The program that ``__main__`` holds; an interactive session is named after the folder it stands in."""
    main = sys.modules.get("__main__")
    file = main.__dict__.get("__file__") if main is not None else None
    spec = main.__dict__.get("__spec__") if main is not None else None
    here = Path.cwd()
    arguments = tuple(sys.argv[1:])
    if file is None:
        shell = running_shell()
        name = (name_of_notebook(shell) if shell is not None else None) or "interactive"
        # What a kernel is started with says nothing of the notebook, and is another one each time.
        arguments = () if shell is not None and hasattr(shell, "kernel") else arguments
        return RunningProgram(Program(name, "<interactive>", arguments, (str(here),)), (here,))
    path = Path(file).absolute()
    if spec is not None:  # python -m
        name = spec.name.removesuffix(".__main__")
        top = path.parents[spec.name.count(".")]
        # An installed module, as of a test runner, is no code of the program's; its package is, if it is the job.
        own = path.parent if any(top.glob("*.dist-info")) else top
        runs_others = _is_runner(name) or str(top) in compat.stdlib_folders()
        roots = (str(here),) if runs_others else tuple(dict.fromkeys((str(here), str(own))))
        return RunningProgram(Program(name.rpartition(".")[2], name, arguments, roots), (here, top))
    folder = path.resolve().parent
    return RunningProgram(Program(path.stem, sys.argv[0] or str(path), arguments, (str(folder),)), (here, folder))
