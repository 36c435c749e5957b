"""The version of this package. It stands in the file ``VERSION``, which the build of both halves reads too."""

from __future__ import annotations

import pkgutil

# pkgutil reads it in a zip file too.
VERSION: str = (pkgutil.get_data("spark_lineage", "VERSION") or b"unknown").decode().strip()
