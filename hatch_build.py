"""Build hook: the wheel carries the listener's jar and the start-up hook."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
START_UP = ROOT / "spark_lineage" / "activation" / "startup"


def _jar() -> ModuleType:
    spec = importlib.util.spec_from_file_location("spark_lineage_jar", ROOT / "project" / "jar.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class JarBuildHook(BuildHookInterface[Any]):
    """Builds the jar with sbt where it is not up to date."""

    def dependencies(self) -> list[str]:
        """pyspark carries the Ivy that fetches the sbt launcher; it is asked for only if that is needed."""
        jar = _jar()
        return [] if jar.is_current() or jar.has_launcher() else [f"pyspark=={jar.SPARK_VERSION}"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel":
            return
        jar = _jar()
        try:
            built = jar.build()
        except jar.BuildError as error:
            sys.exit(str(error))
        start_up = {str(path): path.name for path in sorted(START_UP.iterdir()) if path.suffix in {".pth", ".start"}}
        build_data["force_include"].update(start_up)
        build_data["force_include"][str(built)] = f"spark_lineage/jvm/jars/{built.name}"
        # In an editable installation the package is the source tree, which has the jar already.
        build_data.setdefault("force_include_editable", {}).update(start_up)
