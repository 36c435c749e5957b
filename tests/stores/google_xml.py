"""Stands before fake-gcs-server, which takes objects by the JSON API of Google's storage, for clients of the XML API.

``object_store``, which obstore and deltalake have inside, puts objects by the XML API. What else it asks for
the server knows itself, and is handed on as it is.
"""

from __future__ import annotations

import html
import http.client
import http.server
import json
import re
import threading
import uuid
from collections.abc import Mapping
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

PASSED = ("Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since")
ANSWERED = ("ETag", "Last-Modified", "Content-Range", "Content-Type", "X-Goog-Generation")


class Front:
    def __init__(self, port: int) -> None:
        self.to, self.uploads = port, dict[str, dict[int, bytes]]()
        front = self

        class Handler(_Handler):
            of = front

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()


def _listed_after(name: str, content: bytes) -> bytes:
    """A list without the names up to this one: the server does not know where a list is to begin."""
    listed = re.sub(
        r"<Contents>.*?</Contents>", lambda found: found[0] if _key(found[0]) > name else "", content.decode()
    )
    return listed.encode()


def _key(entry: str) -> str:
    (found,) = re.findall(r"<Key>(.*?)</Key>", entry)
    return html.unescape(found)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm, wbufsize = True, -1
    of: Front

    def log_message(self, *_: object) -> None:
        """Nothing is said."""

    def setup(self) -> None:
        super().setup()
        self.server_side = http.client.HTTPConnection("127.0.0.1", self.of.to)

    def finish(self) -> None:
        self.server_side.close()
        super().finish()

    def do_GET(self) -> None:
        passed = {name: self.headers[name] for name in PASSED if name in self.headers}
        status, headers, content = self._ask(self.command, self.path, passed)
        after = parse_qs(urlsplit(self.path).query).get("start-after", [""])[0]
        self._tell(status, headers, _listed_after(after, content) if after and status == 200 else content)

    do_HEAD = do_DELETE = do_GET

    def do_PUT(self) -> None:
        content, query = self._content(), parse_qs(urlsplit(self.path).query)
        if "uploadId" in query:
            self.of.uploads[query["uploadId"][0]][int(query["partNumber"][0])] = content
            self._tell(200, {"ETag": f'"{query["partNumber"][0]}"'}, b"")
        else:
            status, headers, _ = self._put(content)
            self._tell(status, headers, b"")

    def do_POST(self) -> None:
        """A large object comes in parts, between two requests that begin and end it."""
        self._content()
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        if "uploads" in query:
            self.of.uploads[name := uuid.uuid4().hex] = {}
            text = f"<InitiateMultipartUploadResult><UploadId>{name}</UploadId></InitiateMultipartUploadResult>"
            self._tell(200, {}, text.encode())
        else:
            parts = self.of.uploads.pop(query["uploadId"][0])
            status, headers, _ = self._put(b"".join(parts[number] for number in sorted(parts)))
            tag = headers.get("ETag", "")
            text = f"<CompleteMultipartUploadResult><ETag>{tag}</ETag></CompleteMultipartUploadResult>"
            self._tell(status, headers, text.encode())

    def _put(self, content: bytes) -> tuple[int, Mapping[str, str], bytes]:
        bucket, _, name = urlsplit(self.path).path.lstrip("/").partition("/")
        words = {"uploadType": "media", "name": unquote(name)}
        if (generation := self.headers.get("x-goog-if-generation-match")) is not None:
            words["ifGenerationMatch"] = generation
        headers = {"Content-Type": self.headers.get("Content-Type", "application/octet-stream")}
        path = f"/upload/storage/v1/b/{quote(bucket)}/o?{urlencode(words)}"
        status, _, answer = self._ask("POST", path, headers, content)
        if status != 200:
            return status, {}, answer
        made = json.loads(answer)
        return 200, {"ETag": made["etag"], "X-Goog-Generation": str(made["generation"])}, b""

    def _content(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        host = f"127.0.0.1:{self.of.port}"
        self.server_side.request(method, path, content, {**headers, "Host": host})
        answer = self.server_side.getresponse()
        kept = {name: answer.headers[name] for name in ANSWERED if name in answer.headers}
        length = answer.headers.get("Content-Length")
        body = answer.read()
        return answer.status, {**kept, "Content-Length": length} if method == "HEAD" and length else kept, body

    def _tell(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
