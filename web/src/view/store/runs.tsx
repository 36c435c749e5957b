import { useEffect, useMemo, useState } from "preact/hooks";

import type { CheckDocument, ListedRun, RunsDocument, UiPage } from "../../document.ts";
import { address } from "../../model/links.ts";
import { count, duration, time, visible } from "../../model/text.ts";
import { OutcomeMark } from "../marks.tsx";
import { ThemeSwitch } from "../theme.tsx";
import { Line } from "../value.tsx";
import { api, useFetched } from "./fetching.ts";
import { Refused, Waiting } from "./store.tsx";

const MOST = 200;

/** All runs of the stores, newest first: open one, or choose two and compare. */
export function Runs({ page }: { page: UiPage }) {
  const { document: listed, refused } = useFetched<RunsDocument>(api("runs"), () =>
    document.hidden ? 60_000 : 10_000,
  );
  const [asked, setAsked] = useState("");
  const [chosen, setChosen] = useState<string[]>([]);
  const [most, setMost] = useState(MOST);
  useEffect(() => {
    document.title = "Runs · spark-lineage";
  }, []);
  const runs = useMemo(() => filtered(listed?.runs ?? [], asked), [listed, asked]);
  if (!listed) return <Waiting refused={refused} />;
  const shown = runs.slice(0, most);
  const several = listed.stores.length > 1;
  const choose = (run: string): void => {
    setChosen(chosen.includes(run) ? chosen.filter((one) => one !== run) : [...chosen.slice(-1), run]);
  };
  // The earlier one of two is laid under the later one, in whichever order they were chosen.
  const pair = listed.runs.filter((run) => chosen.includes(run.address)).reverse();
  const [a, b] = pair;
  return (
    <div class="store">
      <header>
        <h1>Runs</h1>
        <span class="none">
          <Line of={page.stores.map(({ path }) => path).join(", ")} />
        </span>
        <div class="buttons">
          <ThemeSwitch />
        </div>
      </header>
      <main>
        {refused ? <Refused text={refused} /> : null}
        {listed.refused.map((text) => (
          <Refused key={text} text={visible(text)} />
        ))}
        <div class="bar">
          <input
            type="search"
            placeholder="Application, label, commit, outcome"
            aria-label="Search runs"
            value={asked}
            onInput={(event) => setAsked(event.currentTarget.value)}
          />
          <span class="none" role="status">
            {asked ? `${count(runs.length, "run")} of ${listed.runs.length}` : count(listed.runs.length, "run")}
            {listed.older ? `, ${listed.older} older` : ""}
          </span>
          <button
            type="button"
            class="main"
            disabled={!a || !b}
            onClick={() => {
              if (a && b) location.hash = address("compare", a.address, b.address);
            }}
          >
            Compare
          </button>
          <span class="none">
            {a && b ? "" : chosen.length ? "choose one more" : "choose two runs to compare them"}
          </span>
        </div>
        {listed.runs.length === 0 ? (
          <p class="empty">There are no runs yet: spark-lineage run records one.</p>
        ) : runs.length === 0 ? (
          <p class="empty">No run has that.</p>
        ) : (
          <table class="runs" aria-label="Runs">
            <thead>
              <tr>
                <th>
                  <span class="spoken">compare</span>
                </th>
                <th scope="col">application</th>
                <th scope="col">outcome</th>
                <th scope="col">checks</th>
                <th scope="col">started</th>
                <th scope="col" class="number">
                  time
                </th>
                <th scope="col">mode</th>
                <th scope="col">commit</th>
                <th scope="col">labels</th>
                {several ? <th scope="col">store</th> : null}
                <th scope="col">run</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((run) => (
                <RunRow
                  key={run.address}
                  run={run}
                  several={several}
                  chosen={chosen.includes(run.address)}
                  onChoose={() => choose(run.address)}
                />
              ))}
            </tbody>
          </table>
        )}
        {runs.length > shown.length ? (
          <button type="button" onClick={() => setMost(most + 1000)}>
            {runs.length - shown.length} more
          </button>
        ) : null}
      </main>
    </div>
  );
}

interface RowProps {
  run: ListedRun;
  several: boolean;
  chosen: boolean;
  onChoose(): void;
}

function RunRow({ run, several, chosen, onChoose }: RowProps) {
  const name = run.app ?? run.short_id;
  const labels = Object.entries(run.labels);
  return (
    <tr data-run={run.address} class={chosen ? "chosen" : ""}>
      <td>
        <input
          type="checkbox"
          aria-label={`Compare ${visible(name)} ${run.short_id}`}
          checked={chosen}
          onChange={onChoose}
        />
      </td>
      <td class="app">
        <a href={address("run", run.address)}>
          <Line of={name} />
        </a>
        {run.unreadable ? <Line of={run.unreadable} class="bad" /> : null}
      </td>
      <td>
        <OutcomeMark outcome={run.outcome} />
      </td>
      <td>
        <ChecksOf run={run} />
      </td>
      <td class="number-left">{time(run.started_at)}</td>
      <td class="number">{duration(run.duration_ms)}</td>
      <td>{run.mode ?? "–"}</td>
      <td>
        {run.commit ? (
          <code title={run.commit}>
            {run.commit.slice(0, 10)}
            {run.dirty ? " +" : ""}
          </code>
        ) : (
          "–"
        )}
        {run.branch ? <Line of={run.branch} class="none" /> : null}
      </td>
      <td class="labels">
        {labels.map(([label, value]) => (
          <span class="tag" key={label} title={visible(`${label}=${value}`.slice(0, 1000))}>
            {visible(`${label}=${value}`.slice(0, 40))}
          </span>
        ))}
      </td>
      {several ? <td>{visible(run.store)}</td> : null}
      <td>
        <code title={run.id}>{run.short_id}</code>
      </td>
    </tr>
  );
}

/** Asked for once the row has been in view: what it costs is paid for the runs that one looks at. */
function ChecksOf({ run }: { run: ListedRun }) {
  const [place, setPlace] = useState<HTMLElement | null>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (!place || seen) return;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) setSeen(true);
    });
    observer.observe(place);
    return () => observer.disconnect();
  }, [place, seen]);
  const asks = seen && run.unreadable === null && run.mode !== "plan"; // nothing was measured, nothing is checked
  const { document, refused } = useFetched<CheckDocument>(asks ? api("checks", [run.address]) : null);
  const failed = document?.results.filter(({ passed }) => !passed).length ?? 0;
  return (
    <span
      ref={setPlace}
      class={failed ? "bad" : ""}
      title={refused ?? (run.mode === "plan" ? "plan mode measures nothing to check" : "")}
    >
      {document
        ? failed
          ? `${failed} failed`
          : document.results.length
            ? `${document.results.length} passed`
            : "none"
        : refused || run.unreadable !== null || run.mode === "plan"
          ? "–"
          : "…"}
    </span>
  );
}

function filtered(runs: ListedRun[], asked: string): ListedRun[] {
  const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return runs;
  return runs.filter((run) => {
    const labels = Object.entries(run.labels).map(([name, value]) => `${name}=${value}`);
    const text = [run.app, run.program, run.outcome, run.mode, run.commit, run.branch, run.id, run.store, ...labels]
      .join(" ")
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
