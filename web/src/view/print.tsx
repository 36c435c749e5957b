import type { ComponentChildren } from "preact";
import { render } from "preact";
import { useEffect, useRef } from "preact/hooks";

import type { RunPart } from "../document.ts";
import { hopsOf } from "../model/columns.ts";
import { measuredOf } from "../model/measured.ts";
import type { Dataset, Step } from "../model/model.ts";
import { count, duration, number, rowsOf, time, visible } from "../model/text.ts";
import { verdictOf } from "../model/verdict.ts";
import type { Shown } from "./context.ts";

/**
 * Prints the whole record as a document: the file of who has to sign for the run. It is drawn when printing begins,
 * so that it costs nothing before.
 */
export function usePrinting(shown: Shown): void {
  const latest = useRef(shown);
  latest.current = shown;
  useEffect(() => {
    const place = document.createElement("div");
    place.id = "print";
    document.body.append(place);
    const before = () => render(<PrintedFile shown={latest.current} />, place);
    const after = () => render(null, place);
    addEventListener("beforeprint", before);
    addEventListener("afterprint", after);
    return () => {
      removeEventListener("beforeprint", before);
      removeEventListener("afterprint", after);
      place.remove();
    };
  }, []);
}

function PrintedFile({ shown }: { shown: Shown }) {
  const { page, model } = shown;
  const sinks = model.datasets.filter(({ document }) => document.kind === "sink" || document.kind === "model");
  return (
    <>
      <Cover shown={shown} />
      {page.kind === "diff" ? <Cover shown={{ ...shown, model: { ...model, b: page.a } }} earlier /> : null}
      <section class="page">
        <h2>Steps</h2>
        <StepsTable steps={model.steps} />
      </section>
      <section class="page">
        <h2>Definitions of what was written</h2>
        {sinks.length ? null : <p>The run wrote nothing that the record knows of.</p>}
        {sinks.map((sink) => (
          <Sink key={sink.key} sink={sink} />
        ))}
      </section>
      <ChecksTable part={model.b} />
      <section>
        <h2>Not exact</h2>
        <PartialTable datasets={model.datasets.filter(({ b }) => b && !b.document.complete)} />
      </section>
      <section>
        <h2>Gaps</h2>
        {model.b.show.gaps.length ? (
          <table>
            <thead>
              <Head of={["what is missing", "where", "why"]} />
            </thead>
            <tbody>
              {model.b.show.gaps.map((gap, i) => (
                <tr key={i}>
                  <td class="long">{visible(gap.what)}</td>
                  <td class="long">{visible(gap.dataset ?? gap.step ?? "the run")}</td>
                  <td class="long">{visible(gap.why)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        ) : (
          <p>Nothing is known to be missing from the record.</p>
        )}
      </section>
    </>
  );
}

function Head({ of }: { of: string[] }) {
  return (
    <tr>
      {of.map((name) => (
        <th key={name} scope="col">
          {name}
        </th>
      ))}
    </tr>
  );
}

function Cover({ shown, earlier = false }: { shown: Shown; earlier?: boolean }) {
  const { page, model } = shown;
  const part = model.b;
  const { run } = part.show;
  const { proof, verify } = part;
  const measured = measuredOf(part);
  const facts: [string, ComponentChildren][] = [
    ["Application", visible(run.app)],
    ["Program", visible([run.program, ...run.argv].join(" "))],
    ["Run", run.id],
    ["Started", time(run.started_at)],
    ["Ended", time(run.ended_at)],
    ["Outcome", run.outcome],
    ["Mode", run.mode],
    ["Commit", run.commit ? `${run.commit}${proof.dirty ? " + changes that are not committed" : ""}` : "not known"],
    ["Branch", visible(proof.branch ?? "not known")],
    ["Program hash", proof.program_hash ?? "not known"],
    ["Root hash", proof.root_hash ?? "none: the record is not sealed"],
    ["Record", verify.intact ? `verified, ${count(verify.events, "event")}` : visible(verify.why ?? "not verified")],
    ["Spark", run.spark_version ?? "not known"],
    ["Python", run.python_version],
    ["Steps", number(part.show.steps.length)],
    [
      "Datasets",
      `${measured.exact} of ${measured.datasets} exact, ${measured.partial} partial, ${measured.not} not measured`,
    ],
    ["Checks", checksOf(part)],
    ["Gaps", number(part.show.gaps.length)],
    ...Object.entries(run.labels).map(([name, value]): [string, string] => [visible(name), visible(value)]),
  ];
  if (run.error) facts.push(["Error", visible(run.error)]);
  return (
    <section class="page cover">
      <p class="over">
        {page.kind === "diff" ? (earlier ? "The earlier of two runs" : "The later of two runs") : "Record of a run"}
      </p>
      <h1>{visible(run.app)}</h1>
      {page.kind === "diff" && !earlier ? <p class="said">{visible(verdictOf(page).head)}</p> : null}
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p class="made">
        Made by spark-lineage {page.version} at {time(page.made_at)}.
        {page.left_out.length ? ` Left out on purpose: ${page.left_out.join(", ")}.` : ""}
      </p>
      <p class="signed">
        <span>Date</span>
        <span>Name</span>
        <span>Signature</span>
      </p>
    </section>
  );
}

function checksOf({ check, check_refused }: RunPart): string {
  if (!check) return visible(check_refused ?? "not checked");
  const failed = check.results.filter(({ passed }) => !passed).length;
  return `${check.results.length - failed} passed, ${failed} failed`;
}

function StepsTable({ steps }: { steps: Step[] }) {
  return (
    <table>
      <thead>
        <Head of={["step", "where", "from", "makes", "rows", "time", "outcome"]} />
      </thead>
      <tbody>
        {steps.map(({ key, document, inputs, outputs }) => (
          <tr key={key}>
            <td class="long">
              {visible(document.step)}
              {document.call > 1 ? ` (call ${document.call})` : ""}
            </td>
            <td>
              {visible(document.file.slice(document.file.lastIndexOf("/") + 1))}:{document.line}
            </td>
            <td class="long">{visible(inputs.map(({ document: { id } }) => id).join(", "))}</td>
            <td class="long">{visible(outputs.map(({ document: { id } }) => id).join(", "))}</td>
            <td class="number rows">{outputs.map(({ document }) => rowsOf(document)).join(", ")}</td>
            <td class="number">{duration(document.duration_ms)}</td>
            <td>{document.outcome}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Sink({ sink }: { sink: Dataset }) {
  const { document, detail } = sink;
  const hops = hopsOf(detail);
  return (
    <div class="sink">
      <h3>{visible(document.name)}</h3>
      <p>
        {rowsOf(document)} rows, {count(document.columns.length, "column")},{" "}
        {document.complete ? "exact" : `partial: ${document.reason ?? "not measured"}`}
        {document.fingerprint ? `, ${document.fingerprint}` : ""}
      </p>
      {detail.conditions.length ? (
        <p>
          Rows are decided by {visible(detail.conditions.map(({ kind, text }) => `${kind} ${text}`.trim()).join("; "))}.
        </p>
      ) : null}
      <table>
        <thead>
          <Head of={["column", "type", "nulls", "definition"]} />
        </thead>
        <tbody>
          {document.columns.map(({ name, type, nulls }) => (
            <tr key={name}>
              <td class="long">{visible(name)}</td>
              <td class="long">{visible(type)}</td>
              <td class="number">{number(nulls)}</td>
              <td class="sql long">
                {visible(detail.definitions[name] ?? hops.get(name)?.expression ?? "not observed")}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ChecksTable({ part }: { part: RunPart }) {
  const results = [...(part.check?.results ?? [])].sort((x, y) => Number(x.passed) - Number(y.passed));
  return (
    <section class="page">
      <h2>Checks</h2>
      <p>{checksOf(part)}</p>
      {results.length ? (
        <table>
          <thead>
            <Head of={["check", "of", "column", "expected", "is", "result"]} />
          </thead>
          <tbody>
            {results.map((result, i) => (
              <tr key={i}>
                <td>{visible(result.check)}</td>
                <td class="long">{visible(result.dataset ?? result.step)}</td>
                <td class="long">{visible(result.column ?? "")}</td>
                <td class="long">{visible(result.expected)}</td>
                <td class="long">{visible(result.actual)}</td>
                <td>{result.passed ? "passed" : "FAILED"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </section>
  );
}

function PartialTable({ datasets }: { datasets: Dataset[] }) {
  if (!datasets.length) return <p>Every dataset was measured exactly.</p>;
  return (
    <table>
      <thead>
        <Head of={["dataset", "rows", "why"]} />
      </thead>
      <tbody>
        {datasets.map(({ key, document }) => (
          <tr key={key}>
            <td class="long">{visible(document.id)}</td>
            <td class="number">{rowsOf(document)}</td>
            <td class="long">
              {visible(
                [document.reason ?? "not measured", document.detail, ...document.pushed].filter(Boolean).join("; "),
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
