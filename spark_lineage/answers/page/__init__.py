"""Everything that a page shows of one run, or of two laid over each other.

A page computes nothing: what a command prints with ``--json`` is in it as that command prints it, and beside it stands
what only a page needs. ``web/src/document.ts`` has the types.
"""

from __future__ import annotations

from spark_lineage.answers.page.content import Page, PageOfTwo, RunPart
from spark_lineage.answers.page.document import document

__all__ = ["Page", "PageOfTwo", "RunPart", "document"]
