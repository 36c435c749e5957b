/**
 * Places what stands in the graph, left to right.
 *
 * Each open group is laid out by dagre for itself, with the groups in it as boxes of their size: only what is open is
 * laid out, and where a group folds, only it and what encloses it are laid out again.
 */

import dagre from "@dagrejs/dagre";

import type { Dataset } from "./model.ts";
import { type Card, type Group, type Item, type Scopes, standsFor } from "./scopes.ts";
import { rowsOf } from "./text.ts";
import { textWidth } from "./widths.ts";

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Placed extends Box {
  item: Item;
  /** False for a card and for a folded group. */
  open: boolean;
  ports: Dataset[];
  /** How many of the datasets have no place on it. */
  more: number;
}

export interface Line {
  key: string;
  from: Item;
  to: Item;
  /** One of them, where a folded group hides several. */
  dataset: Dataset;
  datasets: number;
  /** The most rows of the datasets; null if not known. */
  rows: number | null;
  points: [x: number, y: number][];
}

export interface Layout {
  placed: Map<string, Placed>;
  lines: Line[];
  width: number;
  height: number;
}

export const HEADER = 28;
export const PORT = 20;
export const PADDING = 16;
const MOST_PORTS = 6;
const NARROWEST = 96;
const WIDEST = 250;

interface Inner {
  places: Map<string, Box>;
  bends: Map<string, [number, number][]>;
  width: number;
  height: number;
}

/** Layouts of groups that were made before, by the sizes of what stands in them. */
export type Known = Map<string, Inner>;

/**
 * @param only keys of what is shown, with the groups that enclose it; null for everything
 */
export function layoutOf(
  scopes: Scopes,
  open: ReadonlySet<string>,
  only: ReadonlySet<string> | null,
  known: Known,
): Layout {
  const sizes = new Map<string, Placed>();
  const inners = new Map<string, Inner>();
  measure(scopes.whole, open, only, sizes, inners, known);
  const placed = new Map<string, Placed>();
  const offsets = new Map<string, [number, number]>();
  place(scopes.whole, 0, 0, sizes, inners, placed, offsets);
  const whole = inners.get(scopes.whole.key);
  const lines = linesOf(scopes, open, placed, inners, offsets);
  return { placed, lines, width: whole?.width ?? 0, height: whole?.height ?? 0 };
}

/** Sizes of the items in this group; gives the group's layout. */
function measure(
  at: Group,
  open: ReadonlySet<string>,
  only: ReadonlySet<string> | null,
  sizes: Map<string, Placed>,
  inners: Map<string, Inner>,
  known: Known,
): Inner {
  const items = only ? at.items.filter(({ key }) => only.has(key)) : at.items;
  for (const item of items) {
    if (item.type === "group" && open.has(item.key)) {
      const inner = measure(item, open, only, sizes, inners, known);
      const width = Math.max(inner.width + 2 * PADDING, textWidth(item.title) + 90);
      const height = inner.height + HEADER + 2 * PADDING;
      sizes.set(item.key, { item, open: true, ports: [], more: 0, x: 0, y: 0, width, height });
    } else {
      sizes.set(item.key, closedSize(item));
    }
  }
  const signature = `${at.key}\u0002${items.map((item) => `${only ? item.key : ""}${sizeOf(sizes, item)}`).join(" ")}`;
  let inner = known.get(signature);
  if (!inner) {
    inner = arrange(at, items, sizes);
    known.set(signature, inner);
  }
  inners.set(at.key, inner);
  return inner;
}

function sizeOf(sizes: Map<string, Placed>, item: Item): string {
  const size = sizes.get(item.key);
  return size ? `${size.width}x${size.height}` : "";
}

