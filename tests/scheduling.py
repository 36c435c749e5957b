"""Which process of ``pytest -n`` runs a test: all tests of one group go to one process."""

from __future__ import annotations

from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

from tests.sharing import group_of_file


class GroupScheduling(LoadScopeScheduling):
    """xdist asks for the group of each test by its name; a test without a group is a group of its own."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of_file(Path(nodeid.partition("::")[0])) or nodeid
