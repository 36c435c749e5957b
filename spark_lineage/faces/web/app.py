"""The addresses of the local page, each with the answer that it gives."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping, Sequence

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spark_lineage.answers.documents import Document
from spark_lineage.faces.html.filling import block
from spark_lineage.faces.web import documents, home
from spark_lineage.faces.web.guarding import HEADERS, METHODS, Names, Refused, refused
from spark_lineage.faces.web.stores import NotFound, Stores
from spark_lineage.model import Damaged
from spark_lineage.refusals import Refusal

Answer = Callable[[Stores, Request], Response]


def application(stores: Stores, allowed: Names) -> ASGIApp:
    """The page over these stores, for those who ask for it by one of these names."""
    asking = _Asking(stores)
    routes = [
        Route("/", asking(_home)),
        Route("/api/runs", asking(_runs)),
        Route("/api/run/{run}", asking(_run)),
        Route("/api/checks/{run}", asking(_checks)),
        Route("/api/diff/{a}/{b}", asking(_diff)),
        Route("/api/history", asking(_history)),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _no_such_address})
    app.router.redirect_slashes = False
    return _Guarded(app, allowed)


# --------------------------------------------------------------------------- the addresses


def _home(stores: Stores, request: Request) -> Response:
    page = home.of(documents.home(stores))
    headers = {"content-security-policy": page.policy}
    return Response(page.html, media_type="text/html; charset=utf-8", headers=headers)


def _runs(stores: Stores, request: Request) -> Response:
    tags = documents.seen(stores)
    return _unless_known(request, tags, lambda: documents.runs(stores, request.query_params))


def _run(stores: Stores, request: Request) -> Response:
    found = stores.find(request.path_params["run"])
    return _unless_known(request, [found.seen.tag], lambda: documents.run(found))


def _checks(stores: Stores, request: Request) -> Response:
    return _json(documents.checks(stores.find(request.path_params["run"])))


def _diff(stores: Stores, request: Request) -> Response:
    a, b = (stores.find(request.path_params[name]) for name in ("a", "b"))
    return _unless_known(request, [a.seen.tag, b.seen.tag], lambda: documents.diff(a, b))


def _history(stores: Stores, request: Request) -> Response:
    return _json(documents.history(stores, request.query_params))


def _unless_known(request: Request, tags: Sequence[str], document: Callable[[], Document]) -> Response:
    """The tags were taken before the answer is read: what is written meanwhile changes them the next time."""
    tag = f'"{"-".join(tags)}"'
    known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if tag in known:
        return Response(status_code=304, headers={"etag": tag})
    return _json(document(), headers={"etag": tag})


# --------------------------------------------------------------------------- how they are answered


class _Asking:
    """Makes endpoints of answers. One is read at a time: they are bound by the processor, and rules of checks may run
    code of the user's.
    """

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._turn = threading.Lock()

    def __call__(self, answer: Answer) -> Callable[[Request], object]:
        async def endpoint(request: Request) -> Response:
            return await run_in_threadpool(self._answered, answer, request)

        return endpoint

    def _answered(self, answer: Answer, request: Request) -> Response:
        try:
            with self._turn:
                return answer(self._stores, request)
        except NotFound as error:
            return _refusal(Refused(404, str(error)))
        except (Refusal, Damaged) as error:  # what is read late is refused late
            return _refusal(Refused(400, str(error)))
        except (Exception, SystemExit) as error:
            # What went wrong may hold values: its kind and place are said, its text is not.
            place = _innermost(error)
            sys.stderr.write(f"spark-lineage: an answer failed with {type(error).__name__} at {place}\n")
            return _refusal(Refused(500, f"the answer failed with {type(error).__name__} at {place}: please report it"))


def _innermost(error: BaseException) -> str:
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return f"{at.tb_frame.f_globals.get('__name__', '?')}:{at.tb_lineno}" if at is not None else "?"


def _json(document: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(block(document), status, dict(headers or {}), "application/json")


def _refusal(why: Refused) -> Response:
    headers = {"allow": ", ".join(METHODS)} if why.status == 405 else {}
    return _json({"error": why.sentence}, why.status, headers)


async def _no_such_address(request: Request, error: Exception) -> Response:
    return _refusal(Refused(404, "there is nothing at this address: the page is at /"))


class _Guarded:
    """Looks at each request before the application does, and gives each answer the headers that keep it here."""

    def __init__(self, app: ASGIApp, allowed: Names) -> None:
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        pairs = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        several = sum(1 for name, _ in pairs if name == "host") > 1
        raw = scope.get("raw_path") or scope["path"].encode()
        why = refused(scope["method"], raw, scope["query_string"], dict(pairs), several, self._allowed)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.decode("latin-1").lower() for name, _ in message["headers"]}
                more = [(name, value) for name, value in HEADERS.items() if name not in given]
                message["headers"] = [*message["headers"], *((n.encode(), v.encode()) for n, v in more)]
            await send(message)

        await (_refusal(why) if why is not None else self._app)(scope, receive, with_headers)
