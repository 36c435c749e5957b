import { createContext } from "preact";
import { useContext } from "preact/hooks";

import type { DiffPage, RunPage } from "../document.ts";
import { address, type Selection } from "../model/links.ts";
import type { Model } from "../model/model.ts";

/** What every part of the page of a run, or of two, can ask for. */
export interface Shown {
  page: RunPage | DiffPage;
  model: Model;
  selection: Selection;
  /** What stands in front of addresses within the run: nothing in a report, the run or runs in the local page. */
  base: string[];
  select(...parts: (string | number)[]): void;
  /** Address of what a name stands for in the record of all runs; null in a report, which has one run only. */
  history: ((name: string) => string) | null;
}

export const ShownContext = createContext<Shown | null>(null);

export function useShown(): Shown {
  const shown = useContext(ShownContext);
  if (!shown) throw new Error("This part stands outside of a page.");
  return shown;
}

export function useLink(): (...parts: (string | number)[]) => string {
  const { base } = useShown();
  return (...parts) => address(...base, ...parts);
}
