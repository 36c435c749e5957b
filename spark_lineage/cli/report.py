"""``spark-lineage report``: a run, or two runs laid over each other, as one file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spark_lineage.answers.collecting import without_collections
from spark_lineage.cli.options import store_option
from spark_lineage.cli.telling import tell

if TYPE_CHECKING:
    from spark_lineage.answers.page import Page, PageOfTwo

HTML = "html"
STDOUT = "-"


@click.command()
@click.argument("runs", nargs=-1, metavar="[RUN] | --diff [A] [B]")
@click.option("-o", "output", metavar="FILE", help="The file to write; `-` is standard output.")
@click.option("--diff", "of_two", is_flag=True, help="Two runs laid over each other: A, and B or the last run.")
@click.option(
    "--format",
    "form",
    type=click.Choice([HTML, "md", "mermaid", "dot"]),
    help="A page, Markdown for a pull request, or the graph alone; as FILE ends, or else a page.",
)
@click.option("--open", "opens", is_flag=True, help="Open the page in a browser.")
@click.option("--no-samples", is_flag=True, help="Leave out sampled rows.")
@click.option("--no-source", is_flag=True, help="Leave out the text of the program.")
@click.option("--full", is_flag=True, help="Markdown: everything, also beyond 8 kB.")
@click.option("--baseline", metavar="LABEL", help="With --diff: A is the latest run with this label, apart from B.")
@store_option()
@click.option("--store-b", metavar="PATH", help="With --diff: the store of B, if it is another one.")
@click.option("--force", is_flag=True, help="With --diff: runs that look like those of different programs, too.")
@without_collections()
def report(
    runs: tuple[str, ...], output: str | None, of_two: bool, form: str | None, opens: bool, no_samples: bool,
    no_source: bool, full: bool, baseline: str | None, store: str | None, store_b: str | None, force: bool,
) -> None:  # fmt: skip
    """Write a run, or two runs laid over each other, as one file that opens anywhere.

    The page (HTML) asks nobody for anything. It is written to report-APP-RUN.html in this folder unless -o says
    otherwise, and its path is printed; Markdown and graphs go to standard output unless -o names a file. Only the
    owner can read a file that is new, and a file that is no report is never written over.

    The exit status says whether the report was made (0, else 2), not what it says: `diff` and `check` do that.

    \b
    spark-lineage report
    spark-lineage report --diff last~1 last -o diff.html
    spark-lineage report --format md >> "$GITHUB_STEP_SUMMARY"
    """
    from spark_lineage.faces import reports

    form = form or (reports.form_of(Path(output)) if output not in (None, "", STDOUT) else HTML)
    for sentence in _misfits(runs, output, of_two, form, opens, full, baseline, store_b, force):
        raise click.UsageError(sentence)
    to_file = output != STDOUT and (output is not None or form == HTML)
    if output is not None and to_file:
        reports.refuse(Path(output), form)  # before the run is read
    from spark_lineage.answers import ask

    page: Page | PageOfTwo
    if of_two:
        page = ask.page_of_two(
            runs, store, baseline=baseline, store_b=store_b, force=force, samples=not no_samples, source=not no_source
        )
    else:
        page = ask.page(runs[0] if runs else "last", store, samples=not no_samples, source=not no_source)
    text = reports.text(page, form, full)
    if not to_file:
        sys.stdout.write(text)
        return
    path = Path(output if output is not None else reports.default_name(page))
    reports.save(text, path)
    click.echo(str(path))
    if opens:
        _open(path)


def _misfits(
    runs: tuple[str, ...], output: str | None, of_two: bool, form: str, opens: bool, full: bool, baseline: str | None,
    store_b: str | None, force: bool,
) -> Iterator[str]:  # fmt: skip
    """A sentence for each option that does not go with the others."""
    if not of_two and len(runs) > 1:
        yield f"{' '.join(runs)} are too many runs: --diff lays two over each other."
    for flag, given in (("--baseline", baseline is not None), ("--store-b", store_b is not None), ("--force", force)):
        if given and not of_two:
            yield f"{flag} needs --diff."
    if opens and (form != HTML or output == STDOUT):
        yield "--open needs a page in a file: leave out --format and `-o -`."
    if full and form != "md":
        yield "--full is for --format md: the other formats are whole."
    if output == "":
        yield "-o needs the path of a file."


def _open(path: Path) -> None:
    import webbrowser

    if not webbrowser.open(path.absolute().as_uri()):
        tell(f"no browser could be started: open {path} yourself.")
