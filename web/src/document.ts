/**
 * What the page is given: one JSON block, made by `spark_lineage/answers/page`.
 *
 * Every member that a command of the command line prints with `--json` is that command's document, unchanged, so that
 * the page can say nothing that the commands do not say. What only the page needs stands beside it.
 */

/** The JSON block of a report (`run`, `diff`), or of the local page over a whole store (`ui`), which fetches the rest. */
export type PageDocument = RunPage | DiffPage | UiPage;

interface Made {
  /** Of this form of document. */
  format: 1;
  /** Version of spark-lineage that made it. */
  version: string;
  /** ISO 8601, UTC. */
  made_at: string;
  /** What was left out on purpose: the page says so where it would stand. */
  left_out: ("samples" | "source")[];
}

export interface RunPage extends Made {
  kind: "run";
  run: RunPart;
}

/** `a` is the earlier run, `b` the later one. */
export interface DiffPage extends Made {
  kind: "diff";
  a: RunPart;
  b: RunPart;
  /**
   * What `diff` prints as its first line: `word`, then ": ", then `where` (the first step that differs, or nothing),
   * then `said`.
   */
  verdict: { word: "same" | "different" | "uncertain"; where: string; said: string };
  /** `diff --json`. */
  diff: DiffDocument;
  /** One entry for each dataset of the union of both runs: at least one of `a` and `b` is the id of a dataset. */
  datasets: PairedDataset[];
  /** One entry for each step of the union of both runs. */
  steps: PairedStep[];
}

/**
 * The local page over one or more stores (`spark-lineage ui`). It fetches, from where it came from:
 *
 * - `api/runs?app=&label=&last=&store=`: a `RunsDocument`; all parameters may be absent
 * - `api/run/ADDRESS`: a `RunPage`, with an `ETag`: asked again with `If-None-Match` it answers 304 while nothing changed
 * - `api/checks/ADDRESS`: a `CheckDocument`, or a refusal (plan mode); asked for the runs that are in view
 * - `api/diff/ADDRESS/ADDRESS`: a `DiffPage`
 * - `api/history?name=&app=&label=&last=&store=`: a `HistoryDocument`
 *
 * What is refused has the status 400, 403, 404 or 405 and is a `RefusalDocument`.
 */
export interface UiPage extends Made {
  kind: "ui";
  /** One entry for each `--store`, in that order. */
  stores: StoreDocument[];
}

export interface StoreDocument {
  /** What stands for it in addresses and in `store=`. */
  name: string;
  path: string;
}

export interface RefusalDocument {
  /** One sentence for the user. */
  error: string;
}

export interface RunsDocument {
  stores: StoreDocument[];
  /** Newest first. */
  runs: ListedRun[];
  /** How many older ones `last` leaves out. */
  older: number;
  /** One sentence for each store that has no such run, or cannot be read. */
  refused: string[];
}

/** A run of `runs --json`, with where it is found. */
export interface ListedRun {
  /** What stands for the run in addresses: its id, or `STORE:ID` where there are several stores. */
  address: string;
  /** Name of its store. */
  store: string;
  id: string;
  short_id: string;
  app: string | null;
  program: string | null;
  labels: Record<string, string>;
  outcome: Outcome | null;
  mode: RunDocument["mode"] | null;
  commit: string | null;
  dirty: boolean | null;
  branch: string | null;
  started_at: string | null;
  ended_at: string | null;
  duration_ms: number | null;
  /** Why it cannot be read; null if it can. */
  unreadable: string | null;
}

/** `history --json`; see `spark_lineage/answers/history.py`. */
export interface HistoryDocument {
  name: string;
  store: string;
  series: HistorySeries[];
  /** One sentence for each run that is left out because it cannot be read. */
  unreadable: string[];
}

export interface HistorySeries {
  dataset: string;
  step: string | null;
  call: number;
  /** Oldest first. */
  points: HistoryPoint[];
}

export interface HistoryPoint {
  run: string;
  started_at: string;
  outcome: Outcome;
  commit: string | null;
  dirty: boolean | null;
  branch: string | null;
  labels: Record<string, string>;
  mode: RunDocument["mode"];
  present: boolean;
  step: string | null;
  calls: number;
  step_outcome: Outcome | null;
  duration_ms: number | null;
  source_hash: string | null;
  dataset: string | null;
  rows: number | null;
  nulls: number | null;
  columns: string[];
  fingerprint: string | null;
  complete: boolean | null;
  reason: string | null;
  plan_hash: string | null;
  compared: string[];
  changed: string[];
}

export type State =
  | "same" // its content is equal; of a step: nothing that it made differs
  | "differs_here" // a first divergence, or a source that holds something else
  | "differs_upstream" // differs because something before it does
  | "only_in_a"
  | "only_in_b"
  | "uncertain";

