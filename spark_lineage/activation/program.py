"""What program this process runs, seen from inside of it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from spark_lineage.agent import Program


@dataclass(frozen=True)
class RunningProgram:
    """The program of this process, as the agent observes it."""

    observed: Program
    folders: tuple[Path, ...]  # where its configuration file may be


def running_program() -> RunningProgram:
    """The program that ``__main__`` holds; an interactive session is named after the folder it stands in."""
    main = sys.modules.get("__main__")
    file = main.__dict__.get("__file__") if main is not None else None
    spec = main.__dict__.get("__spec__") if main is not None else None
    here = Path.cwd()
    arguments = tuple(sys.argv[1:])
    if file is None:
        return RunningProgram(Program("interactive", "<interactive>", arguments, (str(here),)), (here,))
    path = Path(file).absolute()
    if spec is not None:  # python -m
        name = spec.name.removesuffix(".__main__")
        top = path.parents[spec.name.count(".")]
        return RunningProgram(Program(name.rpartition(".")[2], name, arguments, (str(top),)), (here, top))
    folder = path.resolve().parent
    return RunningProgram(Program(path.stem, sys.argv[0] or str(path), arguments, (str(folder),)), (here, folder))
