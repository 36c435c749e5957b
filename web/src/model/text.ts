/** Numbers, times and names as people read them. */

import type { Dataset, Step } from "./model.ts";

const NUMBERS = new Intl.NumberFormat("en");

export function number(value: number | null): string {
  return value === null ? "–" : NUMBERS.format(value);
}

export function count(value: number, one: string, many = `${one}s`): string {
  return `${NUMBERS.format(value)} ${value === 1 ? one : many}`;
}

/** Of rows of a dataset: exact, or at least, or not known. */
export function rowsOf(document: { rows: number | null; rows_at_least: number | null }): string {
  if (document.rows !== null) return NUMBERS.format(document.rows);
  return document.rows_at_least !== null ? `≥ ${NUMBERS.format(document.rows_at_least)}` : "?";
}

export function change(value: number): string {
  return value > 0 ? `+${NUMBERS.format(value)}` : value < 0 ? `−${NUMBERS.format(-value)}` : "±0";
}

export function duration(ms: number | null): string {
  if (ms === null) return "–";
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  const units = ["kB", "MB", "GB", "TB", "PB"];
  let size = value;
  let unit = "";
  while (size >= 1000 && units.length) {
    size /= 1000;
    unit = units.shift() ?? unit;
  }
  return `${size.toFixed(size < 10 ? 2 : 1)} ${unit}`;
}

/** `2026-11-29 14:21:36 UTC` of an ISO time in UTC. */
export function time(iso: string | null): string {
  if (iso === null) return "–";
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? iso : `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

// Control characters, marks that turn the direction of what follows, and what has no width.
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are meant.
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** Where a reader would only see nothing, or something else than what is there, the number stands for the character. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (c) => `⟨U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}

/** The last part of a path or table name. */
export function lastPart(name: string): string {
  const trimmed = name.replace(/\/+$/, "");
  return trimmed.slice(trimmed.lastIndexOf("/") + 1) || name;
}

export function nameOfStep(step: Step): string {
  const { document } = step;
  const last = document.step.slice(document.step.lastIndexOf(".") + 1);
  return document.call > 1 ? `${last} ~${document.call}` : last;
}

export function nameOfDataset(dataset: Dataset): string {
  const { document } = dataset;
  return document.kind === "interim" ? document.id : (document.table ?? lastPart(document.name));
}
