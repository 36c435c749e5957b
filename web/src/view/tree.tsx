import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import { type Selection, segmentsOf } from "../model/links.ts";
import type { Dataset, Model, Step } from "../model/model.ts";
import { stateOf } from "../model/model.ts";
import { type Found, search } from "../model/search.ts";
import { count, nameOfDataset, nameOfStep, rowsOf, visible } from "../model/text.ts";
import { useShown } from "./context.ts";
import { StateMark } from "./marks.tsx";
import { Line } from "./value.tsx";
import { Virtual } from "./virtual.tsx";

const ROW = 26;

interface Row {
  key: string;
  level: number;
  /** Null for what has nothing below it. */
  expanded: boolean | null;
  place: number;
  siblings: number;
  head?: string;
  step?: Step;
  dataset?: Dataset;
  found?: Found;
}

/** The calls of the program as a tree, with its sources and sinks: what the graph shows, for eyes and for readers. */
export function Tree() {
  const { model, selection, select } = useShown();
  const [asked, setAsked] = useState("");
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const [active, setActive] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const results = useMemo(() => (asked.trim() ? search(model, asked) : null), [model, asked]);
  const rows = useMemo(
    () =>
      results ? results.found.map((found, i) => rowOfFound(found, i, results.found.length)) : rowsOfTree(model, folded),
    [model, results, folded],
  );
  const chosen = selection ? rowOf(selection) : null;

  // What is selected elsewhere becomes the active row. What was opened here comes back as the selection when the address
  // has changed: by then one may have moved on, for a key may come before the page is drawn.
  const opened = useRef<string | null>(null);
  useLayoutEffect(() => {
    if (chosen !== null && chosen !== opened.current) setActive(null);
    opened.current = null;
    if (selection?.kind !== "step") return;
    const above: string[] = [];
    for (let at = selection.step.parent; at; at = at.parent) above.push(at.key);
    if (above.some((key) => folded.has(key))) {
      setFolded((before) => new Set([...before].filter((key) => !above.includes(key))));
    }
  }, [chosen]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "/" && !isTyping(event)) {
        event.preventDefault();
        field.current?.focus();
        field.current?.select();
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);

  const placeOf = (wanted: string | null): number => rows.findIndex(({ key }) => key === wanted);
  const at = placeOf(active) < 0 ? placeOf(chosen) : placeOf(active);
  const move = (to: number): void => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, to))];
    if (row) setActive(row.key);
  };
  const fold = (row: Row, fold: boolean): void => {
    const next = new Set(folded);
    if (fold) next.add(row.key);
    else next.delete(row.key);
    setFolded(next);
  };
  const open = (row: Row | undefined): void => {
    if (!row) return;
    const wanted = selectionOf(row);
    if (wanted) {
      opened.current = rowOf(wanted);
      select(...segmentsOf(wanted));
    } else fold(row, row.expanded === true);
  };
  const onKey = (event: KeyboardEvent): void => {
    const row = rows[at];
    const steps: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 15, PageUp: at - 15 };
    const to = { ...steps, Home: 0, End: rows.length - 1 }[event.key];
    if (to !== undefined) move(to);
    else if (event.key === "Enter" || (event.key === " " && event.target !== field.current)) open(row ?? rows[0]);
    else if (event.key === "ArrowRight" && event.target !== field.current && row) {
      if (row.expanded === false) fold(row, false);
      else if (row.expanded) move(at + 1);
    } else if (event.key === "ArrowLeft" && event.target !== field.current && row) {
      if (row.expanded) fold(row, true);
      else move(rows.findLastIndex((above, i) => i < at && above.level < row.level));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <nav class="navigator" aria-label="Steps and datasets">
      <div class="search">
        <input
          ref={field}
          type="search"
          placeholder="Search"
          aria-label="Search steps, datasets and columns"
          aria-controls="tree"
          value={asked}
          onInput={(event) => setAsked(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") {
              setAsked("");
              field.current?.blur();
            } else if (event.key === "ArrowDown" || event.key === "ArrowUp" || event.key === "Enter") onKey(event);
          }}
        />
        <kbd title="Press / to search">/</kbd>
      </div>
      {results ? (
        <p class="told" role="status">
          {count(results.found.length + results.more, "match", "matches")}
          {results.more ? `, the first ${results.found.length} shown` : ""}
        </p>
      ) : null}
      <Virtual
        id="tree"
        class="tree"
        role="tree"
        tabIndex={0}
        aria-label={results ? "What was found" : "Calls of the program"}
        aria-activedescendant={at >= 0 ? `tree-${at}` : undefined}
        count={rows.length}
        rowHeight={ROW}
        reveal={at}
        onKeyDown={onKey}
        row={(i) => {
          const row = rows[i];
          if (!row) return null;
          return (
            <TreeRow
              key={row.key}
              row={row}
              id={`tree-${i}`}
              active={i === at}
              chosen={row.key === chosen}
              onOpen={() => {
                setActive(row.key);
                open(row);
              }}
              onFold={() => fold(row, row.expanded === true)}
            />
          );
        }}
      />
    </nav>
  );
}