export interface PairedDataset {
  a: string | null;
  b: string | null;
  state: State;
  /**
   * How it is known: fingerprints of both were compared, or it follows from equal inputs and definitions. Null where it
   * is not `same`, and where it was not compared itself, but all that is made from it was measured to be the same.
   */
  evidence: "measured" | "derived" | null;
  /** For people: why it is uncertain, what caused it. */
  why: string | null;
  /** Datasets (ids of b, or of a where b has none) of the first divergences that it comes from. */
  caused_by: string[];
  /** Index into `diff.first_divergences` of the first divergence that it is; also of one that only one run has. */
  first: number | null;
}

/**
 * The state is that of what the step made; of a step that made nothing that of what it encloses (the worst of them), or
 * else of what it took in.
 */
export interface PairedStep {
  a: [step: string, call: number] | null;
  b: [step: string, call: number] | null;
  state: State;
  /** Index into `diff.first_divergences` of the first one that names this step; of a failed step, too. */
  first: number | null;
}

/** All that is known of one run. */
export interface RunPart {
  show: ShowDocument;
  /** `check --json`; null where `check` refuses the run (one of plan mode), and then why. */
  check: CheckDocument | null;
  check_refused: string | null;
  verify: VerifyDocument;
  /**
   * What a validator's file names. `program_hash`: of the code that ran (the module and each function, without comments
   * and formatting): equal code, equal hash. `root_hash`: the last link of the journal's hash chain, as `verify` gives
   * it; null where the journal is not sealed or not intact. `branch`, `dirty`: of the git repository.
   */
  proof: { program_hash: string | null; root_hash: string | null; branch: string | null; dirty: boolean | null };
  /** Source texts of steps, each once; redacted. Empty where `left_out` has "source". */
  sources: string[];
  /** One for each entry of `show.steps`, in that order. */
  steps: StepDetail[];
  /** One for each entry of `show.datasets`, in that order. */
  datasets: DatasetDetail[];
}

export interface StepDetail {
  /** Index into `sources`; its first line is the step's `line`. */
  source: number | null;
  doc: string | null;
  /** Parameter and expression of each argument of the call, redacted. */
  arguments: [parameter: string, expression: string][];
  /** Name of the thread that it ran in. */
  thread: string;
}

export interface DatasetDetail {
  /**
   * `explain`'s hop for each column that has one and is not in `passed_on`, in the order of the columns. The path of a
   * column begins with its own hop and goes on with the hops of the hop's inputs; a column without a hop is where the
   * path ends (a source, or what was not observed).
   */
  hops: Hop[];
  /** Hops of columns that only pass through, which are most of them, in short. */
  passed_on: PassedOn[];
  /**
   * The columns that decide which rows the dataset has (of filters, joins, grouping). `explain` lists them among the
   * inputs of each hop that has `decided`, behind its own.
   */
  deciding: HopInput[];
  /** Ids of the datasets that it is made from, also through storage; `explain` follows what decides rows along these. */
  made_from: string[];
  /** Of sinks: `explain`'s `definition` of each column that has a hop, down to the sources. */
  definitions: Record<string, string>;
  /** What decides which rows the dataset has, as SQL, the last operator first: filters, joins, limits, grouping keys. */
  conditions: Condition[];
  /** How many checks failed for it, to mark it in the graph; the check document has the rest. */
  failed_checks: number;
}

export interface Condition {
  /** filter, join, group, deduplicate, limit, sample, generate, set (except, intersect), union, pushed, other. */
  kind: string;
  /** `(flights >= 365)`, `LEFT OUTER JOIN ON (a = b)`, `LIMIT 10`, `origin, dest` (keys); may be empty. */
  text: string;
}

export interface Hop {
  column: string;
  expression: string;
  /** Without those of `deciding`. */
  inputs: HopInput[];
  decided: boolean;
}

/**
 * Stands for one hop of each column: its expression is the column's name (between backquotes where it is no plain name,
 * as in SQL), and its one input is the column of the same name of `dataset`, DIRECT, IDENTITY, not masking.
 */
export interface PassedOn {
  dataset: string;
  columns: string[];
  decided: boolean;
}

export interface HopInput {
  dataset: string;
  column: string;
  kind: "DIRECT" | "INDIRECT";
  subtype: string;
  masking: boolean;
}

// ---------------------------------------------------------------- documents of the commands

/** Whether the code on disk is still the code that ran. */
interface Fresh {
  /** Null where it could not be told; `stale_unknown` says why. */
  stale: boolean | null;
  stale_files: string[];
  stale_functions: string[];
  stale_unknown: string | null;
}

export interface ShowDocument extends Fresh {
  run: RunDocument;
  steps: StepDocument[];
  datasets: DatasetDocument[];
  gaps: GapDocument[];
}

export type Outcome = "complete" | "fail" | "abort" | "running";

