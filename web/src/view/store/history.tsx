import { useEffect, useState } from "preact/hooks";

import type { HistoryDocument, HistoryPoint, HistorySeries } from "../../document.ts";
import { address } from "../../model/links.ts";
import { count, duration, number, time, visible } from "../../model/text.ts";
import { OutcomeMark } from "../marks.tsx";
import { ThemeSwitch } from "../theme.tsx";
import { Line, Text } from "../value.tsx";
import { api, useFetched } from "./fetching.ts";
import { Refused, Waiting } from "./store.tsx";

type Shown = "rows" | "duration_ms" | "nulls";
const SHOWN: [Shown, string][] = [
  ["rows", "rows"],
  ["duration_ms", "time"],
  ["nulls", "nulls"],
];

/** A step or dataset over the runs: a chart, and a table that says where it changed. */
export function History({ name, store }: { name: string; store: string }) {
  const { document: history, refused } = useFetched<HistoryDocument>(api("history", [], { name, store }));
  useEffect(() => {
    document.title = `${name} · history · spark-lineage`;
  }, [name]);
  if (!history) return <Waiting refused={refused} />;
  return (
    <div class="store">
      <header>
        <h1>
          <a href="#/">Runs</a> <span class="none">/</span> History of <Line of={name} />
        </h1>
        <div class="buttons">
          <ThemeSwitch />
        </div>
      </header>
      <main>
        {history.unreadable.map((text) => (
          <Refused key={text} text={visible(text)} />
        ))}
        {history.series.length ? null : <p class="empty">No run has a step or dataset of this name.</p>}
        {history.series.map((series, i) => (
          <Series key={i} series={series} store={history.store} several={store !== ""} />
        ))}
      </main>
    </div>
  );
}

function Series({ series, store, several }: { series: HistorySeries; store: string; several: boolean }) {
  const [shown, setShown] = useState<Shown>(series.points.some(({ rows }) => rows !== null) ? "rows" : "duration_ms");
  return (
    <section class="series">
      <h2>
        <Text of={series.dataset} />{" "}
        <small class="none">
          {series.step !== null ? visible(series.step) : ""}
          {series.call > 1 ? ` call ${series.call}` : ""}, {count(series.points.length, "run")}
        </small>
      </h2>
      <div class="bar" role="radiogroup" aria-label="What the chart shows">
        {SHOWN.map(([value, words]) => (
          <label key={value}>
            <input type="radio" checked={shown === value} onChange={() => setShown(value)} /> {words}
          </label>
        ))}
      </div>
      <Chart points={series.points} shown={shown} />
      <table class="runs" aria-label="History">
        <thead>
          <tr>
            <th scope="col">run</th>
            <th scope="col">outcome</th>
            <th scope="col" class="number">
              rows
            </th>
            <th scope="col" class="number">
              nulls
            </th>
            <th scope="col" class="number">
              time
            </th>
            <th scope="col">measured</th>
            <th scope="col">commit</th>
            <th scope="col">changed</th>
          </tr>
        </thead>
        <tbody>
          {[...series.points].reverse().map((point) => (
            <tr key={point.run} data-run={point.run} class={point.present ? "" : "absent"}>
              <td>
                <a
                  href={address(
                    "run",
                    several ? `${store}:${point.run}` : point.run,
                    ...(point.dataset !== null ? ["dataset", point.dataset] : []),
                  )}
                >
                  {time(point.started_at)}
                </a>
              </td>
              <td>
                <OutcomeMark outcome={point.step_outcome ?? point.outcome} />
              </td>
              <td class="number rows">{point.present ? number(point.rows) : "not there"}</td>
              <td class="number">{number(point.nulls)}</td>
              <td class="number">{duration(point.duration_ms)}</td>
              <td>{point.complete ? "exact" : (point.reason ?? "–")}</td>
              <td>{point.commit ? <code title={point.commit}>{point.commit.slice(0, 10)}</code> : "–"}</td>
              <td>
                {point.changed.map((what) => (
                  <span class="tag" key={what}>
                    {visible(what)}
                  </span>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [900, 180, 76, 22];

function Chart({ points, shown }: { points: HistoryPoint[]; shown: Shown }) {
  const values = points.map((point) => point[shown]);
  const known = values.filter((value): value is number => value !== null);
  if (!known.length) return <p class="none">None of these runs knows this number.</p>;
  const most = Math.max(...known, 1);
  const x = (i: number) => LEFT + ((WIDTH - LEFT - 16) * (i + 0.5)) / points.length;
  const y = (value: number) => 10 + (HEIGHT - BOTTOM - 10) * (1 - value / most);
  const words = (value: number) => (shown === "duration_ms" ? duration(value) : number(Math.round(value)));
  const line = values
    .map((value, i) => (value === null ? "" : `${i && values[i - 1] !== null ? "L" : "M"}${x(i)} ${y(value)}`))
    .join("");
  return (
    <svg
      class="chart"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`${SHOWN.find(([value]) => value === shown)?.[1] ?? ""} over the runs, oldest first; the table holds the same`}
    >
      {[0, 0.5, 1].map((share) => (
        <g key={share}>
          <line x1={LEFT} x2={WIDTH - 8} y1={y(most * share)} y2={y(most * share)} />
          <text x={LEFT - 8} y={y(most * share) + 4} text-anchor="end">
            {words(most * share)}
          </text>
        </g>
      ))}
      <path d={line} />
      {values.map((value, i) => {
        const point = points[i];
        if (value === null || !point) return null;
        const changed = point.changed.length > 0;
        return (
          <circle
            key={point.run}
            cx={x(i)}
            cy={y(value)}
            r={changed ? 5 : 3.5}
            class={`${changed ? "changed" : ""}${point.complete === false ? " partial" : ""}`}
          >
            <title>{`${time(point.started_at)}: ${words(value)}${changed ? `\nchanged: ${point.changed.join(", ")}` : ""}`}</title>
          </circle>
        );
      })}
      <text x={LEFT} y={HEIGHT - 4}>
        {time(points[0]?.started_at ?? null).slice(0, 10)}
      </text>
      <text x={WIDTH - 8} y={HEIGHT - 4} text-anchor="end">
        {time(points[points.length - 1]?.started_at ?? null).slice(0, 10)}
      </text>
    </svg>
  );
}