/** What a row selects: nothing, if it is the head of several. */
function selectionOf({ step, dataset, found }: Row): Selection {
  if (found?.kind === "column") return found;
  if (step) return { kind: "step", step };
  return dataset ? { kind: "dataset", dataset } : null;
}

/** An interim dataset stands with the step that made it. */
function rowOf(selection: NonNullable<Selection>): string {
  if (selection.kind === "step") return selection.step.key;
  const { dataset } = selection;
  const producer = dataset.document.kind === "interim" ? dataset.producers[dataset.producers.length - 1] : undefined;
  return (producer ?? dataset).key;
}

interface RowProps {
  row: Row;
  id: string;
  active: boolean;
  chosen: boolean;
  onOpen(): void;
  onFold(): void;
}

function TreeRow({ row, id, active, chosen, onOpen, onFold }: RowProps) {
  const node = row.step ?? row.dataset;
  const state = node ? stateOf(node) : null;
  const made = row.step ? (row.step.children.length ? [] : row.step.outputs) : row.dataset ? [row.dataset] : [];
  const wrong = row.found ? 0 : made.reduce((sum, { detail }) => sum + detail.failed_checks, 0);
  const failed = row.step && row.step.document.outcome !== "complete" ? row.step.document.outcome : null;
  const name =
    row.head ?? row.found?.text ?? (row.step ? nameOfStep(row.step) : row.dataset ? nameOfDataset(row.dataset) : "");
  const kind = row.head
    ? "head"
    : (row.found?.kind ?? (row.step ? row.step.document.kind : row.dataset?.document.kind) ?? "");
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree that holds the focus hears the keys.
    <div
      id={id}
      role="treeitem"
      tabIndex={-1}
      class={`row ${kind}${active ? " active" : ""}${chosen ? " chosen" : ""}`}
      aria-level={row.level + 1}
      aria-expanded={row.expanded ?? undefined}
      aria-selected={chosen}
      aria-posinset={row.place}
      aria-setsize={row.siblings}
      data-step={row.step ? `${row.step.document.step}~${row.step.document.call}` : undefined}
      data-dataset={row.dataset?.document.id}
      style={{ paddingLeft: `${8 + row.level * 14}px` }}
      onClick={onOpen}
    >
      {row.expanded !== null ? (
        <span
          class={`twist ${row.expanded ? "open" : ""}`}
          aria-hidden="true"
          onClick={(event) => {
            event.stopPropagation();
            onFold();
          }}
        />
      ) : (
        <span class="twist none" aria-hidden="true" />
      )}
      <span class={`kind ${kind}`} aria-hidden="true" title={kind} />
      <Line of={name} class="name" />
      {row.found ? <Line of={row.found.where} class="where" /> : null}
      {failed ? <span class="bad">{failed === "fail" ? "failed" : failed}</span> : null}
      {wrong ? (
        <span class="bad" title={count(wrong, "failed check")}>
          !
        </span>
      ) : null}
      {state && state !== "same" ? <StateMark state={state} /> : null}
      {!row.found && node ? <span class="rows">{rowsBeside(row)}</span> : null}
    </div>
  );
}

function rowsBeside(row: Row): string {
  if (row.dataset) return rowsOf(row.dataset.document);
  const made = row.step?.outputs ?? [];
  const only = made[0];
  if (!only || row.step?.children.length) return "";
  return made.length > 1 ? `${made.length} datasets` : rowsOf(only.document);
}

function rowsOfTree(model: Model, folded: ReadonlySet<string>): Row[] {
  const rows: Row[] = [];
  const add = (step: Step, level: number, place: number, siblings: number): void => {
    const expanded = step.children.length ? !folded.has(step.key) : null;
    rows.push({ key: step.key, level, expanded, place, siblings, step });
    if (!expanded) return;
    for (const [i, child] of step.children.entries()) add(child, level + 1, i + 1, step.children.length);
  };
  const heads = (["source", "sink", "model"] as const)
    .map((kind) => [kind, model.datasets.filter((dataset) => dataset.document.kind === kind)] as const)
    .filter(([, datasets]) => datasets.length);
  const siblings = model.roots.length + heads.length;
  for (const [i, root] of model.roots.entries()) add(root, 0, i + 1, siblings);
  heads.forEach(([kind, datasets], i) => {
    const key = `head ${kind}`;
    const expanded = !folded.has(key);
    const head = `${visible(kind[0]?.toUpperCase() ?? "")}${kind.slice(1)}s (${datasets.length})`;
    rows.push({ key, level: 0, expanded, place: model.roots.length + i + 1, siblings, head });
    if (!expanded) return;
    datasets.forEach((dataset, j) => {
      rows.push({ key: dataset.key, level: 1, expanded: null, place: j + 1, siblings: datasets.length, dataset });
    });
  });
  return rows;
}

function rowOfFound(found: Found, i: number, siblings: number): Row {
  const base = { level: 0, expanded: null, place: i + 1, siblings, found };
  if (found.kind === "step") return { ...base, key: found.step.key, step: found.step };
  if (found.kind === "dataset") return { ...base, key: found.dataset.key, dataset: found.dataset };
  return { ...base, key: `column ${found.dataset.key}\u0000${found.column}` };
}

export function isTyping(event: KeyboardEvent): boolean {
  const { target } = event;
  return (
    target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
  );
}