export interface RunDocument {
  id: string;
  app: string;
  program: string;
  argv: string[];
  started_at: string;
  ended_at: string | null;
  duration_ms: number | null;
  outcome: Outcome;
  error: string | null;
  mode: "plan" | "flow" | "used" | "exact";
  spark_version: string | null;
  python_version: string;
  labels: Record<string, string>;
  commit: string | null;
  /** The run of another system that started this one. */
  started_by: { namespace: string; job: string; run: string } | null;
}

export interface StepDocument {
  step: string;
  kind: "application" | "function" | "statement" | "cell";
  function: string;
  file: string;
  line: number;
  end_line: number;
  site_line: number | null;
  parent: string | null;
  parent_call: number | null;
  call: number;
  variable: string | null;
  inputs: string[];
  outputs: string[];
  started_at: string;
  duration_ms: number | null;
  outcome: Outcome;
  error: string | null;
  source_hash: string | null;
  executions: ExecutionDocument[];
}

export interface ExecutionDocument {
  execution: number | null;
  description: string;
  /** Added to `show --json` with the page: the timeline needs it. */
  started_at: string | null;
  duration_ms: number | null;
  outcome: Outcome;
  error: string | null;
  spark_jobs: number[];
  /** Counts, bytes and milliseconds by name: tasks, task_ms, rows_read, shuffle_read_bytes, spill_disk_bytes, ... */
  metrics: Record<string, number>;
}

export interface DatasetDocument {
  id: string;
  name: string;
  namespace: string;
  kind: "interim" | "source" | "sink" | "model";
  step: string | null;
  call: number;
  variable: string | null;
  engine: string;
  rows: number | null;
  rows_at_least: number | null;
  complete: boolean;
  reason: string | null;
  detail: string | null;
  pushed: string[];
  fingerprint: string | null;
  columns: ColumnDocument[];
  measurements: number;
  format: string | null;
  table: string | null;
  version: string | null;
  mode: string | null;
  changed: Record<string, number | null> | null;
  inputs: string[];
  plan_hash: string | null;
  operators: string[];
  deterministic: boolean | null;
  sample: { key: string[]; columns: string[]; rows: (string | null)[][] } | null;
}

export interface ColumnDocument {
  name: string;
  type: string;
  nullable: boolean;
  nulls: number | null;
  nans: number | null;
  followed: boolean | null;
  fingerprint: string | null;
}

export interface GapDocument {
  step: string | null;
  dataset: string | null;
  what: string;
  why: string;
}

export interface CheckDocument extends Fresh {
  run: string;
  app: string;
  passed: boolean;
  status: string;
  running: boolean;
  results: CheckResultDocument[];
  /** Built-in checks without evidence. */
  could_not_tell: CheckResultDocument[];
}

export interface CheckResultDocument {
  check: string;
  step: string;
  call: number;
  dataset: string | null;
  column: string | null;
  passed: boolean;
  status: string;
  expected: string;
  actual: string;
  rule: boolean;
  where: string | null;
}

/** `verify --json`. */
export interface VerifyDocument {
  run: string;
  intact: boolean;
  events: number;
  why: string | null;
  /** The last link of the hash chain; null unless intact. */
  root_hash: string | null;
  /** What the audit tables have: a page does not look at them, which is "not compared". */
  tables: string;
  /** Whether sampled rows are kept. */
  samples: boolean;
  signature: { key: string; public_key: string; holds: boolean | null; trusted: boolean | null } | null;
  /** The runs that had ended before it; null for a run of an earlier version. */
  previous: { run: string; root_hash: string }[] | null;
  /** Sentences about what is not proven. */
  remarks: string[];
}

/** Of B it says whether its code is still the code that ran. */
export interface DiffDocument extends Fresh {
  same: boolean | null;
  a: string;
  b: string;
  first_divergences: DivergenceDocument[];
  diverged: { step: string; dataset: string; caused_by: string[] }[];
  sources_changed: string[];
  only_in_a: string[];
  only_in_b: string[];
  uncertain: { dataset: string; why: string }[];
  evidence: { measured: number; derived: number };
  within_tolerance: { dataset: string; columns: string[] }[];
  sources: { a: string; b: string; why: string }[];
}

export interface DivergenceDocument {
  step: string;
  function: string;
  file: string;
  line: number;
  variable: string | null;
  dataset: string;
  call: number;
  why: string;
  inputs_equal: boolean | null;
  inputs_evidence: string | null;
  source_changed: boolean | null;
  plan_changed: boolean | null;
  deterministic: boolean | null;
  columns: { name: string; change: string; a: unknown; b: unknown }[];
  rows: [a: number | null, b: number | null];
  output: string;
  step_a: string | null;
  step_b: string | null;
  source_diff: string[];
  plan_diff: string[];
  sample: {
    key: string[];
    changed: { key: Values; a: Values; b: Values }[];
    only_in_a: { key: Values; row: Values }[];
    only_in_b: { key: Values; row: Values }[];
  } | null;
}

export type Values = Record<string, string | null>;
