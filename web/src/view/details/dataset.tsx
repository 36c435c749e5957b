import { useMemo, useState } from "preact/hooks";

import type { Dataset } from "../../model/model.ts";
import { stateOf } from "../../model/model.ts";
import { count, nameOfDataset, number, rowsOf, visible } from "../../model/text.ts";
import { useLink, useShown } from "../context.ts";
import { StateMark } from "../marks.tsx";
import { Cell, Facts, Line, Section, StepLink, Text } from "../value.tsx";
import { Virtual } from "../virtual.tsx";
import { DatasetDifference } from "./difference.tsx";
import { Conditions, Gaps, Partial, Rows, resultsOfDataset } from "./parts.tsx";
import { Checked } from "./step.tsx";

export function DatasetDetails({ dataset }: { dataset: Dataset }) {
  const { model, history } = useShown();
  const { document, detail } = dataset;
  const state = stateOf(dataset);
  const checks = resultsOfDataset(model, dataset);
  const failed = checks.some(({ passed }) => !passed);
  const gaps = dataset.b ? model.b.show.gaps.filter((gap) => gap.dataset === document.id) : [];
  const facts: [string, preact.ComponentChildren][] = [
    ["rows", <Rows key="r" dataset={dataset} />],
    ["measured", <Partial key="p" dataset={dataset} />],
    ["columns", number(document.columns.length)],
  ];
  const add = (name: string, value: string | number | null): void => {
    if (value !== null && value !== "") facts.push([name, <Line key={name} of={String(value)} />]);
  };
  if (document.kind !== "interim") add("name", document.name);
  add("namespace", document.namespace);
  add("format", document.format);
  add("table", document.table);
  add("version", document.version);
  add("written by", document.mode);
  for (const [what, rows] of Object.entries(document.changed ?? {})) add(what, number(rows));
  add("engine", document.engine === "spark" ? null : document.engine);
  add("fingerprint", document.fingerprint);
  add("measurements", document.measurements > 1 ? document.measurements : null);
  if (document.deterministic === false)
    facts.push([
      "deterministic",
      <span key="d" class="bad">
        no
      </span>,
    ]);
  return (
    <article class="details dataset" aria-label={`Dataset ${document.id}`}>
      <header>
        <p class="over">
          {document.kind === "interim" ? "interim dataset" : document.kind}{" "}
          {state ? <StateMark state={state} words /> : null}
        </p>
        <h2>
          <Text of={nameOfDataset(dataset)} most={200} />
        </h2>
      </header>
      <DatasetDifference dataset={dataset} />
      <Facts of={facts} />
      {history ? (
        <p>
          <a href={history(document.id)}>History of this dataset over the runs</a>
        </p>
      ) : null}
      {dataset.producers.length ? (
        <Section title="Made by">
          <ul class="list">
            {dataset.producers.map((step) => (
              <li key={step.key}>
                <StepLink step={step} />
              </li>
            ))}
          </ul>
        </Section>
      ) : null}
      {dataset.consumers.length ? (
        <Section title="Used by">
          <ul class="list">
            {dataset.consumers.slice(0, 100).map((step) => (
              <li key={step.key}>
                <StepLink step={step} />
              </li>
            ))}
          </ul>
        </Section>
      ) : null}
      {failed ? <Checked checks={checks} refused={model.b.check_refused} /> : null}
      <Columns dataset={dataset} />
      {detail.conditions.length ? (
        <Section title="What decides rows">
          <Conditions of={detail.conditions} />
        </Section>
      ) : null}
      <Sample dataset={dataset} />
      {failed ? null : <Checked checks={checks} refused={model.b.check_refused} />}
      {gaps.length ? (
        <Section title="Gaps">
          <Gaps gaps={gaps} />
        </Section>
      ) : null}
    </article>
  );
}

const ROW = 25;

