import { HEADER, type Placed, PORT, portName } from "../model/layout.ts";
import type { Dataset, Node } from "../model/model.ts";
import { stateOf } from "../model/model.ts";
import type { Item } from "../model/scopes.ts";
import { count, rowsOf, visible } from "../model/text.ts";
import { shortened, textWidth } from "../model/widths.ts";
import { STATES } from "./marks.tsx";

/** What a selection lights up; null where nothing is selected. */
export type Shine = { items: ReadonlySet<string>; nodes: ReadonlySet<Node> } | null;

interface Props {
  placed: Placed;
  shine: Shine;
  chosen: string | null;
  /** Seen from so far that only names can be read. */
  far: boolean;
}

export function Box({ placed, shine, chosen, far }: Props) {
  const { item, x, y, width, height, open, ports, more } = placed;
  const node = item.step ?? (item.type === "card" ? item.dataset : null);
  const state = node ? stateOf(node) : null;
  const outcome = item.step?.document.outcome ?? "complete";
  const classes = ["box", kindOf(item), item.type];
  if (open) classes.push("open");
  if (shine && !shine.items.has(item.key)) classes.push("dim");
  if (node && node.key === chosen) classes.push("chosen");
  if (state) classes.push(state);
  if (outcome !== "complete") classes.push(outcome);
  const failed = ports.reduce((sum, { detail }) => sum + detail.failed_checks, 0);
  const signs = [state && state !== "same" ? STATES[state].sign : "", failed ? "!" : ""].filter(Boolean).join(" ");
  const room = width - 34 - (item.type === "group" ? 54 : 0) - (signs ? 18 : 0);
  const title = visible(item.title);
  const name = textWidth(title) + 4;
  return (
    <g
      class={classes.join(" ")}
      transform={`translate(${x} ${y})`}
      data-key={item.key}
      data-step={item.step ? `${item.step.document.step}~${item.step.document.call}` : undefined}
      data-dataset={item.type === "card" ? item.dataset?.document.id : undefined}
      data-state={state ?? undefined}
    >
      <title>{titleOf(item, outcome, failed)}</title>
      <rect class="back" width={width} height={height} rx={item.type === "card" && item.dataset ? HEADER / 2 : 5} />
      <rect class="bar" width={4} height={Math.min(height, HEADER) - 12} x={8} y={6} rx={2} />
      <text
        class="name"
        x={18}
        y={18}
        style={far ? { fontSize: `${Math.max(12, Math.min(19, (12 * room) / name))}px` } : undefined}
      >
        {shortened(title, room)}
      </text>
      {signs ? (
        <text class="sign" x={width - (item.type === "group" ? 62 : 10)} y={18} text-anchor="end">
          {signs}
        </text>
      ) : null}
      {item.type === "group" ? (
        <g data-fold class="fold">
          <rect x={width - 56} y={4} width={50} height={20} rx={4} />
          <text x={width - 31} y={18} text-anchor="middle">
            {open ? "fold" : `+ ${item.cards}`}
          </text>
        </g>
      ) : null}
      {open
        ? null
        : ports.map((dataset, i) => (
            <Port
              key={dataset.key}
              item={item}
              dataset={dataset}
              i={i}
              width={width}
              chosen={dataset.key === chosen}
              shine={shine}
            />
          ))}
      {more && !open ? (
        <text class="port more" x={18} y={HEADER + ports.length * PORT + 14}>
          and {more} more
        </text>
      ) : null}
    </g>
  );
}

interface PortProps {
  item: Item;
  dataset: Dataset;
  i: number;
  width: number;
  chosen: boolean;
  shine: Shine;
}

function Port({ item, dataset, i, width, chosen, shine }: PortProps) {
  const { document } = dataset;
  const rows = rowsOf(document);
  const state = stateOf(dataset);
  const differs = state && state !== "same" ? STATES[state].sign : "";
  const sign = `${differs}${dataset.detail.failed_checks ? " !" : ""}${document.complete ? "" : " ◐"}`.trim();
  const classes = `port${chosen ? " chosen" : ""}${shine && !shine.nodes.has(dataset) ? " dim" : ""} ${state ?? ""}`;
  const y = HEADER + i * PORT;
  const name = portName(item, dataset);
  const right = rows === "?" ? "not measured" : rows;
  return (
    <g class={classes} data-port={i} data-dataset={document.id}>
      <title>{`${visible(document.id)}: ${count(document.columns.length, "column")}, ${rows === "?" ? "rows not known" : `${rows} rows`}${document.complete ? "" : `, partial (${document.reason ?? "not measured"})`}`}</title>
      <rect x={4} y={y} width={width - 8} height={PORT} rx={3} />
      <text x={18} y={y + 14}>
        {shortened(visible(name), width - textWidth(right) - (sign ? 54 : 36))}
      </text>
      <text class="rows" x={width - 10} y={y + 14} text-anchor="end">
        {sign ? <tspan class="sign">{`${sign} `}</tspan> : null}
        {right}
      </text>
    </g>
  );
}

function kindOf(item: Item): string {
  if (item.type === "group") return item.step ? "call" : "bundle";
  return item.dataset ? item.dataset.document.kind : (item.step?.document.kind ?? "");
}

function titleOf(item: Item, outcome: string, failed: number): string {
  const words: string[] = [];
  if (item.step) {
    const { step, call, file, line } = item.step.document;
    words.push(`${step}${call > 1 ? ` (call ${call})` : ""}`, `${file}:${line}`);
  } else if (item.type === "card" && item.dataset) words.push(item.dataset.document.name, item.dataset.document.kind);
  else words.push(item.title);
  if (outcome !== "complete") words.push(outcome === "fail" ? "failed" : outcome);
  if (failed) words.push(count(failed, "failed check"));
  return visible(words.join("\n"));
}
