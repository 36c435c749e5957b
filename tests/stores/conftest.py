"""One S3 server for all tests that ask for one; each test has a store of its own in its bucket."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.stores.promises")  # so that a promise that is broken says by what

from tests.stores.programs import Place  # noqa: E402  after that
from tests.stores.servers import S3  # noqa: E402


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    server = S3(tmp_path_factory.mktemp("s3"))
    yield server
    server.stop()


@pytest.fixture
def place(s3: S3, tmp_path: Path) -> Place:
    (tmp_path / "here").mkdir()
    return Place(f"s3://{s3.bucket}/{uuid.uuid4().hex}", tmp_path / "here", s3.environ())


@pytest.fixture
def mounted(tmp_path: Path) -> Place:
    """A folder that takes whole files only."""
    for name in ("here", "volume"):
        (tmp_path / name).mkdir()
    return Place(f"file://{tmp_path}/volume/store", tmp_path / "here", {})