function closedSize(item: Item): Placed {
  const all = item.type === "card" ? (item.dataset ? [item.dataset] : item.ports) : item.leaving;
  const ports = all.slice(0, MOST_PORTS);
  const more = all.length - ports.length;
  let widest = textWidth(item.title) + (item.type === "group" ? 92 : 52);
  for (const dataset of ports) widest = Math.max(widest, portWidth(item, dataset));
  const width = Math.ceil(Math.min(WIDEST, Math.max(NARROWEST, widest)));
  const rows = ports.length + (more ? 1 : 0);
  return { item, open: false, ports, more, x: 0, y: 0, width, height: HEADER + rows * PORT + (rows ? 6 : 0) };
}

function portWidth(item: Item, dataset: Dataset): number {
  const { document, detail, paired } = dataset;
  const signs =
    Number(!document.complete) + Number(detail.failed_checks > 0) + Number((paired?.state ?? "same") !== "same");
  const rows = rowsOf(document);
  return textWidth(portName(item, dataset)) + textWidth(rows === "?" ? "not measured" : rows) + 44 + 16 * signs;
}

/** The name of a dataset on the card of the step that made it: nothing where it is that of the step. */
export function portName(item: Item, dataset: Dataset): string {
  if (item.type === "card" && item.dataset) return "rows";
  const { id } = dataset.document;
  return item.type === "card" && id.replace(/~/, " ~") === item.title ? "rows" : id;
}

function arrange(at: Group, items: Item[], sizes: Map<string, Placed>): Inner {
  const places = new Map<string, Box>();
  const bends = new Map<string, [number, number][]>();
  const joined = new Set<string>();
  const edges = [...at.edges].filter(([, [from, to]]) => sizes.has(from.key) && sizes.has(to.key));
  for (const [, [from, to]] of edges) {
    joined.add(from.key);
    joined.add(to.key);
  }
  const graph = new dagre.graphlib.Graph();
  const ranker = joined.size > 80 ? "longest-path" : "network-simplex";
  graph.setGraph({ rankdir: "LR", nodesep: 18, ranksep: 52, edgesep: 8, marginx: 0, marginy: 0, ranker });
  for (const item of items) {
    const size = sizes.get(item.key);
    if (size && joined.has(item.key)) graph.setNode(item.key, { width: size.width, height: size.height });
  }
  for (const [key, [from, to]] of edges) graph.setEdge(from.key, to.key, { key });
  let width = 0;
  let height = 0;
  if (joined.size) {
    dagre.layout(graph);
    for (const name of graph.nodes()) {
      const node = graph.node(name) as Box;
      const box = { x: node.x - node.width / 2, y: node.y - node.height / 2, width: node.width, height: node.height };
      places.set(name, box);
      width = Math.max(width, box.x + box.width);
      height = Math.max(height, box.y + box.height);
    }
    for (const edge of graph.edges()) {
      const { key, points } = graph.edge(edge) as unknown as { key: string; points: { x: number; y: number }[] };
      // Every second point lies between two ranks: only those within a rank keep the line off what stands there.
      const within = points.slice(2, -2).filter((_, i) => i % 2 === 0);
      bends.set(
        key,
        within.map(({ x, y }): [number, number] => [x, y]),
      );
      for (const { y } of points) height = Math.max(height, y);
    }
  }
  return grid(items, sizes, joined, { places, bends, width, height });
}

/** What no edge touches stands in rows below the rest. */
function grid(items: Item[], sizes: Map<string, Placed>, joined: Set<string>, inner: Inner): Inner {
  const rest = items.filter(({ key }) => !joined.has(key));
  let area = 0;
  for (const { key } of rest) area += (sizes.get(key)?.width ?? 0) * (sizes.get(key)?.height ?? 0);
  const widest = Math.max(inner.width, Math.sqrt(area * 3), NARROWEST);
  let x = 0;
  let y = inner.height ? inner.height + 32 : 0;
  let tallest = 0;
  for (const { key } of rest) {
    const size = sizes.get(key);
    if (!size) continue;
    if (x > 0 && x + size.width > widest) {
      x = 0;
      y += tallest + 16;
      tallest = 0;
    }
    inner.places.set(key, { x, y, width: size.width, height: size.height });
    x += size.width + 24;
    tallest = Math.max(tallest, size.height);
    inner.width = Math.max(inner.width, x - 24);
    inner.height = Math.max(inner.height, y + size.height);
  }
  return inner;
}

