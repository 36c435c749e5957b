"""Runs that several tests look at are made once per session, in folders of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import tables
from program_runs import Runs


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of ``tables.py``, and TPC-H at a hundredth of its smallest size."""
    folder = tables.write(tmp_path_factory.mktemp("data"))
    tool = Path(sys.executable).with_name("tpchgen-cli")
    command = [str(tool) if tool.exists() else "tpchgen-cli", "parquet", "-s", "0.01", "--output-dir"]
    subprocess.run([*command, str(folder / "tpch")], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory, data_folder: Path) -> Runs:
    return Runs(tmp_path_factory.mktemp("runs"), data_folder)
