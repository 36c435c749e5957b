"""Builds the listener's jar and puts it into the package; nothing but Python and Java need be there.

The sbt launcher comes from Maven Central by the Ivy that every pyspark carries, and sbt fetches the rest.

    python project/jar.py                  builds spark_lineage/jvm/jars/*.jar unless it is up to date
    python project/jar.py launcher         prints the path of the sbt launcher, fetched if need be
    python project/jar.py sbt ARGS         runs sbt with ARGS
    python project/jar.py fetch DIR G:A:V  puts the jars of these modules, without what they depend on, into DIR
    python project/jar.py server DIR G:A:V puts the jar of this module and of all that it depends on into DIR
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from spark_lineage.activation.java import JavaError, find_java  # noqa: E402  the path has to be set first

TOOLS = ROOT / ".tools"
JARS = ROOT / "spark_lineage" / "jvm" / "jars"
SBT_LAUNCHER = "org.scala-sbt:sbt-launch:1.13.1"
SPARK_VERSION = "4.2.0"
SCALA_LINE = "2.13"


class BuildError(Exception):
    """The jar cannot be built; the text is one sentence for the person who builds."""


# --------------------------------------------------------------------------- what is there


def jar_path(spark_version: str = SPARK_VERSION) -> Path:
    line = ".".join(spark_version.split(".")[:2])
    version = (ROOT / "spark_lineage" / "VERSION").read_text().strip()
    return JARS / f"spark-lineage-listener-{line}_{SCALA_LINE}-{version}.jar"


def is_current(spark_version: str = SPARK_VERSION) -> bool:
    """True if the jar was built from exactly these sources."""
    jar = jar_path(spark_version)
    stamp = jar.with_suffix(".sources")
    return jar.is_file() and stamp.is_file() and stamp.read_text() == _sources_hash(spark_version)


def has_launcher() -> bool:
    return _launcher().is_file()


def _sources_hash(spark_version: str) -> str:
    files = [ROOT / "build.sbt", ROOT / "spark_lineage" / "VERSION", ROOT / "project" / "build.properties"]
    files.append(ROOT / "spark_lineage" / "privacy" / "rules.json")  # it is copied into the jar
    files += (path for path in (ROOT / "jvm_listener" / "src" / "main").rglob("*") if path.is_file())
    digest = hashlib.sha256(spark_version.encode())
    for path in sorted(files):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


# --------------------------------------------------------------------------- building


def build(spark_version: str = SPARK_VERSION) -> Path:
    """The path of the listener's jar for this Spark version, built if it is not up to date.

    Raises :class:`BuildError`.
    """
    jar = jar_path(spark_version)
    if is_current(spark_version):
        return jar
    print(f"building the listener's jar for Spark {spark_version} (some minutes the first time)", file=sys.stderr)
    expected = _sources_hash(spark_version)
    if sbt([f"-Dspark.version={spark_version}", "listener/package"]) != 0:
        raise BuildError("The listener's jar could not be built: see what sbt says above.")
    version = (ROOT / "spark_lineage" / "VERSION").read_text().strip()
    built = ROOT / "jvm_listener" / "target" / f"spark-lineage-listener-{version}.jar"
    JARS.mkdir(parents=True, exist_ok=True)
    for old in JARS.glob(f"{jar.name.partition('_')[0]}_*"):
        old.unlink()
    shutil.copyfile(built, jar)
    jar.with_suffix(".sources").write_text(expected)
    return jar


def sbt(arguments: Sequence[str]) -> int:
    """Runs sbt in the repository; its exit status. What it prints goes to standard error.

    With ``LINT`` in the environment every compilation is as strict as that of ``make lint``: sbt compiles everything
    again where the options differ. What begins with ``-D`` or ``-X`` is an option of its JVM.
    """
    of_java = ("-D", "-X")
    options = [argument for argument in arguments if argument.startswith(of_java)]
    if os.environ.get("LINT"):
        options.append("-Dlint=true")
    commands = [argument for argument in arguments if not argument.startswith(of_java)]
    java = _java()
    launcher = launcher_path()
    command = [
        java,
        "-Xmx2g",
        "-Xss8m",
        "-Dsbt.override.build.repos=true",
        f"-Dsbt.repository.config={ROOT / 'project' / 'repositories'}",
        "-Dsbt.supershell=false",
        "-Dsbt.log.noformat=true",
        *options,
        "-jar",
        str(launcher),
        *commands,
    ]
    return subprocess.run(command, cwd=ROOT, stdout=sys.stderr.fileno(), stdin=subprocess.DEVNULL).returncode


def launcher_path() -> Path:
    launcher = _launcher()
    if not launcher.is_file():
        fetch(TOOLS, [SBT_LAUNCHER])
    return launcher


def _launcher() -> Path:
    _, name, version = SBT_LAUNCHER.split(":")
    return TOOLS / f"{name}-{version}.jar"


def fetch(folder: Path, modules: Sequence[str]) -> list[Path]:
    """Puts the jar of each ``group:artifact:version`` into ``folder``, without what it depends on.

    Ivy's own default settings know where Maven Central is.
    Raises :class:`BuildError`.
    """
    wanted = [folder / "{1}-{2}.jar".format(*module.split(":")) for module in modules]
    for module, jar in zip(modules, wanted, strict=True):
        if not jar.is_file():
            _fetch_one(folder, module)
    return wanted


def fetch_server(folder: Path, module: str) -> Path:
    """Puts the jar of a module and those of all that it depends on into a folder of its own below ``folder``.

    Raises :class:`BuildError`.
    """
    place = folder / "{1}-{2}".format(*module.split(":"))
    if not place.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            command = [_java(), "-jar", str(_ivy()), "-cache", f"{scratch}/cache", "-confs", "default"]
            command += ["-dependency", *module.split(":"), "-retrieve", f"{scratch}/jars/[artifact]-[revision].[ext]"]
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if done.returncode != 0 or not Path(scratch, "jars").is_dir():
                print(done.stdout, file=sys.stderr)
                raise BuildError(f"{module} could not be fetched from Maven Central: see what Ivy says above.")
            Path(scratch, "jars").rename(place)
    return place


def _fetch_one(folder: Path, module: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        command = [_java(), "-jar", str(_ivy()), "-notransitive", "-cache", f"{scratch}/cache", "-confs", "default"]
        command += ["-dependency", *module.split(":"), "-retrieve", f"{scratch}/[artifact]-[revision].[ext]"]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        name = "{1}-{2}.jar".format(*module.split(":"))
        if done.returncode != 0 or not Path(scratch, name).is_file():
            print(done.stdout, file=sys.stderr)
            raise BuildError(f"{module} could not be fetched from Maven Central: see what Ivy says above.")
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f".{name}.{os.getpid()}"
        shutil.copyfile(Path(scratch, name), part)
        part.replace(folder / name)


def _ivy() -> Path:
    spec = importlib.util.find_spec("pyspark")
    homes = [os.path.dirname(spec.origin)] if spec is not None and spec.origin else []
    for home in [*homes, os.environ.get("SPARK_HOME", "")]:
        for jar in sorted(Path(home, "jars").glob("ivy-*.jar")):
            return jar
    raise BuildError("To build the listener's jar, pyspark must be installed or SPARK_HOME set.")


def _java() -> str:
    try:
        return find_java().path
    except JavaError as error:
        raise BuildError(str(error)) from None


def main(arguments: Sequence[str]) -> int:
    try:
        if not arguments:
            print(build(os.environ.get("SPARK_VERSION", SPARK_VERSION)))
        elif arguments[0] == "launcher":
            print(launcher_path())
        elif arguments[0] == "sbt":
            return sbt(arguments[1:])
        elif arguments[0] == "fetch" and len(arguments) > 2:
            print(*fetch(Path(arguments[1]), arguments[2:]), sep=",")
        elif arguments[0] == "server" and len(arguments) == 3:
            print(fetch_server(Path(arguments[1]), arguments[2]))
        else:
            print(__doc__, file=sys.stderr)
            return 2
    except BuildError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
