"""report: the file in each of its formats, whatever the record holds, and what the command refuses."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import html.parser
import io
import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from comparing import Made, Runs, chain
from observing import shop
from test_diff_command import FIRST, SECOND, THIRD, program, record
from test_page import KINDS, part

from spark_lineage.answers import ask
from spark_lineage.answers.diff import compare_runs
from spark_lineage.answers.page import Page, PageOfTwo, document
from spark_lineage.cli.commands import main
from spark_lineage.faces import diagrams, reports
from spark_lineage.faces.html import filling as html_page
from spark_lineage.faces.markdown import markdown
from spark_lineage.faces.markdown.text import JOINER, block, code, plain
from spark_lineage.graph import assemble
from spark_lineage.model import Gap, LineageGraph, Sample, StepKind

TEMPLATE = (
    "<!doctype html>\n<html><head><title>x</title></head><body>"
    '<script type="application/json" id="document">{}</script><script>draw()</script></body></html>'
)
HOSTILE = [
    "</script><script>alert(1)</script>", "<!-- <script>", "]]>", "<img src=x onerror=alert(1)>", "\u202eevil\u202c",
    "\x00", "\x1b[31mred\x1b[0m", "\ud800", "\u2028\u2029", "a|b", "`tick` ``two``", "```\nfence", "@octocat #1 $x$",
    "[a](javascript:alert(1))", "https://evil.example", 'quote" \\ end', "x" * 10_000, "&lt;b&gt;", "--> %% %}",
    "'\"\n",
]  # fmt: skip


@pytest.fixture(autouse=True)
def built(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page stands in for the built one, which a clone need not have."""
    place = tmp_path_factory.mktemp("template") / "page.html"
    place.write_text(TEMPLATE)
    monkeypatch.setattr(html_page, "TEMPLATE", place)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    record(tmp_path / "lineage", program().graph(FIRST))
    record(tmp_path / "lineage", program("amount > 0", "fewer").graph(THIRD))
    return tmp_path / "lineage"


