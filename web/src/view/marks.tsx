import type { Outcome, State } from "../document.ts";

export const STATES: Record<State, { sign: string; words: string }> = {
  same: { sign: "=", words: "the same in both runs" },
  differs_here: { sign: "≠", words: "differs here first" },
  differs_upstream: { sign: "↓", words: "differs because of what is before it" },
  only_in_a: { sign: "−", words: "only in the earlier run" },
  only_in_b: { sign: "+", words: "only in the later run" },
  uncertain: { sign: "?", words: "uncertain" },
};

export function StateMark({ state, words = false }: { state: State; words?: boolean }) {
  const known = STATES[state];
  return (
    <span class={`state ${state}`} title={known.words}>
      <span aria-hidden={words}>{known.sign}</span>
      {words ? <span>{known.words}</span> : <span class="spoken">{known.words}</span>}
    </span>
  );
}

const OUTCOMES: Record<Outcome, string> = {
  complete: "complete",
  fail: "failed",
  abort: "aborted",
  running: "running",
};

export function OutcomeMark({ outcome }: { outcome: Outcome | null }) {
  return <span class={`outcome ${outcome ?? "unknown"}`}>{outcome ? OUTCOMES[outcome] : "not known"}</span>;
}
