import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import type { DiffPage, RunPage } from "../document.ts";
import { address, type Selection, segmentsOf, selected } from "../model/links.ts";
import { type Model, modelOfDiff, modelOfRun } from "../model/model.ts";
import { scopesOf } from "../model/scopes.ts";
import { nameOfDataset, nameOfStep } from "../model/text.ts";
import { type Shown, ShownContext } from "./context.ts";
import { ColumnDetails } from "./details/column.tsx";
import { DatasetDetails } from "./details/dataset.tsx";
import { RunDetails } from "./details/run.tsx";
import { StepDetails } from "./details/step.tsx";
import { Graph } from "./graph.tsx";
import { Help } from "./help.tsx";
import { Legend } from "./legend.tsx";
import { usePrinting } from "./print.tsx";
import { ThemeSwitch } from "./theme.tsx";
import { Timeline } from "./timeline.tsx";
import { isTyping, Tree } from "./tree.tsx";
import { VerdictStrip } from "./verdict.tsx";

interface Props {
  page: RunPage | DiffPage;
  /** Segments of the address behind `base`. */
  at: string[];
  base?: string[];
  history?: ((name: string) => string) | null;
}

/** The page of a run, or of two: the verdict, the tree, the graph or the timeline, and the details of what is selected. */
export function ShownPage({ page, at, base = [], history = null }: Props) {
  const model = useMemo(() => (page.kind === "diff" ? modelOfDiff(page) : modelOfRun(page.run)), [page]);
  const scopes = useMemo(() => scopesOf(model), [model]);
  const selection = useMemo(() => selected(model, at), [model, at.join("\u0000")]);
  const [tab, setTab] = useState<"graph" | "timeline">("graph");
  const [help, setHelp] = useState(false);
  const details = useRef<HTMLElement>(null);
  const shown: Shown = {
    page,
    model,
    selection,
    base,
    history,
    select: (...parts) => {
      location.hash = address(...base, ...parts);
    },
  };
  usePrinting(shown);

  // The culprit is selected where a comparison opens.
  useEffect(() => {
    if (page.kind !== "diff" || at.length) return;
    const culprit = culpritOf(page, model);
    if (culprit) replaceAddress(address(...base, ...segmentsOf(culprit)));
  }, [page]);

  useEffect(() => {
    details.current?.scrollTo(0, 0);
  }, [at.join("\u0000")]);

  useEffect(() => {
    document.title = [titleOf(selection), model.b.show.run.app, "spark-lineage"].filter(Boolean).join(" · ");
  }, [selection, model]);

  // Before the page is drawn: the next key may come before that.
  useLayoutEffect(() => {
    const focus = (selector: string) => document.querySelector<HTMLElement>(selector)?.focus();
    const onKey = (event: KeyboardEvent) => {
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "?") setHelp(true);
      else if (event.key === "Escape" && selection && !help) location.hash = address(...base);
      else if (event.key === "g") focus(".canvas");
      else if (event.key === "t") focus(".tree");
      else if (event.key === "d") details.current?.focus();
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [selection, help]);

  return (
    <ShownContext.Provider value={shown}>
      <div class={`shown ${page.kind}`}>
        <VerdictStrip>
          <div class="buttons">
            <button type="button" title="Print, or save as PDF: the whole record as a document" onClick={() => print()}>
              Print
            </button>
            <ThemeSwitch />
            <button type="button" title="Keys (?)" aria-label="Help" onClick={() => setHelp(true)}>
              ?
            </button>
          </div>
        </VerdictStrip>
        <Tree />
        <main>
          <div class="tabs">
            <div role="tablist" aria-label="Views">
              {(["graph", "timeline"] as const).map((name) => (
                <button
                  key={name}
                  type="button"
                  role="tab"
                  id={`tab-${name}`}
                  aria-selected={tab === name}
                  aria-controls="view"
                  onClick={() => setTab(name)}
                >
                  {name === "graph" ? "Graph" : "Timeline"}
                </button>
              ))}
            </div>
            {page.kind === "diff" ? <Legend page={page} /> : null}
          </div>
          <div id="view" role="tabpanel" aria-labelledby={`tab-${tab}`}>
            {model.steps.length === 0 ? (
              <p class="empty">The record of this run has no steps.</p>
            ) : tab === "graph" ? (
              <Graph scopes={scopes} />
            ) : (
              <Timeline />
            )}
          </div>
        </main>
        <aside ref={details} tabIndex={0} aria-label="Details">
          <p class="spoken" role="status">
            {titleOf(selection)}
          </p>
          {selection ? (
            <button
              type="button"
              class="close"
              aria-label="Select nothing"
              title="Select nothing (Esc)"
              onClick={() => shown.select()}
            >
              ×
            </button>
          ) : null}
          <Details selection={selection} />
          {at.length && !selection ? (
            <p class="none">The address names something that this record does not have.</p>
          ) : null}
        </aside>
        {help ? <Help onClose={() => setHelp(false)} /> : null}
      </div>
    </ShownContext.Provider>
  );
}

function Details({ selection }: { selection: Selection }) {
  if (!selection) return <RunDetails />;
  if (selection.kind === "step") return <StepDetails key={selection.step.key} step={selection.step} />;
  if (selection.kind === "dataset") return <DatasetDetails key={selection.dataset.key} dataset={selection.dataset} />;
  return <ColumnDetails dataset={selection.dataset} column={selection.column} />;
}

function titleOf(selection: Selection): string {
  if (!selection) return "";
  if (selection.kind === "step") return nameOfStep(selection.step);
  return selection.kind === "dataset" ? nameOfDataset(selection.dataset) : selection.column;
}

export function culpritOf(page: DiffPage, model: Model): Selection {
  const step = model.steps.filter(({ paired }) => paired && paired.first !== null);
  step.sort((x, y) => (x.paired?.first ?? 0) - (y.paired?.first ?? 0) || y.index - x.index);
  const [first] = step;
  if (first) return { kind: "step", step: first };
  const dataset = model.datasets.find(({ paired }) => paired?.first === 0 || paired?.state === "differs_here");
  return dataset && page.diff.same === false ? { kind: "dataset", dataset } : null;
}

/** An address that takes the place of the one that stands there: the way back does not lead to it. */
function replaceAddress(hash: string): void {
  location.replace(hash);
}
