"""``python -m spark_lineage``."""

import atexit
import sys

from spark_lineage.cli import main


def _die_of_an_interrupt() -> None:
    """The interpreter ends a *script* that Ctrl-C stopped by the signal itself, but not a module, which we are."""
    try:
        runner = sys.modules.get("spark_lineage.activation.runner")
        if runner is not None and runner.script_was_interrupted():
            runner.die_of_sigint()
    except BaseException:  # the interpreter would print it
        return


if __name__ == "__main__":
    atexit.register(_die_of_an_interrupt)  # first in, last out: after the program's own and the agent's
    main()
