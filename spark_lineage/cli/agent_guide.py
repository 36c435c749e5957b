"""``spark-lineage agent-guide``: how an agent uses all this, as text for its context."""

from __future__ import annotations

import click


@click.command("agent-guide")
@click.option("--skill", "form", flag_value="SKILL.md", help="As a SKILL.md, for agents that keep skills in folders.")
@click.option("--llms", "form", flag_value="llms.txt", help="As an llms.txt: the shortest form.")
def agent_guide(form: str | None) -> None:
    """Print how an agent verifies its own work with spark-lineage.

    \b
    spark-lineage agent-guide >> AGENTS.md
    mkdir -p .claude/skills/spark-lineage && spark-lineage agent-guide --skill > .claude/skills/spark-lineage/SKILL.md
    """
    from spark_lineage.faces.guide import text

    click.echo(text(form or "agents.md"), nl=False)
