"""A report as Markdown: for a pull request, the summary of a CI run, or a coding agent."""

from __future__ import annotations

from spark_lineage.faces.markdown.report import markdown

__all__ = ["markdown"]
