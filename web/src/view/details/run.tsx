import { useState } from "preact/hooks";

import type { CheckResultDocument, RunPart } from "../../document.ts";
import { measuredOf } from "../../model/measured.ts";
import type { Step } from "../../model/model.ts";
import { duration, nameOfStep, number, time } from "../../model/text.ts";
import { verdictOf } from "../../model/verdict.ts";
import { useLink, useShown } from "../context.ts";
import { OutcomeMark, StateMark } from "../marks.tsx";
import { DatasetLink, Facts, Line, Section, StepLink, Text } from "../value.tsx";
import { Checks, Gaps, Partial, resultsOf } from "./parts.tsx";

/** What is shown while nothing is selected: the run as a whole. */
export function RunDetails() {
  const { page, model } = useShown();
  const part = model.b;
  const { run, gaps } = part.show;
  const results = resultsOf(model);
  const partial = model.datasets.filter(({ b }) => b && !b.document.complete);
  return (
    <article class="details run" aria-label="Run">
      <header>
        <p class="over">{page.kind === "diff" ? "two runs" : "run"}</p>
        <h2>
          <Text of={run.app} most={200} />
        </h2>
        <p class="under">
          <Line of={[run.program, ...run.argv].join(" ")} />
        </p>
      </header>
      {page.kind === "diff" ? <Difference /> : null}
      {run.error ? (
        <Section title="Error">
          <pre class="error">
            <Text of={run.error} most={4000} />
          </pre>
        </Section>
      ) : null}
      {page.kind === "diff" ? (
        <>
          <Section title="Later run">
            <RunFacts part={page.b} />
          </Section>
          <Section title="Earlier run">
            <RunFacts part={page.a} />
          </Section>
        </>
      ) : (
        <RunFacts part={part} />
      )}
      <CheckSection part={part} results={results} />
      {partial.length ? (
        <Section title="Not exact" note={`${measuredOf(part).exact} of ${part.show.datasets.length} are`}>
          <ul class="list">
            {partial.slice(0, 100).map((dataset) => (
              <li key={dataset.key}>
                <DatasetLink dataset={dataset} />
                <Partial dataset={dataset} />
              </li>
            ))}
          </ul>
          {partial.length > 100 ? <p class="none">and {partial.length - 100} more</p> : null}
        </Section>
      ) : null}
      <Section title="Gaps">
        {gaps.length ? (
          <Gaps gaps={gaps.slice(0, 200)} />
        ) : (
          <p class="none">Nothing is known to be missing from the record.</p>
        )}
      </Section>
      <Slowest steps={model.steps} />
    </article>
  );
}

function CheckSection({ part, results }: { part: RunPart; results: CheckResultDocument[] }) {
  const unknown = part.check?.could_not_tell ?? [];
  return (
    <Section title="Checks">
      {part.check_refused !== null ? (
        <p class="none">
          <Text of={part.check_refused} />
        </p>
      ) : results.length ? (
        <FailedFirst results={results} />
      ) : (
        <p class="none">No check was asked for.</p>
      )}
      {unknown.length ? <p class="none">{unknown.length} built-in checks had no evidence to tell by.</p> : null}
    </Section>
  );
}

/** Failed ones at once, the others on demand. */
function FailedFirst({ results }: { results: CheckResultDocument[] }) {
  const [open, setOpen] = useState(false);
  const failed = results.filter(({ passed }) => !passed);
  const passed = results.filter(({ passed }) => passed);
  return (
    <>
      <Checks results={failed.slice(0, 300)} where />
      {failed.length > 300 ? <p class="none">and {failed.length - 300} more that failed</p> : null}
      {passed.length ? (
        <details onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary>{number(passed.length)} passed</summary>
          {open ? <Checks results={passed.slice(0, 300)} where /> : null}
          {passed.length > 300 ? <p class="none">and {number(passed.length - 300)} more</p> : null}
        </details>
      ) : null}
    </>
  );
}

