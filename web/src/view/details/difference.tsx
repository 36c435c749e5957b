import { useState } from "preact/hooks";

import type { DivergenceDocument, Values } from "../../document.ts";
import { hopsOf } from "../../model/columns.ts";
import type { Dataset, Step } from "../../model/model.ts";
import { pairsOf } from "../../model/sides.ts";
import { count, number, visible } from "../../model/text.ts";
import { Sql, Tokens, tokens } from "../code.tsx";
import { useShown } from "../context.ts";
import { Cell, DatasetLink, Line, Section, Text } from "../value.tsx";

const MOST = 15;

/** What the comparison says of a step: only where it is a first divergence, or its source is another one. */
export function StepDifference({ step }: { step: Step }) {
  const { page } = useShown();
  if (page.kind !== "diff" || !step.paired) return null;
  const first = step.paired.first;
  const divergence = first !== null ? page.diff.first_divergences[first] : undefined;
  const [a, b] = [sourceOf(step.a), sourceOf(step.b)];
  return (
    <>
      {divergence ? <Divergence of={divergence} /> : null}
      {a !== null && b !== null && a !== b ? (
        <Section title="Source" note="earlier and later run">
          <SideBySide
            a={a}
            b={b}
            firstA={step.a?.document.line ?? 1}
            firstB={step.b?.document.line ?? 1}
            language="python"
          />
        </Section>
      ) : null}
      {divergence ? <Definitions step={step} /> : null}
      {divergence ? <Samples of={divergence} /> : null}
      {divergence ? <Changes of={divergence} /> : null}
    </>
  );
}

export function DatasetDifference({ dataset }: { dataset: Dataset }) {
  const { page, model } = useShown();
  if (page.kind !== "diff" || !dataset.paired) return null;
  const { first, why, evidence, caused_by } = dataset.paired;
  const divergence = first !== null ? page.diff.first_divergences[first] : undefined;
  const causes = caused_by.map((id) => model.dataset(id)).filter((one): one is Dataset => one !== undefined);
  return (
    <>
      {why ? (
        <p class="why">
          <Text of={why} />
        </p>
      ) : null}
      {evidence ? (
        <p class="none">
          {evidence === "measured" ? "Known by measurement." : "Known because all that it is made of is equal."}
        </p>
      ) : null}
      {causes.length ? (
        <p class="causes">
          Caused by{" "}
          {causes.map((cause) => (
            <DatasetLink key={cause.key} dataset={cause} />
          ))}
        </p>
      ) : null}
      {divergence ? <Divergence of={divergence} /> : null}
      {divergence ? <Samples of={divergence} /> : null}
      {divergence ? <Changes of={divergence} /> : null}
    </>
  );
}

function sourceOf(side: Step["a"]): string | null {
  return side && side.detail.source !== null ? (side.part.sources[side.detail.source] ?? null) : null;
}

function Divergence({ of }: { of: DivergenceDocument }) {
  const [a, b] = of.rows;
  return (
    <section class="divergence">
      <p class="why">
        <Text of={of.why} />
      </p>
      <ul class="signs">
        {a !== b ? (
          <li>
            rows {number(a)} → {number(b)}
          </li>
        ) : null}
        {of.inputs_equal !== null ? (
          <li>
            inputs {of.inputs_equal ? "equal" : "differ"}
            {of.inputs_evidence ? ` (${of.inputs_evidence})` : ""}
          </li>
        ) : null}
        {of.source_changed !== null ? <li>source {of.source_changed ? "changed" : "unchanged"}</li> : null}
        {of.plan_changed !== null ? <li>plan {of.plan_changed ? "changed" : "unchanged"}</li> : null}
        {of.deterministic === false ? <li>not deterministic</li> : null}
      </ul>
    </section>
  );
}

