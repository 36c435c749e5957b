"""The command ``spark-lineage``.

``run`` goes to the runner before anything else is imported: the program must not find modules in the
interpreter that it has not imported itself, nor wait for them.
"""

from __future__ import annotations

import sys

from spark_lineage import own_imports

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    own_imports.begin()
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["run"] and not {"-h", "--help"} & set(words[1:2]):
        _run(words[1:])
    else:
        from spark_lineage.cli.commands import main as command_main

        sys.exit(command_main(words))


def _run(words: Sequence[str]) -> None:
    import atexit

    from spark_lineage.activation import checking, runner
    from spark_lineage.guard import silently

    # First in, last out: after the program's own exit functions, and after the record has been written.
    atexit.register(silently, runner.die_of_an_interrupt)
    try:
        prepared = runner.prepare(words)
    except checking.UsageError as error:
        from spark_lineage.privacy.terminal import one_line

        print(one_line(f"spark-lineage: {error}"), file=sys.stderr)
        sys.exit(2)
    if prepared is None:  # help was asked for, after other options
        main(["run", "--help"])
    else:
        runner.execute(prepared)
