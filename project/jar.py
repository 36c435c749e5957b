"""Builds the listener's jars and puts them into the package; nothing but Python and Java need be there.

The sbt launcher comes from Maven Central by the Ivy that every pyspark carries, and sbt fetches the rest.

    python project/jar.py                  builds the jar for the Spark that is installed, unless it is up to date
    python project/jar.py LINE...          builds those for other lines: 3.5_2.12, 4.0_2.13, ...; all: each of them
    python project/jar.py launcher         prints the path of the sbt launcher, fetched if need be
    python project/jar.py sbt ARGS         runs sbt with ARGS
    python project/jar.py fetch DIR G:A:V  puts the jars of these modules, without what they depend on, into DIR
    python project/jar.py server DIR G:A:V puts the jar of this module and of all that it depends on into DIR
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from spark_lineage.activation.jars import RUNS_ON, JarError, find_spark  # noqa: E402  the path has to be set first
from spark_lineage.activation.java import JavaError, find_java  # noqa: E402

TOOLS = ROOT / ".tools"
JARS = ROOT / "spark_lineage" / "jvm" / "jars"
SBT_LAUNCHER = "org.scala-sbt:sbt-launch:1.13.1"
SPARK_VERSION = "4.2.0"  # at home: the tests of the JVM half run on it
JAR_NAMES = "[artifact]-[revision](-[classifier]).[ext]"  # a module may have several, of one name
LINES_WANTED = "SPARK_LINEAGE_LINES"  # which jars a wheel gets, in place of all: 4.2_2.13,3.5_2.12


class BuildError(Exception):
    """The jar cannot be built; the text is one sentence for the person who builds."""


@dataclass(frozen=True)
class Line:
    """What one jar is compiled against. Its classes link with every Spark of the line, and of no other Scala."""

    spark: str
    scala: str  # the compiler

    @property
    def name(self) -> str:
        """``4.2_2.13``"""
        return f"{_two(self.spark)}_{_two(self.scala)}"

    @property
    def target(self) -> Path:
        """Where sbt puts what it makes."""
        folder = ROOT / "jvm_listener" / "target"
        return folder if self == HOME else folder / "lines" / self.name


def _two(version: str) -> str:
    return ".".join(version.split(".")[:2])


HOME = Line(SPARK_VERSION, "2.13.17")
LINES = (
    Line("3.5.7", "2.12.18"),
    Line("3.5.7", "2.13.17"),
    Line("4.0.1", "2.13.17"),
    Line("4.1.1", "2.13.17"),
    HOME,
)


def line(name: str) -> Line:
    """The line of that name. Raises :class:`BuildError` if there is none."""
    for each in LINES:
        if each.name == name:
            return each
    raise BuildError(f"There is no line {name}: it is one of {', '.join(each.name for each in LINES)}.")


def installed() -> Line:
    """That of the Spark that is installed here, or the one at home where there is none."""
    try:
        spark = find_spark()
    except JarError:
        return HOME
    fitting = [each for each in LINES if spark.line in RUNS_ON[_two(each.spark)] and spark.scala == _two(each.scala)]
    return fitting[0] if fitting else HOME


def of_a_wheel() -> tuple[Line, ...]:
    """Every line, or those that the environment asks for. Raises :class:`BuildError`."""
    wanted = [name.strip() for name in os.environ.get(LINES_WANTED, "").split(",") if name.strip()]
    return tuple(map(line, wanted)) or LINES


# --------------------------------------------------------------------------- what is there


def jar_path(line: Line = HOME) -> Path:
    return JARS / f"spark-lineage-listener-{line.name}-{_version()}.jar"


def _version() -> str:
    return (ROOT / "spark_lineage" / "VERSION").read_text().strip()


def is_current(line: Line = HOME) -> bool:
    """True if the jar was built from exactly these sources."""
    jar = jar_path(line)
    stamp = jar.with_suffix(".sources")
    return jar.is_file() and stamp.is_file() and stamp.read_text() == _sources_hash(line)


def has_launcher() -> bool:
    return _launcher().is_file()


def _sources_hash(line: Line) -> str:
    files = [ROOT / "build.sbt", ROOT / "spark_lineage" / "VERSION", ROOT / "project" / "build.properties"]
    files.append(ROOT / "spark_lineage" / "privacy" / "rules.json")  # it is copied into the jar
    files += (path for path in (ROOT / "jvm_listener" / "src" / "main").rglob("*") if path.is_file())
    digest = hashlib.sha256(f"{line.spark} {line.scala}".encode())
    for path in sorted(files):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


# --------------------------------------------------------------------------- building


def build(line: Line = HOME) -> Path:
    """The path of the listener's jar for this line, built if it is not up to date.

    Raises :class:`BuildError`.
    """
    return build_all((line,))[0]


def build_all(lines: Sequence[Line]) -> list[Path]:
    """As :func:`build`, for several lines by one sbt, whose compiler is warm after the first."""
    todo = {line: _sources_hash(line) for line in lines if not is_current(line)}
    if todo:
        names = ", ".join(line.name for line in todo)
        print(f"building the listener's jar for {names} (some minutes each the first time)", file=sys.stderr)
        if sbt(_packaging(tuple(todo))) != 0:
            raise BuildError("The listener's jar could not be built: see what sbt says above.")
    for line, sources in todo.items():
        _take(line, sources)
    return [jar_path(line) for line in lines]


def _packaging(lines: Sequence[Line]) -> list[str]:
    """The build reads the line from system properties, when it is loaded."""
    if len(lines) == 1:
        return [f"-Dspark.version={lines[0].spark}", f"-Dscala.version={lines[0].scala}", "listener/package"]
    commands = []
    for line in lines:
        settings = (("spark.version", line.spark), ("scala.version", line.scala))
        told = "; ".join(f'System.setProperty("{name}", "{value}")' for name, value in settings)
        commands += [f"eval {{ {told} }}", "reload", "listener/package"]
    return commands


def _take(line: Line, sources: str) -> None:
    """Puts what sbt has built into the package."""
    jar, built = jar_path(line), line.target / f"spark-lineage-listener-{_version()}.jar"
    JARS.mkdir(parents=True, exist_ok=True)
    for old in JARS.glob(f"spark-lineage-listener-{line.name}-*"):
        old.unlink()
    shutil.copyfile(built, jar)
    jar.with_suffix(".sources").write_text(sources)


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
            command += ["-dependency", *module.split(":"), "-retrieve", f"{scratch}/jars/{JAR_NAMES}"]
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
            print(build(installed()))
        elif arguments == ["all"]:
            print(*build_all(LINES), sep="\n")
        elif all(re.fullmatch(r"\d+\.\d+_\d+\.\d+", argument) for argument in arguments):
            print(*build_all([line(argument) for argument in arguments]), sep="\n")
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
