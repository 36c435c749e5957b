"""Threads that a C library starts have no frame of Python: gRPC asks for credentials of a call in such a thread.

Where that thread did not start, gRPC would send the call without its ``authorization`` header.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = """
from concurrent import futures

import grpc
import pandas as pd


class Credentials(grpc.AuthMetadataPlugin):
    def __call__(self, context, callback):
        callback((("authorization", "Bearer of-the-test"),), None)


def seen(request, context):
    return dict(context.invocation_metadata()).get("authorization", "no header").encode()


def asked():
    server = grpc.server(futures.ThreadPoolExecutor(2))
    handler = grpc.unary_unary_rpc_method_handler(seen)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Seen", {"Ask": handler}),))
    port = server.add_secure_port("localhost:0", grpc.local_server_credentials())
    server.start()
    credentials = grpc.composite_channel_credentials(
        grpc.local_channel_credentials(), grpc.metadata_call_credentials(Credentials())
    )
    with grpc.secure_channel(f"localhost:{port}", credentials) as channel:
        answers = [channel.unary_unary("/test.Seen/Ask")(b"", timeout=20).decode() for _ in range(3)]
    server.stop(None).wait()
    return pd.DataFrame({"answer": answers})


print(asked()["answer"].tolist())
"""


def test_calls_with_credentials_are_made_as_alone(tmp_path: Path) -> None:
    (tmp_path / "asking.py").write_text(PROGRAM)
    # The C library tells its own log about a connection that ends, or does not, as its threads happen to run.
    environment = {**os.environ, "GRPC_VERBOSITY": "NONE"}
    alone, observed = (
        subprocess.run(
            [sys.executable, *words, "asking.py"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        for words in ((), ("-m", "spark_lineage", "run"))
    )
    assert alone.stdout.startswith("['Bearer of-the-test', 'Bearer of-the-test', 'Bearer of-the-test']")
    assert (observed.stdout, observed.stderr, observed.returncode) == (alone.stdout, alone.stderr, 0)
