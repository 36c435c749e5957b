"""Binds the local page to an address of this machine and serves it until it is interrupted."""

from __future__ import annotations

import errno
import ipaddress
import logging
import socket
import threading
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass

import uvicorn

from spark_lineage.faces.web.app import application
from spark_lineage.faces.web.guarding import names
from spark_lineage.faces.web.stores import Stores
from spark_lineage.refusals import Refusal

PORT = 8765  # if none is given
PATIENCE = 1  # seconds that answers get to their end when the page is switched off


@dataclass(frozen=True)
class Bound:
    """A socket that listens. ``address`` is what a browser is given; ``loopback``: only this machine can ask."""

    socket: socket.socket
    address: str
    host: str
    port: int
    loopback: bool


def bound(host: str, port: int) -> Bound:
    """Raises Refusal for an address that this machine does not have, or that is in use."""
    try:
        known = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        # `localhost` is both: where there is an address of IPv4, browsers and people reach it.
        family, kind, proto, _, at = sorted(known, key=lambda each: each[0] != socket.AF_INET)[0]
    except (OSError, UnicodeError):
        raise Refusal(f"--host {host} is no address of this machine: leave it out for 127.0.0.1") from None
    listening = socket.socket(family, kind, proto)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(at)
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise Refusal(_not_bound(host, port, error)) from None
    taken = listening.getsockname()
    loopback = ipaddress.ip_address(taken[0].partition("%")[0]).is_loopback
    shown = "127.0.0.1" if taken[0] == "0.0.0.0" else "::1" if taken[0] == "::" else taken[0]
    shown = f"[{shown}]" if ":" in shown else shown
    return Bound(listening, f"http://{shown}:{taken[1]}/", host, taken[1], loopback)


def _not_bound(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use: choose another one with --port, or --port 0 for any that is free"
    if error.errno == errno.EACCES:
        return f"port {port} may not be used by you: choose one from 1024 on with --port"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"--host {host} is no address of this machine: leave it out for 127.0.0.1"
    return f"port {port} of {host} cannot be used: {error.strerror or error}"


def serve(stores: Stores, at: Bound, told: Callable[[], None], open_browser: bool) -> None:
    """Returns when it is interrupted. ``told`` is called once all is ready, as connections wait from then on."""
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())  # what it would say has addresses with values in it
    logging.getLogger("uvicorn").propagate = False
    config = uvicorn.Config(
        application(stores, names(at.host, at.port)), http="h11", ws="none", loop="asyncio", lifespan="off",
        interface="asgi3", access_log=False, log_config=None, server_header=False, proxy_headers=False,
        timeout_graceful_shutdown=PATIENCE,
    )  # fmt: skip
    server = uvicorn.Server(config)
    told()
    if open_browser:
        threading.Thread(target=webbrowser.open, args=(at.address,), daemon=True).start()
    try:
        server.run(sockets=[at.socket])
    except KeyboardInterrupt:
        return
    finally:
        at.socket.close()
