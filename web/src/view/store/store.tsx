import type { DiffPage, RunPage, UiPage } from "../../document.ts";
import { address } from "../../model/links.ts";
import { ShownPage } from "../shown.tsx";
import { api, useFetched } from "./fetching.ts";
import { History } from "./history.tsx";
import { Runs } from "./runs.tsx";

const EVERY = 1000; // ms between two looks at a run that still runs

/** The local page: the list of runs, one run, two, or a history, as the address says. */
export function Store({ page, at }: { page: UiPage; at: string[] }) {
  const [kind, first, second] = at;
  if (kind === "run" && first !== undefined) return <OneRun key={first} run={first} at={at.slice(2)} />;
  if (kind === "compare" && first !== undefined && second !== undefined) {
    return <TwoRuns key={`${first}\u0000${second}`} a={first} b={second} at={at.slice(3)} />;
  }
  if (kind === "history" && first !== undefined) return <History name={first} store={second ?? ""} />;
  return <Runs page={page} />;
}

function OneRun({ run, at }: { run: string; at: string[] }) {
  const { document, refused } = useFetched<RunPage>(api("run", [run]), (page) =>
    page.run.show.run.outcome === "running" ? EVERY : null,
  );
  if (!document) return <Waiting refused={refused} />;
  return (
    <>
      {refused ? <Refused text={refused} /> : null}
      <ShownPage
        page={document}
        at={at}
        base={["run", run]}
        history={(name) => address("history", name, storeOf(run))}
      />
    </>
  );
}

function TwoRuns({ a, b, at }: { a: string; b: string; at: string[] }) {
  const { document, refused } = useFetched<DiffPage>(api("diff", [a, b]));
  if (!document) return <Waiting refused={refused} />;
  return (
    <ShownPage
      page={document}
      at={at}
      base={["compare", a, b]}
      history={(name) => address("history", name, storeOf(b))}
    />
  );
}

/** Where there are several stores, the address of a run begins with the name of its store. */
function storeOf(run: string): string {
  const at = run.indexOf(":");
  return at < 0 ? "" : run.slice(0, at);
}

export function Refused({ text }: { text: string }) {
  return (
    <p class="refused" role="alert">
      {text}
    </p>
  );
}

export function Waiting({ refused }: { refused: string | null }) {
  return (
    <div class="empty">
      {refused ? <Refused text={refused} /> : <p role="status">The record is being read …</p>}
      <p>
        <a href="#/">All runs</a>
      </p>
    </div>
  );
}
