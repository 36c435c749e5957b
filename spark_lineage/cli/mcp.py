"""``spark-lineage mcp``: the record for agents, by the Model Context Protocol."""

from __future__ import annotations

import click

from spark_lineage.cli.options import store_option
from spark_lineage.refusals import Refusal


@click.command()
@store_option()
def mcp(store: str | None) -> None:
    """Serve the record to agents by the Model Context Protocol, over standard input and output.

    Read-only tools: list_runs, get_run, get_step, get_dataset, trace_column, diff_runs, get_checks, list_gaps. Each
    answer has at most 8 kB, or what the agent asks for, and pages beyond; none of them runs code. Needs the extra
    `mcp`. An agent is told of it by its configuration:

    \b
    {"mcpServers": {"spark-lineage": {"command": "spark-lineage", "args": ["mcp", "--store", "/data/lineage"]}}}
    """
    try:
        from spark_lineage.faces.mcp.server import serve
    except ImportError as error:
        raise Refusal(f"the MCP server needs its SDK ({error}): pip install 'spark-lineage-agent[mcp]'") from error
    serve(store)
