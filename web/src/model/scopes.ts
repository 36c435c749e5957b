/**
 * What stands in the graph: cards in groups that fold.
 *
 * A card is a step with the datasets that it made, or a source or sink. A group is a call that has steps of its own, or
 * a bundle: what would stand beside more than a hundred others stands in bundles of neighbours, so that there is never
 * more to lay out at once than a layout takes a moment for.
 */

import type { Dataset, Model, Node, Step } from "./model.ts";
import { count, nameOfDataset, nameOfStep } from "./text.ts";

export interface Card {
  type: "card";
  key: string;
  /** The step that it stands for; null for sources and sinks. */
  step: Step | null;
  /** The source or sink that it stands for. */
  dataset: Dataset | null;
  /** What the step made. */
  ports: Dataset[];
  title: string;
  group: Group;
}

export interface Group {
  type: "group";
  key: string;
  /** The call that it stands for; null for a bundle and for the whole. */
  step: Step | null;
  title: string;
  items: Item[];
  /** Null for the whole. */
  group: Group | null;
  depth: number;
  /** How many cards stand in it, at any depth. */
  cards: number;
  /** Edges between its items, by their places. */
  edges: Map<string, [from: Item, to: Item]>;
  /** What is used outside of it. */
  leaving: Dataset[];
}

export type Item = Card | Group;

export interface Edge {
  from: Card;
  to: Card;
  dataset: Dataset;
}

export interface Scopes {
  whole: Group;
  edges: Edge[];
  groups: Map<string, Group>;
  /** The card or group that stands for a step; the card that a dataset stands on. */
  itemOf: Map<Node, Item>;
}

const TOO_MANY = 120;

export function scopesOf(model: Model): Scopes {
  const whole = group("whole", null, "", null);
  const itemOf = new Map<Node, Item>();
  const groups = new Map<string, Group>();
  const own = new Map<Step, Card>();

  const first = model.roots[0];
  const single = model.roots.length === 1 && first && first.children.length > 0 ? first : null;
  const add = (step: Step, into: Group): void => {
    if (step.children.length === 0) {
      const made = card(`card ${step.key}`, step, null, nameOfStep(step), into);
      into.items.push(made);
      itemOf.set(step, made);
      return;
    }
    const inner = group(`group ${step.key}`, step, nameOfStep(step), into);
    into.items.push(inner);
    itemOf.set(step, inner);
    for (const child of step.children) add(child, inner);
  };
  if (single) {
    itemOf.set(single, whole);
    for (const child of single.children) add(child, whole);
  } else {
    for (const root of model.roots) add(root, whole);
  }

  // What a composite call made or used itself, and none of its steps: it has a card of its own in its group.
  const cardOf = (step: Step): Card => {
    const item = itemOf.get(step);
    if (item?.type === "card") return item;
    let made = own.get(step);
    if (!made) {
      const into = item ?? whole;
      made = card(`own ${step.key}`, step, null, nameOfStep(step), into);
      into.items.unshift(made);
      own.set(step, made);
    }
    return made;
  };

  const edges: Edge[] = [];
  const sources: Card[] = [];
  const sinks: Card[] = [];
  for (const dataset of model.datasets) {
    const producers = innermost(dataset.producers);
    const consumers = innermost(dataset.consumers);
    const producer = producers[producers.length - 1];
    const kind = dataset.document.kind;
    let from: Card;
    if (producer && kind !== "source" && kind !== "sink") {
      from = cardOf(producer);
      from.ports.push(dataset);
    } else {
      const made = card(`card ${dataset.key}`, null, dataset, nameOfDataset(dataset), whole);
      (producers.length || kind === "sink" ? sinks : sources).push(made);
      for (const step of producers) edges.push({ from: cardOf(step), to: made, dataset });
      from = made;
    }
    itemOf.set(dataset, from);
    for (const step of consumers) {
      const to = cardOf(step);
      if (to !== from) edges.push({ from, to, dataset });
    }
  }

  bundleSteps(whole);
  whole.items = [...bundled(whole, sources, "sources"), ...whole.items, ...bundled(whole, sinks, "sinks")];
  finish(whole, groups);
  connect(edges);
  return { whole, edges, groups, itemOf };
}

