"""Says what is in the wheel and in each jar, as CycloneDX, with the sha256 of every file.

    python project/sbom.py dist

Writes beside what is in the folder: ``<wheel>.cdx.json``, one document for each jar that the wheel carries, and
``SHA256SUMS``. The documents hold nothing of when and where they were made: of the same files they are the same.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import uuid
import zipfile
from collections.abc import Iterator
from email import message_from_string
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parent.parent
SPACE = uuid.UUID("6d1f1f7e-35a3-4a5e-9d0a-6a3b0f6a2c11")  # of our serial numbers
LICENSE = "Apache-2.0"
# Whose classes a jar finds on the cluster, and does not carry.
PROVIDED = ("spark-sql", "spark-core", "spark-catalyst")


def main(folder: Path) -> int:
    wheels = sorted(folder.glob("*.whl"))
    if not wheels:
        print(f"There is no wheel in {folder}: `make dist` builds one.", file=sys.stderr)
        return 2
    for wheel in wheels:
        for name, bom in documents(wheel):
            text = json.dumps(json.loads(JsonV1Dot6(bom).output_as_string()), indent=1, sort_keys=True)
            (folder / f"{name}.cdx.json").write_text(text + "\n")
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != "SHA256SUMS")
    sums = "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)
    (folder / "SHA256SUMS").write_text(sums)
    return 0


def documents(wheel: Path) -> Iterator[tuple[str, Bom]]:
    """The names of the documents, and the documents: that of the wheel first."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [each for each in archive.namelist() if each.endswith(".dist-info/METADATA")]
        told = message_from_string(archive.read(name).decode())
        jars = {Path(each).name: archive.read(each) for each in archive.namelist() if each.endswith(".jar")}
    itself = _component(told["Name"], told["Version"], "pypi", None, wheel.read_bytes())
    parts = [_jar(name, content) for name, content in sorted(jars.items())]
    wanted = [_requirement(each) for each in told.get_all("Requires-Dist", [])]
    yield wheel.name, _bom(itself, [*parts, *_of_the_page(), *wanted])
    for name, content in sorted(jars.items()):
        yield name, _bom(_jar(name, content), list(_provided(name)))


def _bom(of: Component, parts: list[Component]) -> Bom:
    bom = Bom(serial_number=uuid.uuid5(SPACE, f"{of.name} {' '.join(each.content for each in of.hashes)}"))
    bom.metadata.component = of
    bom.metadata.timestamp = None  # type: ignore[assignment]  # that of the build would differ each time
    bom.components.update(parts)
    bom.register_dependency(of, parts)
    return bom


def _component(name: str, version: str, kind: str, group: str | None, content: bytes) -> Component:
    url = PackageURL(kind, group, name, version)
    return Component(
        name=name, version=version, group=group, type=ComponentType.LIBRARY, purl=url, bom_ref=str(url),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=hashlib.sha256(content).hexdigest())],
        licenses=[LicenseFactory().make_from_string(LICENSE)],
    )  # fmt: skip


def _jar(name: str, content: bytes) -> Component:
    found = re.fullmatch(r"(spark-lineage-listener)-(\d+\.\d+_\d+\.\d+)-(.+)\.jar", name)
    if found is None:
        raise SystemExit(f"{name} is in the wheel, and is no jar of ours.")
    return _component(f"{found[1]}-{found[2]}", found[3], "maven", "io.sparklineage", content)


def _requirement(text: str) -> Component:
    """What is wanted, in which versions: which one it will be is decided where the wheel is installed."""
    found = re.match(r"[A-Za-z0-9._-]+", text)
    assert found is not None
    name, optional = found[0], "extra ==" in text
    # The same one may be wanted by several extras, in several versions.
    reference = f"{PackageURL('pypi', None, name)}#{text[len(name) :].replace(' ', '')}"
    return Component(
        name=name, type=ComponentType.LIBRARY, purl=PackageURL("pypi", None, name), bom_ref=reference,
        scope=ComponentScope.OPTIONAL if optional else ComponentScope.REQUIRED,
        properties=[Property(name="spark-lineage:requires", value=text)],
    )  # fmt: skip


def _of_the_page() -> Iterator[Component]:
    """The libraries that are built into the page of reports, as its lock file has them."""
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text())
    for path, each in sorted(lock["packages"].items()):
        if path and not each.get("dev") and not each.get("devOptional"):
            group, _, name = path.rpartition("node_modules/")[2].rpartition("/")
            url = PackageURL("npm", group or None, name, each["version"])
            yield Component(
                name=name, group=group or None, version=each["version"], type=ComponentType.LIBRARY, purl=url,
                bom_ref=str(url),
                licenses=[LicenseFactory().make_from_string(each["license"])] if "license" in each else [],
            )  # fmt: skip


def _provided(jar: str) -> Iterator[Component]:
    """Of Spark and Scala nothing is in the jar: they are there where it runs."""
    sys.path.insert(0, str(ROOT / "project"))
    from jar import LINES

    (line,) = [each for each in LINES if f"-{each.name}-" in jar]
    scala = line.name.partition("_")[2]
    modules = [("org.apache.spark", f"{name}_{scala}", line.spark) for name in PROVIDED]
    for group, name, version in [*modules, ("org.scala-lang", "scala-library", line.scala)]:
        url = PackageURL("maven", group, name, version)
        yield Component(
            name=name, group=group, version=version, type=ComponentType.LIBRARY, purl=url, bom_ref=str(url),
            scope=ComponentScope.EXCLUDED,
        )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
