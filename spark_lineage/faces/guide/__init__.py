"""What agents are told of spark-lineage: texts that come with the package."""

from __future__ import annotations

from importlib.resources import files


def text(name: str) -> str:
    """``agents.md``, ``SKILL.md`` or ``llms.txt``."""
    return files(__package__).joinpath(name).read_text("utf-8")
