"""``diff --json``: the contract ``diff.schema.json``, and more."""

from __future__ import annotations

from spark_lineage.answers import freshness
from spark_lineage.answers.diff.comparison import Comparison, Divergence
from spark_lineage.answers.diff.rows import SideBySide, Values
from spark_lineage.answers.documents import Document


def document(found: Comparison) -> Document:
    return {
        "same": found.same,
        "a": found.a.run.id,
        "b": found.b.run.id,
        **freshness.document(found.b.freshness),
        "first_divergences": [_divergence(divergence) for divergence in found.first_divergences],
        "diverged": [
            {"step": consequence.step, "dataset": consequence.dataset, "caused_by": list(consequence.caused_by)}
            for consequence in found.diverged
        ],
        "sources_changed": [source.b.id for source in found.sources_changed],
        "only_in_a": list(found.only_in_a),
        "only_in_b": list(found.only_in_b),
        "uncertain": [{"dataset": dataset.dataset, "why": dataset.why} for dataset in found.uncertain],
        "values": [
            {"step": each.step, "call": each.call, "name": each.name, "a": each.a, "b": each.b, "first": each.first}
            for each in found.values
        ],
        "evidence": {"measured": found.measured, "derived": found.derived},
        "gone": [{"run": run.lower(), "dataset": dataset, "why": why} for run, dataset, why in found.gone],
        "within_tolerance": [{"dataset": name, "columns": list(columns)} for name, columns in found.within_tolerance],
        "sources": [{"a": source.a.id, "b": source.b.id, "why": source.why} for source in found.sources_changed],
    }


def _divergence(divergence: Divergence) -> Document:
    dataset = divergence.dataset
    return {
        "step": divergence.step.step,
        "function": divergence.step.function,
        "file": divergence.step.file,
        "line": divergence.step.line,
        "variable": divergence.step.variable or (dataset.variable if dataset is not None else None),
        "dataset": dataset.id if dataset is not None else "",
        "call": divergence.step.call,
        "why": divergence.why,
        "inputs_equal": divergence.inputs_equal,
        "inputs_evidence": divergence.inputs_evidence,
        "source_changed": divergence.source_changed,
        "plan_changed": divergence.plan_changed,
        "deterministic": divergence.deterministic,
        "columns": [
            {"name": change.name, "change": change.change, "a": change.a, "b": change.b}
            for change in divergence.columns
        ],
        "rows": [
            divergence.a.rows if divergence.a is not None else None,
            divergence.b.rows if divergence.b is not None else None,
        ],
        "output": divergence.measured.content.value,
        "step_a": divergence.step_a.step if divergence.step_a is not None else None,
        "step_b": divergence.step_b.step if divergence.step_b is not None else None,
        "source_diff": list(divergence.source_diff),
        "plan_diff": list(divergence.plan_diff),
        "sample": _sample(divergence.rows) if divergence.rows is not None else None,
    }


def _sample(rows: SideBySide) -> Document:
    def named(columns: tuple[str, ...], values: Values) -> Document:
        return dict(zip(columns, values, strict=True))

    return {
        "key": list(rows.key),
        "changed": [
            {"key": named(rows.key, key), "a": named(rows.columns, a), "b": named(rows.columns, b)}
            for key, a, b in rows.changed
        ],
        "only_in_a": [{"key": named(rows.key, key), "row": named(rows.others, row)} for key, row in rows.only_a],
        "only_in_b": [{"key": named(rows.key, key), "row": named(rows.others, row)} for key, row in rows.only_b],
    }
