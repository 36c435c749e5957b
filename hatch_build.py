"""Build hook: the wheel carries the listener's jars, the page of reports and the start-up hook; the sdist the page."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
START_UP = ROOT / "spark_lineage" / "activation" / "startup"


def _project(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"spark_lineage_{name}", ROOT / "project" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class BuildHook(BuildHookInterface[Any]):
    """Builds the jars with sbt and the page with Node where they are not up to date."""

    def dependencies(self) -> list[str]:
        """pyspark carries the Ivy that fetches the sbt launcher, a wheel has Node: asked for only if that is needed."""
        jar, page = _project("jar"), _project("page")
        current = all(map(jar.is_current, jar.of_a_wheel()))
        needed = [] if current or jar.has_launcher() else [f"pyspark=={jar.SPARK_VERSION}"]
        return needed if page.is_current() or page.has_node() else [*needed, page.NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        page = _project("page")
        try:
            built = page.build()
        except page.BuildError as error:
            sys.exit(str(error))
        build_data["force_include"][str(built)] = f"spark_lineage/faces/html/{built.name}"
        if self.target_name == "wheel":
            self._add_to_wheel(build_data, is_editable=version == "editable")
        else:
            # With its stamp: who builds a wheel from the sdist needs no Node.
            build_data["force_include"][str(page.STAMP)] = f"spark_lineage/faces/html/{page.STAMP.name}"

    def _add_to_wheel(self, build_data: dict[str, Any], is_editable: bool) -> None:
        """An editable installation needs only the jar of the Spark that it stands beside; a wheel may meet any."""
        jar = _project("jar")
        try:
            built = jar.build_all((jar.installed(),) if is_editable else jar.of_a_wheel())
        except jar.BuildError as error:
            sys.exit(str(error))
        start_up = {str(path): path.name for path in sorted(START_UP.iterdir()) if path.suffix in {".pth", ".start"}}
        build_data["force_include"].update(start_up)
        build_data["force_include"].update({str(path): f"spark_lineage/jvm/jars/{path.name}" for path in built})
        # In an editable installation the package is the source tree, which has the jar and the page already.
        build_data.setdefault("force_include_editable", {}).update(start_up)
