import type { DiffPage, State } from "../document.ts";
import { StateMark } from "./marks.tsx";

const ORDER: State[] = ["differs_here", "differs_upstream", "only_in_a", "only_in_b", "uncertain", "same"];

/** What the marks mean, and how many datasets have each. */
export function Legend({ page }: { page: DiffPage }) {
  const counts = new Map<State, number>();
  for (const { state } of page.datasets) counts.set(state, (counts.get(state) ?? 0) + 1);
  return (
    <ul class="legend" aria-label="States of datasets">
      {ORDER.filter((state) => counts.get(state)).map((state) => (
        <li key={state}>
          <StateMark state={state} /> {state.replace(/_/g, " ")} <b>{counts.get(state)}</b>
        </li>
      ))}
    </ul>
  );
}
