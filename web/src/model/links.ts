/** Addresses within the page: the part behind `#`. Names may be anything, also text that is no well-formed Unicode. */

import type { Dataset, Model, Step } from "./model.ts";

export type Selection =
  | { kind: "step"; step: Step }
  | { kind: "dataset"; dataset: Dataset }
  | { kind: "column"; dataset: Dataset; column: string }
  | null;

export function encode(text: string): string {
  // encodeURIComponent throws where half of a surrogate pair stands alone.
  const parts = text.split(/(\p{Surrogate})/u);
  return parts
    .map((part, i) => (i % 2 ? `%u${part.charCodeAt(0).toString(16).toUpperCase()}` : encodeURIComponent(part)))
    .join("");
}

export function decode(text: string): string {
  const parts = text.split(/%u([0-9A-F]{4})/);
  return parts
    .map((part, i) => {
      if (i % 2) return String.fromCharCode(Number.parseInt(part, 16));
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    })
    .join("");
}

/** The decoded segments of an address. */
export function segments(hash: string): string[] {
  const text = hash.replace(/^#\/?/, "");
  return text === "" ? [] : text.split("/").map(decode);
}

export function address(...parts: (string | number)[]): string {
  return `#${parts.map((part) => encode(String(part))).join("/")}`;
}

export function segmentsOf(selection: Selection): (string | number)[] {
  if (!selection) return [];
  if (selection.kind === "step") return ["step", selection.step.document.step, selection.step.document.call];
  if (selection.kind === "dataset") return ["dataset", selection.dataset.document.id];
  return ["column", selection.dataset.document.id, selection.column];
}

/** What an address within a run names; null where it names nothing that is there. */
export function selected(model: Model, parts: string[]): Selection {
  const [kind, name, more] = parts;
  if (name === undefined) return null;
  if (kind === "step") {
    const step = model.step(name, Number(more ?? "1"));
    return step ? { kind, step } : null;
  }
  const dataset = model.dataset(name);
  if (!dataset) return null;
  if (kind === "dataset") return { kind, dataset };
  const known = kind === "column" && more !== undefined && dataset.document.columns.some(({ name }) => name === more);
  return known ? { kind: "column", dataset, column: more } : null;
}