/** Columns and lines of the plan that are not the same. */
function Changes({ of }: { of: DivergenceDocument }) {
  const [most, setMost] = useState(MOST);
  if (!of.columns.length && !of.plan_diff.length) return null;
  return (
    <>
      {of.columns.length ? (
        <Section title="Columns that differ" note={count(of.columns.length, "column")}>
          <table class="changes">
            <thead>
              <tr>
                <th scope="col">column</th>
                <th scope="col">what differs</th>
                <th scope="col">earlier</th>
                <th scope="col">later</th>
              </tr>
            </thead>
            <tbody>
              {of.columns.slice(0, most).map(({ name, change, a, b }) => (
                <tr key={`${name} ${change}`}>
                  <td>
                    <Line of={name} />
                  </td>
                  <td>{change}</td>
                  <td>
                    <Line of={told(a)} />
                  </td>
                  <td>
                    <Line of={told(b)} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {of.columns.length > most ? (
            <button type="button" class="more" onClick={() => setMost(most + 500)}>
              {number(of.columns.length - most)} more
            </button>
          ) : null}
        </Section>
      ) : null}
      {of.plan_diff.length ? (
        <Section title="Plan" note="earlier and later run">
          <pre class="lines">
            {of.plan_diff.map((line, i) => (
              <span key={i} class={line.startsWith("+") ? "added" : line.startsWith("-") ? "removed" : ""}>
                {visible(line.replace(/\n$/, ""))}
                {"\n"}
              </span>
            ))}
          </pre>
        </Section>
      ) : null}
    </>
  );
}

function told(value: unknown): string {
  if (value === null || value === undefined) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Definitions of columns that are not the same on both sides. */
function Definitions({ step }: { step: Step }) {
  const changed: { column: string; a: string | null; b: string | null }[] = [];
  for (const output of step.outputs) {
    const a = definitionsOf(output.a);
    const b = definitionsOf(output.b);
    for (const column of new Set([...a.keys(), ...b.keys()])) {
      const pair = { column, a: a.get(column) ?? null, b: b.get(column) ?? null };
      if (pair.a !== pair.b) changed.push(pair);
    }
    const conditions = [output.a, output.b].map(
      (side) => side?.detail.conditions.map(({ kind, text }) => `${kind} ${text}`).join("\n") ?? null,
    );
    if (conditions[0] !== conditions[1])
      changed.unshift({ column: "rows", a: conditions[0] ?? null, b: conditions[1] ?? null });
  }
  if (!changed.length) return null;
  return (
    <Section title="Definitions" note="earlier and later run">
      <table class="changes">
        <tbody>
          {changed.slice(0, 100).map(({ column, a, b }) => (
            <tr key={column}>
              <th scope="row">
                <Line of={column} />
              </th>
              <td class="removed">{a === null ? "–" : <Sql of={a} />}</td>
              <td class="added">{b === null ? "–" : <Sql of={b} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function definitionsOf(side: Dataset["b"]): Map<string, string> {
  return new Map(side ? [...hopsOf(side.detail).values()].map(({ column, expression }) => [column, expression]) : []);
}

function SideBySide(of: { a: string; b: string; firstA: number; firstB: number; language: "python" | "sql" }) {
  const pairs = pairsOf(of.a, of.b, of.firstA, of.firstB);
  return (
    <section class="scroll" tabIndex={0} aria-label="Source of both runs">
      <table class="sides">
        <tbody>
          {pairs.map(({ a, b }, i) => {
            const same = a && b && a[1] === b[1];
            return (
              <tr key={i}>
                {[a, b].map((side, j) => (
                  <td key={j} class={same ? "" : side ? (j ? "added" : "removed") : "nothing"}>
                    {side ? (
                      <>
                        <span class="number">{side[0]}</span>
                        <code>
                          <Tokens of={tokens(side[1], of.language)[0] ?? []} />
                        </code>
                      </>
                    ) : null}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

/** Sampled rows of both runs, by their key; of rows that both have only the columns that differ. */
function Samples({ of }: { of: DivergenceDocument }) {
  const { page } = useShown();
  if (page.left_out.includes("samples")) return <p class="none">Sampled rows were left out of this file on purpose.</p>;
  const { sample } = of;
  if (!sample || !(sample.changed.length + sample.only_in_a.length + sample.only_in_b.length)) return null;
  const columns = new Set<string>();
  for (const { a, b } of sample.changed) for (const name of [...Object.keys(a), ...Object.keys(b)]) columns.add(name);
  const only = [...sample.only_in_a, ...sample.only_in_b];
  if (!columns.size) for (const { row } of only) for (const name of Object.keys(row)) columns.add(name);
  for (const name of sample.key) columns.delete(name);
  const names = [...columns].slice(0, 30);
  const row = (sign: string, kind: string, key: Values, values: Values, other: Values | null, i: string) => (
    <tr key={i} class={kind}>
      <td class="sign">{sign}</td>
      {sample.key.map((name) => (
        <td key={name} class="key">
          <Cell of={key[name]} />
        </td>
      ))}
      {names.map((name) => (
        <td key={name} class={other && other[name] !== values[name] ? "differs" : ""}>
          <Cell of={values[name]} />
        </td>
      ))}
    </tr>
  );
  return (
    <Section title="Sampled rows" note="earlier (−) and later (+), by key">
      <section class="scroll" tabIndex={0} aria-label="Sampled rows of both runs">
        <table class="sample both">
          <thead>
            <tr>
              <th />
              {[...sample.key, ...names].map((name, i) => (
                <th key={name} scope="col" class={i < sample.key.length ? "key" : ""}>
                  {visible(name)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sample.changed.flatMap(({ key, a, b }, i) => [
              row("−", "removed", key, a, b, `a${i}`),
              row("+", "added", key, b, a, `b${i}`),
            ])}
            {sample.only_in_a.map(({ key, row: values }, i) => row("−", "removed only", key, values, null, `oa${i}`))}
            {sample.only_in_b.map(({ key, row: values }, i) => row("+", "added only", key, values, null, `ob${i}`))}
          </tbody>
        </table>
      </section>
    </Section>
  );
}