export function RunFacts({ part }: { part: RunPart }) {
  const { run } = part.show;
  const { proof, verify } = part;
  const facts: [string, preact.ComponentChildren][] = [
    ["outcome", <OutcomeMark key="o" outcome={run.outcome} />],
    ["started", time(run.started_at)],
    ["time", duration(run.duration_ms)],
    ["mode", run.mode],
    ["run", <Line key="i" of={run.id} />],
  ];
  const add = (name: string, value: string | null): void => {
    if (value) facts.push([name, <Line key={name} of={value} />]);
  };
  add("commit", run.commit ? `${run.commit}${proof.dirty ? " + changes that are not committed" : ""}` : null);
  add("branch", proof.branch);
  add("program hash", proof.program_hash);
  add("root hash", proof.root_hash);
  facts.push([
    "record",
    verify.intact ? `verified, ${verify.events} events` : <Text key="w" of={verify.why ?? "not verified"} />,
  ]);
  if (part.show.stale)
    add("code on disk", `changed since: ${[...part.show.stale_files, ...part.show.stale_functions].join(", ")}`);
  add("Spark", run.spark_version);
  add("Python", run.python_version);
  if (run.started_by)
    add("started by", `${run.started_by.job} (${run.started_by.namespace}), run ${run.started_by.run}`);
  for (const [name, value] of Object.entries(run.labels)) facts.push([name, <Line key={name} of={value} />]);
  return <Facts of={facts} />;
}

function Difference() {
  const { page, model } = useShown();
  const link = useLink();
  if (page.kind !== "diff") return null;
  const { diff } = page;
  const verdict = verdictOf(page);
  return (
    <>
      <p class={`why ${verdict.kind}`}>
        <Text of={verdict.head} most={1000} />
      </p>
      <p class="none">
        <Text of={verdict.more} most={1000} />
      </p>
      {diff.first_divergences.length ? (
        <Section title="First divergences">
          <ul class="list">
            {diff.first_divergences.map((one, i) => {
              const step = model.step(one.step, one.call);
              return (
                <li key={i} class="tall">
                  <StateMark state="differs_here" />{" "}
                  {step ? <StepLink step={step} /> : <a href={link("dataset", one.dataset)}>{one.dataset}</a>}
                  <p>
                    <Text of={one.why} />
                  </p>
                </li>
              );
            })}
          </ul>
        </Section>
      ) : null}
      {diff.sources.length ? (
        <Section title="Sources that hold something else">
          <ul class="list">
            {diff.sources.map(({ a, b, why }) => (
              <li key={`${a}\u0000${b}`} class="tall">
                <Line of={b || a} />
                <p>
                  <Text of={why} />
                </p>
              </li>
            ))}
          </ul>
        </Section>
      ) : null}
      {diff.uncertain.length ? (
        <Section title="Uncertain">
          <ul class="list">
            {diff.uncertain.slice(0, 100).map(({ dataset, why }) => (
              <li key={dataset} class="tall">
                <a href={link("dataset", dataset)}>
                  <Line of={dataset} />
                </a>
                <p>
                  <Text of={why} />
                </p>
              </li>
            ))}
          </ul>
        </Section>
      ) : null}
    </>
  );
}

function Slowest({ steps }: { steps: Step[] }) {
  const timed = steps.filter((step) => !step.children.length && step.document.duration_ms !== null);
  timed.sort((x, y) => (y.document.duration_ms ?? 0) - (x.document.duration_ms ?? 0));
  if (timed.length < 2) return null;
  const longest = timed[0]?.document.duration_ms ?? 1;
  return (
    <Section title="Slowest steps">
      <ul class="list bars">
        {timed.slice(0, 8).map((step) => (
          <li key={step.key} title={nameOfStep(step)}>
            <StepLink step={step} />
            <span
              class="bar"
              style={{ width: `${Math.max(1, (80 * (step.document.duration_ms ?? 0)) / (longest || 1))}px` }}
            />
            <span class="rows">{duration(step.document.duration_ms)}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
