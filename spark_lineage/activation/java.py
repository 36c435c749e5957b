"""Finds the Java that Spark will start, and says in one sentence what is wrong with it.

Only the standard library, and nothing of the package: the build of the jar uses this file too.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

OLDEST = 17  # of Spark 4; Spark 3.5 runs on older ones, too


class JavaError(Exception):
    """No usable Java; its text is one sentence for the user."""


@dataclass(frozen=True)
class Java:
    path: str
    version: int  # feature version: 17, 21, ...


def find_java(environ: Mapping[str, str] | None = None, oldest: int = OLDEST) -> Java:
    """The Java that Spark's own scripts would start: ``JAVA_HOME`` if set, else ``java`` on the PATH.

    Raises :class:`JavaError` if there is none or if it is older than ``oldest``.
    """
    environ = os.environ if environ is None else environ
    home = environ.get("JAVA_HOME")
    if home:
        path = shutil.which(os.path.join(home, "bin", "java"))
        if path is None:
            raise JavaError(f"JAVA_HOME is {home}, but there is no bin/java in it: set it to a Java {oldest} or newer.")
    else:
        path = shutil.which("java", path=environ.get("PATH"))
        if path is None:
            raise JavaError(f"Java is missing: install Java {oldest} or newer, or set JAVA_HOME to one.")
    version = _version(path)
    if version is None:
        raise JavaError(f"{path} does not start as Java: install Java {oldest} or newer, or set JAVA_HOME to one.")
    if version < oldest:
        raise JavaError(
            f"{path} is Java {version}, but Java {oldest} or newer is needed: install one, or set JAVA_HOME to one."
        )
    return Java(path, version)


def _version(path: str) -> int | None:
    """Feature version. The installation's ``release`` file is read first: asking Java itself takes 50 ms and more."""
    release = Path(os.path.realpath(path)).parent.parent / "release"
    try:
        found = re.search(r'^JAVA_VERSION="([^"]+)"', release.read_text(encoding="utf-8"), re.MULTILINE)
        if found:
            return _feature(found.group(1))
    except (OSError, UnicodeDecodeError):
        pass
    try:
        asked = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r'version "([^"]+)"', asked.stderr + asked.stdout)
    return _feature(found.group(1)) if found and asked.returncode == 0 else None


def _feature(version: str) -> int | None:
    """``17.0.15`` -> 17, ``1.8.0_412`` -> 8."""
    numbers = re.findall(r"\d+", version)
    if not numbers:
        return None
    return int(numbers[1]) if numbers[0] == "1" and len(numbers) > 1 else int(numbers[0])
