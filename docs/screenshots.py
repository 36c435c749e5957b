"""Makes the pictures of the page in these docs: flights, and flights compared with a run of a changed program.

    python docs/screenshots.py [--store FOLDER]

Without ``--store`` the example is run twice in a folder of its own, the second time with a filter that lets more
flights through, which takes two minutes. It needs what `make demo` makes, playwright, and a Chromium.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests import browsing  # noqa: E402  the path has to be set first

if TYPE_CHECKING:
    from playwright.sync_api import Browser

DOCS = ROOT / "docs"
FLIGHTS = ROOT / "examples" / "flights"
# The filter of one function forgets the flights that took off and did not land where they were to.
CHANGE = ('subset=["dep_delay", "arr_delay", "air_time"]', 'subset=["dep_delay"]')
MOST = 300_000  # bytes of a picture


def recorded() -> Path:
    """A store with both runs. The program stands in a folder whose name may be seen."""
    folder = Path(tempfile.gettempdir(), "flights")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    program = folder / "job.py"
    text = (FLIGHTS / "job.py").read_text(encoding="utf-8")
    before, after = CHANGE
    if text.count(before) != 1:
        sys.exit(f"{FLIGHTS / 'job.py'} has {before!r} not once any more: choose another change.")
    for name in ("data", "jars"):  # copies, since the record says where a link leads to
        shutil.copytree(FLIGHTS / name, folder / name)
    for source in (text, text.replace(before, after)):
        program.write_text(source, encoding="utf-8")
        command = ["run", "--store", "lineage", "--mode", "exact", "job.py", "data", "out"]
        subprocess.run([sys.executable, "-m", "spark_lineage", *command], cwd=folder, check=True)
    return folder / "lineage"


def written(store: Path, folder: Path, *options: str) -> str:
    path = folder / "report.html"
    path.unlink(missing_ok=True)
    command = [sys.executable, "-m", "spark_lineage", "report", *options, "--store", str(store), "-o", str(path)]
    subprocess.run(command, cwd=ROOT, check=True)
    return path.as_uri()


def picture(running: Browser, url: str, name: str, *, dark: bool = False) -> None:
    look = {"viewport": {"width": 1500, "height": 860}, "color_scheme": "dark" if dark else "light"}
    with browsing.shown(running, url, **look) as shown:
        shown.tree.get_by_role("treeitem").first.wait_for()
        shown.page.wait_for_timeout(1000)
        path = DOCS / name
        shown.page.screenshot(path=str(path))
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1000} kB")
    if path.stat().st_size > MOST:
        sys.exit(f"{path} is larger than {MOST // 1000} kB.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, help="of two runs of flights, made before")
    chosen = parser.parse_args()
    missing = browsing.why_not()
    if missing is not None:
        sys.exit(missing)
    store = (chosen.store or recorded()).resolve()
    with tempfile.TemporaryDirectory() as temporary, browsing.browser() as running:
        folder = Path(temporary)
        report = written(store, folder, "last~1")  # the program as it is
        picture(running, f"{report}#step/job.join_weather/1", "report.png")
        picture(running, written(store, folder, "--diff", "last~1", "last"), "report-diff.png", dark=True)


if __name__ == "__main__":
    main()
