import type { ExecutionDocument } from "../../document.ts";
import { hopsOf, quoted } from "../../model/columns.ts";
import type { Dataset, Step } from "../../model/model.ts";
import { stateOf } from "../../model/model.ts";
import { neighboursOf } from "../../model/neighbours.ts";
import { joinChange } from "../../model/rows.ts";
import { bytes, change, count, duration, lastPart, nameOfStep, number, time } from "../../model/text.ts";
import { Source, Sql } from "../code.tsx";
import { useLink, useShown } from "../context.ts";
import { OutcomeMark, StateMark } from "../marks.tsx";
import { DatasetLink, Facts, Line, Section, StepLink, Text } from "../value.tsx";
import { StepDifference } from "./difference.tsx";
import { Checks, Conditions, Gaps, Partial, Rows, resultsOfStep } from "./parts.tsx";

export function StepDetails({ step }: { step: Step }) {
  const { page, model, history } = useShown();
  const { document, detail } = step;
  const state = stateOf(step);
  const part = (step.b ?? step.a)?.part;
  const source = detail.source !== null ? part?.sources[detail.source] : undefined;
  const checks = resultsOfStep(model, step);
  const failed = checks.some(({ passed }) => !passed);
  const gaps = step.b ? model.b.show.gaps.filter((gap) => gap.step === document.step) : [];
  const { before, behind } = neighboursOf(step);
  return (
    <article class="details step" aria-label={`Step ${document.step}`}>
      <header>
        <p class="over">
          {document.kind}
          {document.call > 1 ? `, call ${document.call}` : ""} {state ? <StateMark state={state} words /> : null}
        </p>
        <h2>
          <Text of={nameOfStep(step)} most={200} />
        </h2>
        <p class="under">
          <Line of={`${document.file}:${document.line}`} />
        </p>
      </header>
      <StepDifference step={step} />
      <Facts
        of={[
          ["outcome", <OutcomeMark key="o" outcome={document.outcome} />],
          ["time", duration(document.duration_ms)],
          ["started", time(document.started_at)],
          ["step", <Line key="s" of={document.step} />],
          ...(document.variable !== null
            ? ([["variable", <code key="v">{document.variable}</code>]] as [string, preact.VNode][])
            : []),
          ...(step.parent ? ([["within", <StepLink key="p" step={step.parent} />]] as [string, preact.VNode][]) : []),
          ...(document.site_line !== null ? ([["called at", `line ${document.site_line}`]] as [string, string][]) : []),
          ...(detail.thread && detail.thread !== "MainThread"
            ? ([["thread", detail.thread]] as [string, string][])
            : []),
          ["comes from", `${number(before.direct)} direct, ${number(before.all)} in all`],
          ["goes into", `${number(behind.direct)} direct, ${number(behind.all)} in all`],
        ]}
      />
      {history ? (
        <p>
          <a href={history(document.step)}>History of this step over the runs</a>
        </p>
      ) : null}
      {document.error ? (
        <Section title="Error">
          <pre class="error">
            <Text of={document.error} most={4000} />
          </pre>
        </Section>
      ) : null}
      {failed ? <Checked checks={checks} refused={model.b.check_refused} /> : null}
      {step.inputs.length || step.outputs.length ? <InAndOut step={step} /> : null}
      {step.outputs.map((output) => (
        <Made key={output.key} output={output} several={step.outputs.length > 1} />
      ))}
      {detail.doc ? (
        <Section title="What it says of itself">
          <p class="doc">
            <Text of={detail.doc} most={1500} />
          </p>
        </Section>
      ) : null}
      {detail.arguments.length ? (
        <Section title="Arguments">
          <dl class="arguments">
            {detail.arguments.map(([parameter, expression]) => (
              <div key={parameter}>
                <dt>
                  <Text of={parameter} />
                </dt>
                <dd>
                  <code>
                    <Text of={expression} />
                  </code>
                </dd>
              </div>
            ))}
          </dl>
        </Section>
      ) : null}
      {source !== undefined ? (
        <Section title="Source" note={`${lastPart(document.file)}:${document.line}–${document.end_line}`}>
          <Source text={source} first={document.line} />
        </Section>
      ) : page.left_out.includes("source") ? (
        <Section title="Source">
          <p class="none">The source was left out of this file on purpose.</p>
        </Section>
      ) : null}
      <Executions of={document.executions} />
      {failed ? null : <Checked checks={checks} refused={model.b.check_refused} />}
      {gaps.length ? (
        <Section title="Gaps">
          <Gaps gaps={gaps} />
        </Section>
      ) : null}
      {step.children.length ? (
        <Section title={count(step.children.length, "step within", "steps within")}>
          <ul class="list">
            {step.children.slice(0, 100).map((child) => (
              <li key={child.key}>
                <StepLink step={child} />
                <span class="rows">{duration(child.document.duration_ms)}</span>
              </li>
            ))}
          </ul>
          {step.children.length > 100 ? <p class="none">and {step.children.length - 100} more: see the tree</p> : null}
        </Section>
      ) : null}
    </article>
  );
}

