import { curve, type Line } from "../model/layout.ts";
import { joinChange } from "../model/rows.ts";
import type { Item } from "../model/scopes.ts";
import { count, number, visible } from "../model/text.ts";
import type { Shine } from "./card.tsx";

/** What one step hands to another: the more rows, the thicker; red where a join multiplies or loses them. */
export function Edge({ line, shine, far }: { line: Line; shine: Shine; far: boolean }) {
  const lit = shine
    ? shine.nodes.has(line.dataset) && shine.items.has(line.from.key) && shine.items.has(line.to.key)
    : false;
  const join = joinOf(line.to, line);
  const width = 1 + (line.rows ? Math.log10(line.rows + 1) * 0.45 : 0);
  const unknown = line.rows === null;
  const name = `edge${lit ? " lit" : shine ? " dim" : ""}${join ? " join" : ""}${unknown ? " unknown" : ""}`;
  const [start, end] = line.points.slice(-2);
  return (
    <g class={name}>
      <path d={curve(line.points)} stroke-width={width} marker-end={far ? undefined : "url(#arrow)"}>
        <title>{titleOf(line, join)}</title>
      </path>
      {(lit || join) && !far && start && end ? (
        <text x={(start[0] + end[0]) / 2} y={(start[1] + end[1]) / 2 + 4} text-anchor="middle">
          {join
            ? `${join.by > 0 ? "+" : "−"}${number(Math.abs(join.by))} rows`
            : line.rows === null
              ? ""
              : number(line.rows)}
        </text>
      ) : null}
    </g>
  );
}

function joinOf(to: Item, line: Line) {
  const join = to.type === "card" && to.step ? joinChange(to.step) : null;
  return join?.input === line.dataset ? join : null;
}

function titleOf(line: Line, join: ReturnType<typeof joinOf>): string {
  const rows = line.rows === null ? "rows not known" : count(line.rows, "row");
  const what =
    line.datasets > 1 ? `${line.datasets} datasets, at most ${rows}` : `${line.dataset.document.id}: ${rows}`;
  const words = join
    ? `\nThe join ${join.multiplies ? "multiplies" : "loses"} rows: ${number(join.output.document.rows)} come out.`
    : "";
  return visible(what + words);
}
