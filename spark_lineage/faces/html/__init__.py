"""The page: one HTML file that holds all that it shows, and asks nobody for anything.

``page.html`` beside this module is built from ``web/`` by ``make page``, and is no part of the sources.
"""

from __future__ import annotations

from spark_lineage.faces.html.filling import NotBuilt, page, template

__all__ = ["NotBuilt", "page", "template"]
