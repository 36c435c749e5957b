"""The temporary views of a program: which DataFrame each name stands for."""

from __future__ import annotations

from typing import Any

from spark_lineage.capture.following.nodes import Node
from spark_lineage.capture.following.sql_text import GLOBAL, canonical, relation_names


class Views:
    """Temporary views by session and name. Holds the DataFrame: the JVM keeps its plan for the view anyway."""

    def __init__(self) -> None:
        # By the identity of the session, which is held: None is for global views.
        self._views: dict[int | None, dict[str, tuple[Node, Any]]] = {}
        self._sessions: dict[int, object] = {}

    def put(self, name: str, node: Node, df: object, session: object = None) -> None:
        name = canonical(name)
        self._of(name, session)[name] = (node, df)

    def drop(self, name: str, session: object = None) -> None:
        name = canonical(name)
        self._of(name, session).pop(name, None)

    def get(self, name: str, session: object = None) -> tuple[Node, Any] | None:
        name = canonical(name)
        own = self._views.get(None if name.startswith(GLOBAL) else id(session), {})
        # One session may be several objects of pyspark's, and that of foreachBatch is a copy of the program's.
        return own.get(name) or next((views[name] for views in self._views.values() if name in views), None)

    def named_in(self, text: str, session: object = None) -> list[tuple[Node, Any]]:
        """The views that an SQL text reads."""
        if not any(self._views.values()):
            return []
        return [view for name in relation_names(text) if (view := self.get(name, session)) is not None]

    def clear(self) -> None:
        self._views.clear()
        self._sessions.clear()

    def _of(self, name: str, session: object) -> dict[str, tuple[Node, Any]]:
        if name.startswith(GLOBAL):
            return self._views.setdefault(None, {})
        self._sessions[id(session)] = session
        return self._views.setdefault(id(session), {})