function Columns({ dataset }: { dataset: Dataset }) {
  const link = useLink();
  const [asked, setAsked] = useState("");
  const { columns, id, rows } = dataset.document;
  const shown = useMemo(() => {
    const word = asked.trim().toLowerCase();
    return word ? columns.filter(({ name }) => name.toLowerCase().includes(word)) : columns;
  }, [columns, asked]);
  if (!columns.length) return null;
  const nans = columns.some((column) => column.nans);
  return (
    <Section title={count(columns.length, "column")}>
      {columns.length > 20 ? (
        <input
          type="search"
          class="filter"
          placeholder="Filter columns"
          aria-label="Filter columns"
          value={asked}
          onInput={(event) => setAsked(event.currentTarget.value)}
        />
      ) : null}
      <div
        class={`columns${nans ? " with-nans" : ""}`}
        role="table"
        aria-label="Columns"
        aria-rowcount={columns.length + 1}
      >
        <div role="row" class="head">
          <span role="columnheader">column</span>
          <span role="columnheader">type</span>
          <span role="columnheader" class="number">
            nulls
          </span>
          {nans ? (
            <span role="columnheader" class="number">
              NaN
            </span>
          ) : null}
          <span role="columnheader">fingerprint</span>
        </div>
        <Virtual
          class="body"
          role="rowgroup"
          tabIndex={0}
          count={shown.length}
          rowHeight={ROW}
          style={{ height: `${Math.min(shown.length, 14) * ROW}px` }}
          row={(i) => {
            const column = shown[i];
            if (!column) return null;
            const share = column.nulls !== null && rows ? ` (${((100 * column.nulls) / rows).toFixed(1)} %)` : "";
            return (
              <div role="row" key={`${i} ${column.name}`} aria-rowindex={i + 2}>
                <span role="cell">
                  <a href={link("column", id, column.name)}>
                    <Line of={column.name || "(no name)"} />
                  </a>
                </span>
                <span role="cell">
                  <Line of={`${column.type}${column.nullable ? "" : " not null"}`} class="type" />
                </span>
                <span role="cell" class={`number${column.nulls ? " some" : ""}`} title={share}>
                  {number(column.nulls)}
                </span>
                {nans ? (
                  <span role="cell" class="number">
                    {number(column.nans)}
                  </span>
                ) : null}
                <span role="cell" class="fingerprint">
                  <Line of={column.fingerprint ?? "–"} />
                </span>
              </div>
            );
          }}
        />
      </div>
    </Section>
  );
}

const MOST_COLUMNS = 40;

function Sample({ dataset }: { dataset: Dataset }) {
  const { page } = useShown();
  const [all, setAll] = useState(false);
  const { sample, rows, rows_at_least } = dataset.document;
  if (page.left_out.includes("samples")) {
    return (
      <Section title="Sampled rows">
        <p class="none">Sampled rows were left out of this file on purpose.</p>
      </Section>
    );
  }
  if (!sample?.rows.length) return null;
  const columns = all ? sample.columns : sample.columns.slice(0, MOST_COLUMNS);
  const key = new Set(sample.key);
  const of = rows !== null || rows_at_least !== null ? ` of ${rowsOf({ rows, rows_at_least })}` : "";
  return (
    <Section title="Sampled rows" note={`${sample.rows.length}${of}`}>
      <section class="scroll" tabIndex={0} aria-label="Sampled rows">
        <table class="sample">
          <thead>
            <tr>
              {columns.map((name) => (
                <th
                  key={name}
                  scope="col"
                  class={key.has(name) ? "key" : ""}
                  title={key.has(name) ? "of the key" : undefined}
                >
                  {visible(name)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sample.rows.map((row, i) => (
              <tr key={i}>
                {columns.map((name, j) => (
                  <td key={name}>
                    <Cell of={row[j]} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {sample.columns.length > columns.length ? (
        <button type="button" class="more" onClick={() => setAll(true)}>
          all {number(sample.columns.length)} columns
        </button>
      ) : null}
    </Section>
  );
}
