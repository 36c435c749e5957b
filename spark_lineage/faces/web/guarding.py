"""Whom the local page answers: a browser on this machine that asks for it by name, on behalf of the page itself.

Any web page that is open in the same browser can send requests to this machine, also under a name of its own that leads
here. So the name that was asked for (`Host`), the page that asks (`Origin`, `Sec-Fetch-Site`) and the method are looked
at before anything else, and no answer may be read or framed elsewhere.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

METHODS = ("GET", "HEAD")
LONGEST = 2000  # bytes of an address with its parameters
LOOPBACK = ("127.0.0.1", "localhost", "::1")
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^:\[\]]+)(?::(\d{1,5}))?")


@dataclass(frozen=True)
class Refused:
    """What is wrong with a request: a status of HTTP, and one sentence."""

    status: int
    sentence: str


@dataclass(frozen=True)
class Names:
    """The names by which the page may be asked for. ``any_address``: also by whatever address the machine has."""

    port: int
    hosts: frozenset[str]
    any_address: bool

    def have(self, host: str) -> bool:
        """Whether `Host` of a request is one of them."""
        found = _HOST.fullmatch(host.strip().lower())
        if found is None or int(found[2] or 80) != self.port:
            return False
        name = found[1].strip("[]")
        return name in self.hosts or (self.any_address and _is_address(name))


def names(host: str, port: int) -> Names:
    """``host``: as the user gave it. Where it means every address of the machine, an address cannot be a trick: only a
    name can be made to lead here by others.
    """
    everywhere = _is_address(host) and ipaddress.ip_address(host).is_unspecified
    own = {socket.gethostname().lower()} if everywhere else {host.strip("[]").lower()}
    return Names(port, frozenset({*LOOPBACK, *own}), everywhere)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def refused(
    method: str, raw_path: bytes, query: bytes, headers: Mapping[str, str], several_hosts: bool, allowed: Names
) -> Refused | None:
    """None for a request that may be answered. ``headers`` by their names in lower case."""
    host = headers.get("host", "")
    if several_hosts or not allowed.have(host):
        return Refused(403, "this page is asked for under another name than its own: use the address that was printed")
    if headers.get("origin", f"http://{host}").lower() != f"http://{host}".lower():
        return Refused(403, "another page asks for this one: only the page itself may")
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return Refused(403, "another page leads to this one: enter its address yourself")
    if method not in METHODS:
        return Refused(405, "nothing can be changed here: ask with GET or HEAD")
    if len(raw_path) + len(query) > LONGEST:
        return Refused(400, f"the address is {len(raw_path) + len(query)} bytes long: {LONGEST} are the most")
    if _leads_elsewhere(raw_path.decode("ascii", "replace")):
        return Refused(400, "the address has parts that are no names: it stays within the page")
    if _CONTROL.search(unquote(query.decode("ascii", "replace"))):
        return Refused(400, "the parameters have control characters: leave them out")
    return None


def _leads_elsewhere(path: str) -> bool:
    """Also written twice as ``%252e``, and with the other slash."""
    for _ in range(3):
        parts = path.replace("\\", "/").split("/")
        if ".." in parts or "." in parts or _CONTROL.search(path) or "\\" in path:
            return True
        path = unquote(path)
    return False
