import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import type { Dataset, Step } from "../model/model.ts";
import { nameOfDataset, nameOfStep, visible } from "../model/text.ts";
import { useLink } from "./context.ts";

const LONG = 400;

/** A text of the record, as it is: what cannot be seen has a sign, and what is long is shown on demand. */
export function Text({ of, most = LONG }: { of: string; most?: number }) {
  const [whole, setWhole] = useState(false);
  if (of.length <= most || whole) return <bdi>{visible(of)}</bdi>;
  return (
    <bdi>
      {visible(of.slice(0, most))}…{" "}
      <button type="button" class="more" onClick={() => setWhole(true)}>
        all {of.length.toLocaleString("en")} characters
      </button>
    </bdi>
  );
}

/** One line, cut where there is no more place; the title has more of it. */
export function Line({ of, class: name = "" }: { of: string; class?: string }) {
  return (
    <bdi class={`line ${name}`} title={visible(of.slice(0, 1000))}>
      {visible(of.slice(0, 300))}
    </bdi>
  );
}

export function Cell({ of }: { of: string | null | undefined }) {
  if (of === undefined) return <span class="none">·</span>;
  return of === null ? <span class="null">null</span> : <Text of={of} most={120} />;
}

export function StepLink({ step }: { step: Step }) {
  const link = useLink();
  return (
    <a class="to-step" href={link("step", step.document.step, step.document.call)} title={visible(step.document.step)}>
      <Line of={nameOfStep(step)} />
    </a>
  );
}

export function DatasetLink({ dataset }: { dataset: Dataset }) {
  const link = useLink();
  return (
    <a class="to-dataset" href={link("dataset", dataset.document.id)} title={visible(dataset.document.name)}>
      <Line of={nameOfDataset(dataset)} />
    </a>
  );
}

export function Section({ title, note, children }: { title: string; note?: string; children: ComponentChildren }) {
  return (
    <section>
      <h3>
        {title}
        {note ? <small>{note}</small> : null}
      </h3>
      {children}
    </section>
  );
}

export function Facts({ of }: { of: [name: string, value: ComponentChildren][] }) {
  return (
    <dl class="facts">
      {of.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
