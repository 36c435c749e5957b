"""``diff --json``: the contract ``diff.schema.json``, and more."""

from __future__ import annotations

from spark_lineage.answers.diff.comparison import Comparison, Divergence
from spark_lineage.answers.diff.rows import SideBySide, Values
from spark_lineage.answers.documents import Document


def document(found: Comparison) -> Document:
    return {
        "same": found.same,
        "a": found.a.run.id,
        "b": found.b.run.id,
        "first_divergences": [_divergence(each) for each in found.first_divergences],
        "diverged": [
            {"step": each.step, "dataset": each.dataset, "caused_by": list(each.caused_by)} for each in found.diverged
        ],
        "sources_changed": [each.b.id for each in found.sources_changed],
        "only_in_a": list(found.only_in_a),
        "only_in_b": list(found.only_in_b),
        "uncertain": [{"dataset": each.dataset, "why": each.why} for each in found.uncertain],
        "evidence": {"measured": found.measured, "derived": found.derived},
        "within_tolerance": [{"dataset": name, "columns": list(columns)} for name, columns in found.within_tolerance],
        "sources": [{"a": each.a.id, "b": each.b.id, "why": each.why} for each in found.sources_changed],
    }


def _divergence(each: Divergence) -> Document:
    dataset = each.dataset
    return {
        "step": each.step.step,
        "function": each.step.function,
        "file": each.step.file,
        "line": each.step.line,
        "variable": each.step.variable or (dataset.variable if dataset is not None else None),
        "dataset": dataset.id if dataset is not None else "",
        "call": each.step.call,
        "why": each.why,
        "inputs_equal": each.inputs_equal,
        "inputs_evidence": each.inputs_evidence,
        "source_changed": each.source_changed,
        "plan_changed": each.plan_changed,
        "deterministic": each.deterministic,
        "columns": [{"name": c.name, "change": c.change, "a": c.a, "b": c.b} for c in each.columns],
        "rows": [each.a.rows if each.a is not None else None, each.b.rows if each.b is not None else None],
        "output": each.measured.content.value,
        "step_a": each.step_a.step if each.step_a is not None else None,
        "step_b": each.step_b.step if each.step_b is not None else None,
        "source_diff": list(each.source_diff),
        "plan_diff": list(each.plan_diff),
        "sample": _sample(each.rows) if each.rows is not None else None,
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
