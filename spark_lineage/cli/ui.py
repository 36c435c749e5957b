"""``spark-lineage ui``: the local page over stores."""

from __future__ import annotations

import click

from spark_lineage.cli.telling import tell
from spark_lineage.refusals import Refusal

NEEDED = ("starlette", "uvicorn")


@click.command()
@click.option(
    "--store", "stores", metavar="PATH", multiple=True,
    help="A store to show; may be given several times; as configured if not given.",
)  # fmt: skip
@click.option(
    "--port", default=8765, type=click.IntRange(0, 65535), show_default=True, help="0 takes one that is free."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address of this machine to listen at.")
@click.option("--open", "open_browser", is_flag=True, help="Open the page in the browser.")
def ui(stores: tuple[str, ...], port: int, host: str, open_browser: bool) -> int:
    """Show the runs of a store in the browser: serves a page on this machine until Ctrl-C.

    The page has the list of runs, each run, two runs laid over each other, and the history of a step or dataset; a run
    that still runs grows while one looks at it. It only reads, and answers nobody but the browser on this machine.
    Exit status 0 after Ctrl-C, 2 if the store or the address cannot be used.

    \b
    spark-lineage ui
    spark-lineage ui --store before/lineage --store after/lineage --port 0 --open
    """
    _refuse_without_libraries()
    from spark_lineage.answers.stores import called
    from spark_lineage.faces.html import template
    from spark_lineage.faces.web.serving import bound, serve
    from spark_lineage.faces.web.stores import served

    template()  # refused now, where the page was not built, and not to the browser
    shown = served(stores)
    at = bound(host, port)
    if not at.loopback:
        tell(f"everybody who reaches {host} can read the stores: without --host only this machine can")
    listed = " and ".join(called(store.path) for store in shown.every)

    def ready() -> None:
        click.echo(f"{at.address} shows {listed}; Ctrl-C ends it")

    serve(shown, at, ready, open_browser)
    return 0


def _refuse_without_libraries() -> None:
    from importlib.util import find_spec

    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise Refusal(f"the page needs {' and '.join(missing)}: pip install 'spark-lineage-agent[ui]'")