@pytest.fixture
def asked(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Status and both streams of ``report`` in a folder of its own."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def run(*words: str) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main(["report", *words, "--store", str(store)])
        return status, out.getvalue(), err.getvalue()

    return run


def embedded(text: str) -> dict[str, Any]:
    """The document, found as a browser finds it."""

    class Reader(html.parser.HTMLParser):
        scripts: list[list[str]] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag == "script":
                self.scripts.append([str(dict(attrs).get("type"))])

        def handle_data(self, data: str) -> None:
            if self.scripts and len(self.scripts[-1]) == 1:
                self.scripts[-1].append(data)

    reader = Reader()
    reader.scripts = []
    reader.feed(text)
    assert [kind for kind, *_ in reader.scripts] == ["application/json", "None"]
    found: dict[str, Any] = json.loads(reader.scripts[0][1])
    return found


BUILT = Path(reports.__file__).parent / "html" / "page.html"


@pytest.mark.skipif(not BUILT.is_file(), reason="the page has not been built here: make page")
def test_the_built_page_lets_its_own_parts_run_and_asks_nobody() -> None:
    made = [Made("a", ("/data/orders",)), *(Made(f"s{number}", ("a",), content=f"{number}") for number in range(300))]
    page = document(Page(part(Runs(made).graph()), 1.0))
    text = html_page.page(page, BUILT.read_text(encoding="utf-8"))
    assert len(text.encode()) - len(html_page.block(page)) < 1_500_000
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[1]  # type: ignore[index]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["connect-src"] == "'none'"
    assert "unsafe" not in policy
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        parts = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        hashes = [base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in parts]
        assert rules[rule] == " ".join(f"'sha256-{each}'" for each in hashes)
    assert not re.search(r"<(script|link|img|iframe)[^>]*(src|href)=\"(?!data:)", text)


# --------------------------------------------------------------------------- the command


def test_the_page_is_a_private_file_that_is_named_after_the_run(asked: Any, store: Path) -> None:
    status, out, err = asked(FIRST)
    path = Path(out.strip())
    assert (status, err, path.name) == (0, "", f"report-job-{FIRST[:13]}.html")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    page = embedded(path.read_text())
    assert page["run"]["show"]["run"]["id"] == FIRST
    made = json.loads(json.dumps(document(ask.page(FIRST, store))))
    assert {**page, "made_at": None} == {**made, "made_at": None}
    assert [each.name for each in Path().iterdir()] == [path.name]


def test_a_report_may_be_written_over_and_nothing_else(asked: Any) -> None:
    for _ in range(2):
        assert asked("-o", "r.html")[0] == 0
    os.chmod("r.html", 0o644)
    assert asked("-o", "r.html")[0] == 0
    assert stat.S_IMODE(os.stat("r.html").st_mode) == 0o644
    Path("empty").touch()
    assert asked("-o", "empty")[0] == 0
    Path("mine.html").write_text("<!doctype html><p>mine")
    status, out, err = asked("-o", "mine.html")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "is no report" in err
    assert Path("mine.html").read_text() == "<!doctype html><p>mine"
    for form in ("md", "mermaid", "dot"):
        for _ in range(2):
            assert asked("--format", form, "-o", f"r.{form}")[0] == 0


def test_what_cannot_be_written_is_one_sentence(asked: Any) -> None:
    Path("folder").mkdir()
    Path("file").touch()
    for place, says in (
        ("folder", "is a folder"), ("no/r.html", "there is no folder"), ("file/r.html", "there is no folder"),
        ("a\0b", "cannot be written"), ("x" * 300, "cannot be written"), ("", "-o needs"),
    ):  # fmt: skip
        status, out, err = asked("-o", place)
        assert (status, out, err.count("\n"), says in err) == (2, "", 1, True), err
    if os.geteuid() != 0:
        Path("folder").chmod(0o500)
        assert "read-only" in asked("-o", "folder/r.html")[2]


def test_a_link_is_followed_and_stays(asked: Any) -> None:
    Path("there").mkdir()
    Path("r.html").symlink_to("there/real.html")
    assert asked("-o", "r.html")[0] == 0
    assert Path("r.html").is_symlink()
    assert Path("there/real.html").is_file()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["a", "b"], "--diff lays two"), (["--baseline", "main"], "needs --diff"), (["--force"], "needs --diff"),
        (["--store-b", "x"], "needs --diff"), (["--open", "--format", "md"], "--open needs"),
        (["--open", "-o", "-"], "--open needs"), (["--full"], "--full is for"), (["--format", "pdf"], "pdf"),
        (["nothing"], "no run nothing"), (["--diff", "a", "b", "c"], "too many runs"), (["--formt", "md"], "--format"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_one_sentence(asked: Any, words: list[str], says: str) -> None:
    status, out, err = asked(*words)
    assert (status, out, says in err) == (2, "", True), err
    assert "Traceback" not in err
    assert not list(Path().iterdir())


def test_standard_output_takes_every_format(asked: Any) -> None:
    assert embedded(asked("-o", "-")[1])["kind"] == "run"
    assert asked("--format", "md")[1].startswith("<!-- spark-lineage report -->\n## `job`: complete\n")
    assert asked("--format", "mermaid")[1].startswith("%% spark-lineage report\nflowchart LR\n")
    assert asked("--format", "dot", "-o", "-")[1].startswith("// spark-lineage report\ndigraph lineage {\n")
    assert not list(Path().iterdir())


def test_the_ending_of_the_file_says_the_format(asked: Any) -> None:
    for name, begins in (
        ("r.md", "<!--"),
        ("r.mmd", "%%"),
        ("r.gv", "//"),
        ("r.html", "<!doctype"),
        ("r", "<!doctype"),
    ):
        assert asked("-o", name)[0] == 0
        assert Path(name).read_text().startswith(begins)


def test_two_runs_are_one_page_and_the_status_is_no_verdict(asked: Any) -> None:
    status, out, err = asked("--diff")
    assert (status, err) == (0, "")
    assert Path(out.strip()).name == f"report-job-{FIRST[:13]}-{THIRD[:13]}.html"
    page = embedded(Path(out.strip()).read_text())
    assert (page["kind"], page["verdict"]["word"]) == ("diff", "different")
    assert asked("--diff", FIRST, FIRST, "--format", "md")[0] == 0


def test_what_stays_in_the_house_is_left_out(asked: Any) -> None:
    for form in ("html", "md"):
        words = ["--diff", "--format", form, "-o", "-"]
        whole = asked(*words)[1]
        assert "7.5" in whole
        assert "return orders.filter" in whole
        left = asked(*words, "--no-samples", "--no-source")[1]
        assert "7.5" not in left
        assert "return orders.filter" not in left


def test_open_starts_the_browser_with_the_file(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import webbrowser

    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda address: opened.append(address) or True)
    assert asked("--open", "-o", "a b.html")[0] == 0
    assert opened == [Path("a b.html").absolute().as_uri()]
    monkeypatch.setattr(webbrowser, "open", lambda address: False)
    status, out, err = asked("--open", "-o", "a b.html")
    assert (status, out, "no browser" in err) == (0, "a b.html\n", True)


def test_a_page_that_was_not_built_is_one_sentence(asked: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(html_page, "TEMPLATE", tmp_path / "none.html")
    status, out, err = asked()
    assert (status, out, err.count("\n"), "make page" in err) == (2, "", 1, True)
    assert asked("--format", "md")[0] == 0
    (tmp_path / "none.html").write_text("<!doctype html>an old one")
    assert "make page" in asked()[2]


def test_readers_do_not_import_what_only_reports_need() -> None:
    said = (
        "import sys; from spark_lineage.cli.commands import main; main(['show', '--help']); main(['diff', '--help']);"
    )
    said += "print([name for name in sys.modules if '.page' in name or 'reports' in name or 'webbrowser' in name])"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


# --------------------------------------------------------------------------- whatever the record holds


def hostile() -> LineageGraph:
    """Every text of the record is one that means something to some reader of text."""
    made = [
        Made(f"n{number}", ("/data/orders",), plan=text, content=text[:20], source=text, columns=(text[:200], "b"),
             sample=Sample(("b",), (text[:200], "b"), ((text, None),), (1,)), kind=StepKind.FUNCTION)
        for number, text in enumerate(HOSTILE)
    ]  # fmt: skip
    graph = Runs(made, labels={text[:50]: text for text in HOSTILE}).graph()
    steps = [
        replace(step, step=f"job.{text}", function=text, doc=text, arguments=((text, text),), error=text)
        for step, text in zip(graph.steps[1:], HOSTILE, strict=True)
    ]
    gaps = tuple(Gap(text, text, text, text) for text in HOSTILE)
    run = replace(graph.run, app=HOSTILE[0], error=HOSTILE[0])
    return replace(graph, run=run, steps=(graph.steps[0], *steps), gaps=gaps)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


def test_no_text_of_the_record_ends_the_block_and_all_come_back() -> None:
    page = Page(part(hostile()), 1.0)
    text = reports.text(page, "html")
    text.encode("utf-8")
    assert text.count("<script") == 2
    assert "<!--" not in text.replace(reports_mark(text), "", 1)
    assert text.partition("{")[2].partition("draw()")[0].isascii()
    back = list(texts(embedded(text)))
    for said in HOSTILE:
        assert said in back


def reports_mark(text: str) -> str:
    return re.search("<!-- spark-lineage report -->", text)[0]  # type: ignore[index]


def test_numbers_that_json_has_not_become_texts() -> None:
    assert json.loads(html_page.block({"a": [float("nan"), float("inf"), 1.5]})) == {"a": ["nan", "inf", 1.5]}


@pytest.mark.parametrize("graph", [*KINDS.values(), hostile()], ids=[*KINDS, "hostile"])
def test_every_kind_of_run_has_every_format(graph: LineageGraph) -> None:
    page = Page(part(graph), 1.0)
    for form in reports.FORMS:
        text = reports.text(page, form)
        assert "spark-lineage report" in text[:200]
        assert not set("\x00\x1b\u202e\u2028") & set(text)
        text.encode("utf-8")
    assert len(markdown(page).encode()) <= 8_000
    assert len(markdown(page, full=True).encode()) >= len(markdown(page).encode()) - 200


def test_markdown_takes_every_text_as_text() -> None:
    said = markdown(Page(part(hostile()), 1.0), full=True)
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", said)  # without code
    assert not re.search(r"(?<!\\)\]\(", outside), "a link"
    for mark in ("<script", "<img", "<!-- <", "@octocat", "https://"):
        assert mark not in outside.replace("\\<", "")
    tables = [line for line in said.splitlines() if line.startswith("|")]
    bars = {len(re.findall(r"(?<!\\)\|", line)) for line in tables}
    assert bars == {6}, "every row of the table has as many cells as its head"


@pytest.mark.parametrize("text", HOSTILE)
def test_code_of_any_text_is_one_span(text: str) -> None:
    span = code(text)
    fence = re.match("`+", span)[0]  # type: ignore[index]
    assert span.endswith(fence)
    assert not re.search(rf"(?<!`){fence}(?!`)", span[len(fence) : -len(fence)])
    assert "\n" not in span
    lines = block([text, "+ b"], "diff")
    assert not any(line.strip() == lines[-1] for line in lines[1:-1])
    assert not re.search(r"@\w", plain(text).replace(code(text), "")) or JOINER in plain(text)


def test_a_long_report_says_how_much_it_leaves_out() -> None:
    graph = Runs(chain(*map(str, range(400)))).graph()
    page = Page(part(graph), 1.0)
    short, full = markdown(page), markdown(page, full=True)
    assert len(short.encode()) <= 8_000 < len(full.encode())
    rows = [line for line in short.splitlines() if line.startswith("| &nbsp;")]
    (left,) = re.findall(r"_(\d+) more steps left out: `spark-lineage report --format md --full` has all._", short)
    assert len(rows) + 1 + int(left) == len(graph.steps)
    assert "left out" not in full
    assert len(rows) > 40


def two(a: Runs, b: Runs) -> PageOfTwo:
    graphs = a.graph(FIRST), b.graph(SECOND)
    return PageOfTwo(part(graphs[0]), part(graphs[1]), compare_runs(*graphs), 1.0)


def test_markdown_of_two_runs_names_the_culprit_with_its_reason() -> None:
    said = markdown(two(program(), program("amount > 0", "fewer")))
    assert "## `job`: different" in said
    assert "`clean_orders`" in said.split("### First steps that differ")[1]
    assert "+    return orders.filter('amount > 0')" in said
    assert "`0.0` → `7.5`" in said
    assert "- `/out/report` (because of `job.clean_orders`)" in said
    assert len(said.encode()) <= 8_000


def test_markdown_of_two_large_runs_still_has_the_culprit() -> None:
    a = chain(*map(str, range(300)))
    b = [*a[:3], *[replace(each, content=f"{each.content}!", plan=f"{each.plan}!" if n == 0 else each.plan)
                   for n, each in enumerate(a[3:])]]  # fmt: skip
    said = markdown(two(Runs(a), Runs(b)))
    assert len(said.encode()) <= 8_000
    assert "- `df~4`: `df~4` (job.py:13): other values" in said
    assert "more consequences left out" in said


# --------------------------------------------------------------------------- diagrams


def test_the_graph_as_mermaid_and_as_dot() -> None:
    page = Page(part(assemble(shop())), 1.0)
    drawn = diagrams.mermaid(page)
    assert 'subgraph g1 ["main"]' in drawn
    assert re.search(r's2 -->\|"load: 100 rows"\| s3', drawn)
    assert '[("/data/report<br>8 rows")]' in drawn
    text = diagrams.dot(page)
    assert 's2 -> s3 [label="load: 100 rows"];' in text
    assert text.count("{") == text.count("}")


def test_two_runs_are_one_graph_coloured_by_state() -> None:
    page = two(program(), program("amount > 0", "fewer"))
    drawn = diagrams.mermaid(page)
    assert re.findall(r"  class (\S+) (\w+)", drawn) == [("d0", "same"), ("s1", "differs_here"),
                                                          ("s2,s3,d3", "differs_upstream")]  # fmt: skip
    nodes = re.findall(r"^\s*(\w+)[(\[{]", drawn, re.MULTILINE)
    assert len(nodes) == len(set(nodes))
    assert diagrams.COLOURS["differs_here"][0] in diagrams.dot(page)


def test_names_are_labels_whatever_they_are() -> None:
    page = Page(part(hostile()), 1.0)
    for line in diagrams.mermaid(page).splitlines():
        assert line.count('"') in (0, 2), line
    label = re.compile(r'"(?:[^"\\]|\\.)*"')
    for line in diagrams.dot(page).splitlines():
        assert '"' not in label.sub("", line), line


def test_calls_that_enclose_calls_are_groups_in_groups() -> None:
    graph = assemble(shop())
    inner = replace(
        graph.steps[2], step="job.main.load.deep", parent=("job.main.load", 1), inputs=("clean",), outputs=()
    )
    page = Page(part(replace(graph, steps=(*graph.steps, inner))), 1.0)
    drawn = diagrams.mermaid(page)
    assert drawn.index("subgraph g1") < drawn.index("subgraph g2") < drawn.index("\n  end")
    assert drawn.count("subgraph") == drawn.count("  end\n") == 2


# --------------------------------------------------------------------------- run --report


GOES_AWAY = 'import os\nprint("done")\nos.mkdir("sub")\nos.chdir("sub")\nraise SystemExit(3)\n'
TAKES_ITS_PLACE = 'import os\nprint("done")\nos.mkdir("r.md")\nraise SystemExit(3)\n'


@pytest.mark.parametrize("spoilt", [False, True], ids=["written", "spoilt"])
def test_run_ends_with_a_report_and_as_the_program_does(tmp_path: Path, spoilt: bool) -> None:
    """Also where the program takes the place of the file, and goes to another folder."""
    (tmp_path / "job.py").write_text(TAKES_ITS_PLACE if spoilt else GOES_AWAY)
    command = [sys.executable, "-m", "spark_lineage", "run", "--report", "r.md", "job.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (3, "done\n", "")
    (run,) = (tmp_path / "lineage" / "runs").iterdir()
    if spoilt:
        log = (run / "agent.log").read_text().splitlines()
        assert sum("the report" in line and "was not written" in line for line in log) == 1
    else:
        assert (tmp_path / "r.md").read_text().startswith("<!-- spark-lineage report -->\n## `job`: fail\n")


@pytest.mark.parametrize(
    ("file", "says"), [("no/r.md", "there is no folder"), ("", "needs the path"), ("-", "needs the")]
)
def test_a_file_that_cannot_be_written_is_told_before_the_program_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: str, says: str
) -> None:
    from spark_lineage.activation.checking import UsageError
    from spark_lineage.activation.reporting import ReportAtEnd, take

    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=says):
        _, path = take(["--mode", "flow", f"--report={file}", "job.py"])
        ReportAtEnd(path or "")


def test_options_around_the_report_stay_the_runs() -> None:
    from spark_lineage.activation.reporting import take

    assert take(["--mode", "exact", "--report", "r.html", "--store", "s", "job.py", "--report", "x"]) == (
        ["--mode", "exact", "--store", "s", "job.py", "--report", "x"], "r.html",
    )  # fmt: skip
