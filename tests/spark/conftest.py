"""Runs that several tests look at are made once per session, in folders of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import small_tables
from program_runs import CONF, Runs, WarmJvms

from tests.warm_jvm import WarmJvm

A_FEW = 12  # a selection of so few tests runs only what they ask for


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of ``small_tables.py``, and TPC-H at a hundredth of its smallest size."""
    folder = small_tables.write(tmp_path_factory.mktemp("data"))
    tool = Path(sys.executable).with_name("tpchgen-cli")
    command = [str(tool) if tool.exists() else "tpchgen-cli", "parquet", "-s", "0.01", "--output-dir"]
    subprocess.run([*command, str(folder / "tpch")], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def warm_jvms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmJvms]:
    folder = tmp_path_factory.mktemp("warm")
    with WarmJvm(folder / "plain", CONF, ours=False) as plain, WarmJvm(folder / "observing", CONF) as observing:
        yield WarmJvms(plain, observing)


@pytest.fixture(scope="session")
def runs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, data_folder: Path, warm_jvms: WarmJvms
) -> Iterator[Runs]:
    """Finished runs of the test programs. What a module ``NEEDS`` for `make test` is started ahead, two at a time."""
    made = Runs(tmp_path_factory.mktemp("runs"), data_folder, warm_jvms)
    items = request.session.items
    if len(items) > A_FEW:
        always = [item for item in items if not any(map(item.get_closest_marker, ("wide", "slow")))]
        for module in dict.fromkeys(item.module for item in always if isinstance(item, pytest.Function)):
            for need in getattr(module, "NEEDS", ()):
                made.begin(need)
    yield made
    made.close()
