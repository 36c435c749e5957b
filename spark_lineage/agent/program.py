"""What is observed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Program:
    """The program as its user started it."""

    name: str  # names the jobs: the stem of the script, the last part of the module
    path: str  # script or module as the user gave it
    argv: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()  # folders that hold user code; empty: the folder of the script