function card(key: string, step: Step | null, dataset: Dataset | null, title: string, into: Group): Card {
  return { type: "card", key, step, dataset, ports: [], title, group: into };
}

function group(key: string, step: Step | null, title: string, into: Group | null): Group {
  const depth = into ? into.depth + 1 : 0;
  return { type: "group", key, step, title, items: [], group: into, depth, cards: 0, edges: new Map(), leaving: [] };
}

/** Without steps that enclose another one of them. */
function innermost(steps: Step[]): Step[] {
  if (steps.length < 2) return steps;
  const enclosing = new Set<Step>();
  for (const step of steps) {
    for (let at = step.parent; at; at = at.parent) enclosing.add(at);
  }
  return steps.filter((step) => !enclosing.has(step));
}

function bundleSteps(at: Group): void {
  for (const item of at.items) if (item.type === "group") bundleSteps(item);
  at.items = bundled(at, at.items, "steps");
}

function bundled(at: Group, items: Item[], what: string): Item[] {
  if (items.length <= TOO_MANY) return items;
  const size = Math.ceil(items.length / Math.ceil(Math.sqrt(items.length)));
  const bundles: Item[] = [];
  for (let i = 0; i < items.length; i += size) {
    const some = items.slice(i, i + size);
    const first = some[0]?.title ?? "";
    const last = some[some.length - 1]?.title ?? "";
    const bundle = group(`bundle ${what} ${i} ${at.key}`, null, `${first} … ${last}`, at);
    bundle.items = some;
    for (const item of some) item.group = bundle;
    bundles.push(bundle);
  }
  return bundles;
}

function finish(at: Group, groups: Map<string, Group>): void {
  groups.set(at.key, at);
  at.depth = at.group ? at.group.depth + 1 : 0;
  at.cards = 0;
  for (const item of at.items) {
    if (item.type === "group") finish(item, groups);
    at.cards += item.type === "group" ? item.cards : 1;
  }
}

/** Gives each edge to the group in which both its ends stand, and each group what leaves it. */
function connect(edges: Edge[]): void {
  const leaving = new Map<Group, Set<Dataset>>();
  for (const { from, to, dataset } of edges) {
    const ways = [pathTo(from), pathTo(to)] as const;
    let shared = 0;
    while (ways[0][shared] !== undefined && ways[0][shared] === ways[1][shared]) shared++;
    const scope = ways[0][shared - 1];
    if (scope?.type !== "group") continue;
    const [x, y] = [ways[0][shared], ways[1][shared]];
    if (x && y) scope.edges.set(`${x.key}\u0001${y.key}`, [x, y]);
    for (const item of ways[0].slice(shared)) {
      if (item.type !== "group" || dataset.document.kind === "sink") continue;
      const list = leaving.get(item);
      if (list) list.add(dataset);
      else leaving.set(item, new Set([dataset]));
    }
  }
  for (const [at, datasets] of leaving) at.leaving = [...datasets];
}

function pathTo(card: Card): Item[] {
  const path: Item[] = [card];
  for (let at: Group | null = card.group; at; at = at.group) path.push(at);
  return path.reverse();
}

/** The item that stands for a card while only these groups are open. */
export function standsFor(card: Card, open: ReadonlySet<string>): Item {
  let item: Item = card;
  for (let at: Group | null = card.group; at?.group; at = at.group) if (!open.has(at.key)) item = at;
  return item;
}

export function enclosing(item: Item): Group[] {
  const groups: Group[] = [];
  for (let at = item.group; at?.group; at = at.group) groups.push(at);
  return groups;
}

/** All groups are open in a small graph; in a large one none, but the one that all stands in. */
export function firstOpen(scopes: Scopes, most = 60): Set<string> {
  const open = new Set<string>();
  if (scopes.whole.cards <= most) {
    for (const { key } of scopes.groups.values()) open.add(key);
    return open;
  }
  let at = scopes.whole;
  for (;;) {
    const inner = at.items.filter((item): item is Group => item.type === "group");
    const only = inner[0];
    if (inner.length !== 1 || !only || at.items.length > 20 || only.items.length > most) return open;
    open.add(only.key);
    at = only;
  }
}

export function meta(group: Group): string {
  return count(group.cards, "step");
}
