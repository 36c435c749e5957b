/** Small records for the tests. */

import type {
  DatasetDetail,
  DatasetDocument,
  Hop,
  RunPart,
  ShowDocument,
  StepDetail,
  StepDocument,
} from "../src/document.ts";

export function step(name: string, more: Partial<StepDocument> = {}): StepDocument {
  return {
    step: name,
    kind: "function",
    function: name,
    file: "/job.py",
    line: 1,
    end_line: 2,
    site_line: null,
    parent: null,
    parent_call: null,
    call: 1,
    variable: null,
    inputs: [],
    outputs: [],
    started_at: "2026-01-01T00:00:00Z",
    duration_ms: 10,
    outcome: "complete",
    error: null,
    source_hash: null,
    executions: [],
    ...more,
  };
}

export function dataset(id: string, more: Partial<DatasetDocument> = {}): DatasetDocument {
  return {
    id,
    name: id,
    namespace: "inmemory://",
    kind: "interim",
    step: null,
    call: 1,
    variable: null,
    engine: "spark",
    rows: 10,
    rows_at_least: null,
    complete: true,
    reason: null,
    detail: null,
    pushed: [],
    fingerprint: null,
    columns: [{ name: "a", type: "bigint", nullable: true, nulls: 0, nans: null, followed: null, fingerprint: null }],
    measurements: 1,
    format: null,
    table: null,
    version: null,
    mode: null,
    changed: null,
    inputs: [],
    plan_hash: null,
    operators: [],
    deterministic: true,
    sample: null,
    ...more,
  };
}

export function detail(more: Partial<DatasetDetail> = {}): DatasetDetail {
  return {
    hops: [],
    passed_on: [],
    deciding: [],
    made_from: [],
    definitions: {},
    conditions: [],
    failed_checks: 0,
    ...more,
  };
}

export function hop(column: string, expression: string, ...inputs: [dataset: string, column: string][]): Hop {
  return {
    column,
    expression,
    inputs: inputs.map(([from, name]) => {
      return { dataset: from, column: name, kind: "DIRECT", subtype: "TRANSFORMATION", masking: false };
    }),
    decided: false,
  };
}

export function run(steps: StepDocument[], datasets: [DatasetDocument, DatasetDetail][]): RunPart {
  const show: ShowDocument = {
    stale: false,
    stale_files: [],
    stale_functions: [],
    stale_unknown: null,
    run: {
      id: "01",
      app: "job",
      program: "job.py",
      argv: [],
      started_at: "2026-01-01T00:00:00Z",
      ended_at: null,
      duration_ms: null,
      outcome: "complete",
      error: null,
      mode: "exact",
      spark_version: "4.2.0",
      python_version: "3.11",
      labels: {},
      commit: null,
      started_by: null,
    },
    steps,
    datasets: datasets.map(([document]) => document),
    gaps: [],
  };
  const stepDetail: StepDetail = { source: null, doc: null, arguments: [], thread: "MainThread" };
  return {
    show,
    check: null,
    check_refused: null,
    verify: {
      run: "01",
      intact: true,
      events: 1,
      why: null,
      root_hash: null,
      tables: "not compared",
      samples: false,
      signature: null,
      previous: null,
      remarks: [],
    },
    proof: { program_hash: null, root_hash: null, branch: null, dirty: null },
    sources: [],
    steps: steps.map(() => stepDetail),
    datasets: datasets.map(([, own]) => own),
  };
}

/** source → read → load → clean → join (with other) → sink, all but the first two within `main`. */
export function flow(): RunPart {
  const main = { parent: "main", parent_call: 1 };
  return run(
    [
      step("main"),
      step("load", { ...main, inputs: ["/in"], outputs: ["load"] }),
      step("other", { ...main, inputs: ["/other"], outputs: ["other"] }),
      step("clean", { ...main, inputs: ["load"], outputs: ["clean"] }),
      step("join", { ...main, inputs: ["clean", "other"], outputs: ["join"] }),
      step("write", { ...main, inputs: ["join"], outputs: ["/out"] }),
    ],
    [
      [dataset("/in", { kind: "source" }), detail()],
      [dataset("/other", { kind: "source" }), detail()],
      [dataset("load"), detail({ passed_on: [{ dataset: "/in", columns: ["a"], decided: false }] })],
      [dataset("other"), detail({ passed_on: [{ dataset: "/other", columns: ["a"], decided: false }] })],
      [dataset("clean", { rows: 8 }), detail({ hops: [hop("a", "trim(a)", ["load", "a"])] })],
      [
        dataset("join", { rows: 20, inputs: ["clean", "other"] }),
        detail({
          hops: [{ ...hop("a", "a", ["clean", "a"]), decided: true }],
          deciding: [{ dataset: "other", column: "a", kind: "INDIRECT", subtype: "JOIN", masking: false }],
          conditions: [{ kind: "join", text: "INNER JOIN ON (a = a)" }],
        }),
      ],
      [dataset("/out", { kind: "sink", rows: 20 }), detail({ hops: [hop("a", "a", ["join", "a"])] })],
    ],
  );
}
