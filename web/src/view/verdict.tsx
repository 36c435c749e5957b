import type { ComponentChildren } from "preact";

import type { RunPart } from "../document.ts";
import { measuredOf } from "../model/measured.ts";
import { count, duration, number, time } from "../model/text.ts";
import { verdictOf } from "../model/verdict.ts";
import { useLink, useShown } from "./context.ts";
import { OutcomeMark } from "./marks.tsx";
import { Line } from "./value.tsx";

function Chip({
  name,
  tone = "",
  title,
  to,
  children,
}: {
  name: string;
  tone?: string;
  title?: string;
  /** Where one sees more of it. */
  to?: string;
  children: ComponentChildren;
}) {
  return (
    <li class={`chip ${tone}`} title={title}>
      <span class="name">{name}</span>{" "}
      {to ? (
        <a class="said" href={to}>
          {children}
        </a>
      ) : (
        <span class="said">{children}</span>
      )}
    </li>
  );
}

/** What one must know before anything else. */
export function VerdictStrip({ children }: { children?: ComponentChildren }) {
  const { page, model, history } = useShown();
  const link = useLink();
  const { run } = model.b.show;
  return (
    <header class="verdict">
      {history ? (
        <a class="back" href="#/" title="All runs of the store">
          Runs
        </a>
      ) : null}
      <h1>
        <a href={link()} title="The whole run">
          <Line of={run.app} />
        </a>
      </h1>
      {page.kind === "diff" ? <Compared /> : <Chips part={model.b} />}
      {children}
    </header>
  );
}

function Compared() {
  const { page } = useShown();
  if (page.kind !== "diff") return null;
  const { kind, head, more } = verdictOf(page);
  return (
    <div class={`compared ${kind}`} role="status">
      <b>
        <Line of={head} />
      </b>
      <span>
        <Line of={more} />{" "}
        <span class="none">
          · {time(page.a.show.run.started_at)} → {time(page.b.show.run.started_at)}
        </span>
      </span>
    </div>
  );
}

export function Chips({ part }: { part: RunPart }) {
  const { run, gaps } = part.show;
  const link = useLink();
  const measured = measuredOf(part);
  const { check, check_refused, verify, proof } = part;
  const failed = check?.results.filter(({ passed }) => !passed).length ?? 0;
  const reasons = measured.reasons.map(([reason, n]) => `${n} ${reason}`).join(", ");
  return (
    <ul class="chips">
      <Chip name="run" tone={run.outcome === "complete" ? "good" : run.outcome === "running" ? "" : "bad"}>
        <OutcomeMark outcome={run.outcome} /> {run.duration_ms !== null ? `in ${duration(run.duration_ms)}` : null}
      </Chip>
      {check ? (
        <Chip name="checks" to={link()} tone={failed ? "bad" : check.results.length ? "good" : ""}>
          {failed
            ? `${number(failed)} of ${number(check.results.length)} failed`
            : check.results.length
              ? `${number(check.results.length)} passed`
              : "none"}
        </Chip>
      ) : (
        <Chip name="checks" title={check_refused ?? ""}>
          not checked
        </Chip>
      )}
      <Chip name="measured" to={link()} tone={measured.exact < measured.datasets ? "warn" : "good"} title={reasons}>
        {number(measured.exact)} of {count(measured.datasets, "dataset")} exact
        {measured.partial ? `, ${measured.partial} partial` : ""}
        {measured.not ? `, ${measured.not} not measured` : ""}
      </Chip>
      <Chip name="gaps" to={link()} tone={gaps.length ? "warn" : "good"}>
        {gaps.length ? number(gaps.length) : "none"}
      </Chip>
      <Chip name="mode">{run.mode}</Chip>
      {run.commit !== null ? (
        <Chip name="commit" title={run.commit}>
          <code>{run.commit.slice(0, 10)}</code>
          {proof.dirty ? " + changes" : ""}
        </Chip>
      ) : null}
      <Chip name="record" tone={verify.intact ? "good" : "bad"} title={verify.why ?? verify.root_hash ?? ""}>
        {verify.intact ? "verified" : run.outcome === "running" ? "not sealed yet" : "not verified"}
      </Chip>
    </ul>
  );
}
