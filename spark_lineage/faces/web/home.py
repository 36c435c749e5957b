"""The page that the server gives: that of a report, which fetches its documents from where it came from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from spark_lineage.faces import html

_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
NO_FETCHING, FETCHING = "connect-src 'none'", "connect-src 'self'"


@dataclass(frozen=True)
class Home:
    """``policy`` is the Content-Security-Policy that goes with it as a header."""

    html: str
    policy: str


def of(document: Mapping[str, object]) -> Home:
    """Raises :class:`html.NotBuilt` where the package has no page, or one of another version."""
    template = html.template()
    found = _POLICY.search(template)
    if found is None or NO_FETCHING not in found[1]:
        raise html.NotBuilt("The page says nothing of what it may fetch: run `make page`.")
    policy = found[1].replace(NO_FETCHING, FETCHING)
    text = html.page(document, template.replace(found[1], policy, 1))
    return Home(text, f"{policy}; frame-ancestors 'none'")