export function Checked({
  checks,
  refused,
}: {
  checks: Parameters<typeof Checks>[0]["results"];
  refused: string | null;
}) {
  if (refused !== null || !checks.length) return null;
  const failed = checks.filter(({ passed }) => !passed).length;
  return (
    <Section title="Checks" note={failed ? `${failed} of ${checks.length} failed` : `${checks.length} passed`}>
      <Checks results={checks} />
    </Section>
  );
}

function InAndOut({ step }: { step: Step }) {
  const join = joinChange(step);
  const only = step.inputs.length === 1 ? step.inputs[0] : undefined;
  return (
    <Section title="Inputs and outputs">
      <table class="flow">
        <tbody>
          {step.inputs.map((dataset) => (
            <tr key={dataset.key}>
              <th scope="row">in</th>
              <td>
                <DatasetLink dataset={dataset} />
              </td>
              <td class="number">
                <Rows dataset={dataset} />
              </td>
            </tr>
          ))}
          {step.outputs.map((dataset) => (
            <tr key={dataset.key} class="out">
              <th scope="row">out</th>
              <td>
                <DatasetLink dataset={dataset} />
                {dataset.document.complete ? null : (
                  <small>
                    <Partial dataset={dataset} />
                  </small>
                )}
              </td>
              <td class="number">
                <Rows dataset={dataset} />
                {only ? <Changed from={only} to={dataset} /> : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {join ? (
        <p class="bad">
          The join {join.multiplies ? "multiplies" : "loses"} rows: {change(join.by)} against{" "}
          <DatasetLink dataset={join.input} />.
        </p>
      ) : null}
    </Section>
  );
}

function Changed({ from, to }: { from: Dataset; to: Dataset }) {
  if (from.document.rows === null || to.document.rows === null || from.document.rows === to.document.rows) return null;
  return <small>{change(to.document.rows - from.document.rows)}</small>;
}

function Made({ output, several }: { output: Dataset; several: boolean }) {
  const link = useLink();
  const { detail, document } = output;
  const named = several ? `of ${document.id}` : "";
  // A column that is only handed on needs no line of its own.
  const defined = detail.hops.filter((hop) => hop.expression !== quoted(hop.column));
  const hops = hopsOf(detail).size;
  return (
    <>
      {detail.conditions.length ? (
        <Section title="What decides rows" note={named}>
          <Conditions of={detail.conditions} />
        </Section>
      ) : null}
      {hops ? (
        <Section
          title="Definitions"
          note={`${named} ${number(document.columns.length)} columns, ${hops - defined.length} handed on`}
        >
          <dl class="definitions">
            {defined.slice(0, 300).map((hop) => (
              <div key={hop.column}>
                <dt>
                  <a href={link("column", document.id, hop.column)}>
                    <Line of={hop.column} />
                  </a>
                </dt>
                <dd>
                  <Sql of={hop.expression} />
                </dd>
              </div>
            ))}
          </dl>
          {defined.length > 300 ? <p class="none">and {defined.length - 300} more: see the dataset</p> : null}
        </Section>
      ) : null}
      {document.operators.length ? (
        <Section title="Plan" note={named}>
          <ol class="plan">
            {document.operators.map((operator, i) => (
              <li key={i}>
                <Text of={operator} most={300} />
              </li>
            ))}
          </ol>
        </Section>
      ) : null}
    </>
  );
}

function Executions({ of }: { of: ExecutionDocument[] }) {
  if (!of.length) return null;
  return (
    <Section title={count(of.length, "Spark execution")}>
      <table class="executions">
        <thead>
          <tr>
            <th scope="col">execution</th>
            <th scope="col">time</th>
            <th scope="col">tasks</th>
            <th scope="col">read</th>
            <th scope="col">shuffled</th>
            <th scope="col">spilled</th>
          </tr>
        </thead>
        <tbody>
          {of.slice(0, 200).map((one, i) => {
            const { metrics } = one;
            const of = (name: string): number => metrics[name] ?? 0;
            return (
              <tr key={i}>
                <td>
                  {one.execution !== null ? `${one.execution} ` : ""}
                  <Line of={one.description} />
                  {one.outcome !== "complete" ? <OutcomeMark outcome={one.outcome} /> : null}
                </td>
                <td class="number">{duration(one.duration_ms)}</td>
                <td class="number">{number(of("tasks"))}</td>
                <td class="number">{bytes(of("bytes_read"))}</td>
                <td class="number">{bytes(of("shuffle_write_bytes"))}</td>
                <td class="number">{bytes(of("spill_disk_bytes"))}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {of.length > 200 ? <p class="none">and {of.length - 200} more</p> : null}
    </Section>
  );
}
