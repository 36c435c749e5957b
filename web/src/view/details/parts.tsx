import type { CheckResultDocument, Condition, GapDocument } from "../../document.ts";
import { changedRows, type Dataset, type Model, type Step } from "../../model/model.ts";
import { change, number, rowsOf, visible } from "../../model/text.ts";
import { Sql } from "../code.tsx";
import { useShown } from "../context.ts";
import { DatasetLink, Section, StepLink, Text } from "../value.tsx";

export function resultsOf(model: Model): CheckResultDocument[] {
  return model.b.check?.results ?? [];
}

/** Checks and gaps are those of the later run: nothing that only the earlier one has is checked. */
export function resultsOfStep(model: Model, { b }: Step): CheckResultDocument[] {
  return b ? resultsOf(model).filter((one) => one.step === b.document.step && one.call === b.document.call) : [];
}

export function resultsOfDataset(model: Model, { b }: Dataset, column: string | null = null): CheckResultDocument[] {
  const results = b ? resultsOf(model).filter((one) => one.dataset === b.document.id) : [];
  return column === null ? results : results.filter((one) => one.column === column);
}

/** Failed ones first. */
export function Checks({ results, where = false }: { results: CheckResultDocument[]; where?: boolean }) {
  const { model } = useShown();
  if (!results.length) return null;
  const sorted = [...results].sort((x, y) => Number(x.passed) - Number(y.passed));
  return (
    <ul class="checks">
      {sorted.map((result, i) => {
        const dataset = where && result.dataset !== null ? model.datasetOf("b", result.dataset) : undefined;
        const step = where ? model.step(result.step, result.call) : undefined;
        return (
          <li key={i} class={result.passed ? "passed" : "failed"}>
            <span class="verdict">{result.passed ? "passed" : "failed"}</span>
            <b>
              <Text of={result.check} />
            </b>
            {result.column !== null ? <code>{result.column}</code> : null}
            {step && !dataset ? <StepLink step={step} /> : null}
            {dataset ? <DatasetLink dataset={dataset} /> : null}
            <p title={visible(`expected ${result.expected}, is ${result.actual}`.slice(0, 1000))}>
              expected <Text of={result.expected} most={200} />, is <Text of={result.actual} most={200} />
            </p>
          </li>
        );
      })}
    </ul>
  );
}

export function Gaps({ gaps }: { gaps: GapDocument[] }) {
  if (!gaps.length) return null;
  return (
    <ul class="gaps">
      {gaps.map((gap, i) => (
        <li key={i}>
          <b>
            <Text of={gap.what} />
          </b>
          <p>
            <Text of={gap.why} />
          </p>
        </li>
      ))}
    </ul>
  );
}

export function Conditions({ of }: { of: Condition[] }) {
  if (!of.length) return null;
  return (
    <ul class="conditions">
      {of.map(({ kind, text }, i) => (
        <li key={i}>
          <span class="tag">{kind}</span> {text ? <Sql of={text} /> : null}
        </li>
      ))}
    </ul>
  );
}

/** Rows of a dataset, and in a comparison what they were. */
export function Rows({ dataset }: { dataset: Dataset }) {
  const changed = changedRows(dataset);
  return (
    <span class="rows">
      {changed ? `${number(changed.a)} → ` : ""}
      {rowsOf(dataset.document)}
      {changed ? ` (${change(changed.b - changed.a)})` : ""}
    </span>
  );
}

export function Partial({ dataset }: { dataset: Dataset }) {
  const { complete, reason, detail, pushed } = dataset.document;
  if (complete) return <span class="exact">exact</span>;
  return (
    <span class="partial">
      {dataset.document.rows === null && dataset.document.rows_at_least === null ? "not measured" : "partial"}
      {reason ? `: ${reason}` : ""}
      {detail ? (
        <>
          {" "}
          (<Text of={detail} most={200} />)
        </>
      ) : null}
      {pushed.length ? (
        <>
          ; pushed down: <Sql of={pushed.join(" AND ")} />
        </>
      ) : null}
    </span>
  );
}

export function Datasets({ title, of, note }: { title: string; of: Dataset[]; note?: string }) {
  if (!of.length) return null;
  return (
    <Section title={title} {...(note ? { note } : {})}>
      <ul class="list">
        {of.slice(0, 200).map((dataset) => (
          <li key={dataset.key}>
            <DatasetLink dataset={dataset} />
            <Rows dataset={dataset} />
          </li>
        ))}
      </ul>
      {of.length > 200 ? <p class="none">and {of.length - 200} more</p> : null}
    </Section>
  );
}