function place(
  at: Group,
  x: number,
  y: number,
  sizes: Map<string, Placed>,
  inners: Map<string, Inner>,
  placed: Map<string, Placed>,
  offsets: Map<string, [number, number]>,
): void {
  const inner = inners.get(at.key);
  if (!inner) return;
  offsets.set(at.key, [x, y]);
  for (const item of at.items) {
    const box = inner.places.get(item.key);
    const size = sizes.get(item.key);
    if (!box || !size) continue;
    const here = { ...size, x: x + box.x, y: y + box.y };
    placed.set(item.key, here);
    if (item.type === "group" && here.open) {
      place(item, here.x + PADDING, here.y + HEADER + PADDING, sizes, inners, placed, offsets);
    }
  }
}

function linesOf(
  scopes: Scopes,
  open: ReadonlySet<string>,
  placed: Map<string, Placed>,
  inners: Map<string, Inner>,
  offsets: Map<string, [number, number]>,
): Line[] {
  const lines = new Map<string, Line>();
  const seen = new Map<string, Set<Dataset>>();
  const shown = new Map<Card, Item>();
  const stand = (card: Card): Item => {
    let item = shown.get(card);
    if (!item) {
      item = standsFor(card, open);
      shown.set(card, item);
    }
    return item;
  };
  for (const edge of scopes.edges) {
    const from = stand(edge.from);
    const to = stand(edge.to);
    if (from === to) continue;
    const start = placed.get(from.key);
    const end = placed.get(to.key);
    if (!start || !end) continue;
    const port = start.ports.indexOf(edge.dataset);
    const key = `${from.key}\u0001${port}\u0001${to.key}`;
    const rows = edge.dataset.document.rows;
    const line = lines.get(key);
    if (line) {
      const datasets = seen.get(key);
      if (datasets && !datasets.has(edge.dataset)) {
        datasets.add(edge.dataset);
        line.datasets++;
        line.rows = line.rows === null || rows === null ? (line.rows ?? rows) : Math.max(line.rows, rows);
      }
      continue;
    }
    seen.set(key, new Set([edge.dataset]));
    const y = start.y + (port < 0 ? Math.min(start.height, HEADER) / 2 : HEADER + port * PORT + PORT / 2 + 1);
    const endY = end.y + Math.min(end.height, HEADER) / 2;
    const points: [number, number][] = [[start.x + start.width, y]];
    if (from.group === to.group && from.group) {
      const [dx, dy] = offsets.get(from.group.key) ?? [0, 0];
      for (const [bx, by] of inners.get(from.group.key)?.bends.get(`${from.key}\u0001${to.key}`) ?? []) {
        points.push([bx + dx, by + dy]);
      }
    }
    points.push([end.x, endY]);
    lines.set(key, { key, from, to, dataset: edge.dataset, datasets: 1, rows, points });
  }
  return [...lines.values()];
}

/** A smooth line through these points, which are ordered from left to right. */
export function curve(points: [number, number][]): string {
  const [first, ...rest] = points;
  if (!first) return "";
  let path = `M${round(first[0])} ${round(first[1])}`;
  let [x, y] = first;
  for (const [nextX, nextY] of rest) {
    const bend = nextX > x ? (nextX - x) / 2 : 40 + Math.min(120, (x - nextX) / 4);
    path += `C${round(x + bend)} ${round(y)} ${round(nextX - bend)} ${round(nextY)} ${round(nextX)} ${round(nextY)}`;
    [x, y] = [nextX, nextY];
  }
  return path;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
