"""The page that the server gives: that of a report, which fetches its documents from where it came from."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from spark_lineage.refusals import Refusal

_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
_DOCUMENT = re.compile(r'(<script type="application/json" id="document">).*?(</script>)', re.DOTALL)
NO_FETCHING, FETCHING = "connect-src 'none'", "connect-src 'self'"


@dataclass(frozen=True)
class Home:
    """``policy`` is the Content-Security-Policy that goes with it as a header."""

    html: str
    policy: str


def of(document: Mapping[str, object]) -> Home:
    """Raises Refusal where the package was installed without the page."""
    built = _built()
    policy = _POLICY.search(built)
    if policy is None or NO_FETCHING not in policy[1] or not _DOCUMENT.search(built):
        raise Refusal("the page in spark_lineage/faces/html is of another version: install the package again")
    fetching = policy[1].replace(NO_FETCHING, FETCHING)
    html = built.replace(policy[1], fetching, 1)
    block = json.dumps(document).replace("<", "\\u003c")
    html = _DOCUMENT.sub(lambda found: f"{found[1]}{block}{found[2]}", html, count=1)
    return Home(html, f"{fetching}; frame-ancestors 'none'")


def _built() -> str:
    page = resources.files("spark_lineage") / "faces" / "html" / "page.html"
    try:
        return page.read_text(encoding="utf-8")
    except OSError:
        raise Refusal("the page was not built: run `make page`, or install the package from a wheel") from None
