/** What of the graph is meant: by a selection, by an arrow key, by where one looks. */

import type { Layout, Placed } from "../model/layout.ts";
import type { Node } from "../model/model.ts";
import type { Neighbours } from "../model/neighbours.ts";
import { enclosing, type Item, type Scopes, standsFor } from "../model/scopes.ts";
import { number } from "../model/text.ts";
import type { Shine } from "./card.tsx";
import { inView, type View } from "./viewing.ts";

/** What has to stay where it is on the screen: what is selected, or else the first that is in sight. */
export function held(
  layout: Layout | null,
  { x, y, k }: View,
  chosen: string | null,
  frame: HTMLElement | null,
): { key: string; x: number; y: number } | null {
  let found: Placed | null = null;
  for (const placed of layout?.placed.values() ?? []) {
    const { item } = placed;
    const node = item.step ?? (item.type === "card" ? item.dataset : null);
    if (node && node.key === chosen) {
      found = placed;
      break;
    }
    if (!found && frame && inView(placed, { x, y, k }, frame.clientWidth, frame.clientHeight)) found = placed;
  }
  return found && { key: found.item.key, x: x + found.x * k, y: y + found.y * k };
}

/** What all these items stand in. */
export function around(
  layout: Layout,
  keys: ReadonlySet<string>,
): { x: number; y: number; width: number; height: number } {
  let [left, top, right, bottom] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 0];
  for (const key of keys) {
    const placed = layout.placed.get(key);
    if (!placed || placed.open) continue;
    left = Math.min(left, placed.x);
    top = Math.min(top, placed.y);
    right = Math.max(right, placed.x + placed.width);
    bottom = Math.max(bottom, placed.y + placed.height);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

export function standing(item: Item, open: ReadonlySet<string>): Item {
  let shown = item;
  for (const group of enclosing(item)) if (!open.has(group.key)) shown = group;
  return shown;
}

export function spans(points: [number, number][], sight: { top: number; bottom: number }): boolean {
  const ys = points.map(([, y]) => y);
  return Math.min(...ys) < sight.bottom && Math.max(...ys) > sight.top;
}

export function within({ before, behind }: Neighbours, depth: number, node: Node): Set<Node> {
  const near = new Set<Node>([node]);
  for (const { distance } of [before, behind]) for (const [other, far] of distance) if (far <= depth) near.add(other);
  return near;
}

export function shineOf(scopes: Scopes, open: ReadonlySet<string>, near: Set<Node> | null): Shine {
  if (!near) return null;
  const items = new Set<string>();
  for (const node of near) {
    const item = scopes.itemOf.get(node);
    if (!item) continue;
    items.add(item.type === "card" ? standsFor(item, open).key : standing(item, open).key);
    for (const group of enclosing(item)) items.add(group.key);
  }
  return { items, nodes: near };
}

export function reachOf(reach: { direct: number; all: number }): string {
  return `${number(reach.direct)} direct, ${number(reach.all)} in all`;
}

/** The nearest item in the direction of an arrow key; the first one where nothing is selected. */
export function beside(layout: Layout, from: Item | null, key: string): Item | null {
  const start = from ? layout.placed.get(from.key) : null;
  if (!start || !from) {
    const [first] = [...layout.placed.values()].sort((a, b) => a.x - b.x || a.y - b.y);
    return first?.item ?? null;
  }
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const ends = layout.lines.filter((line) => (key === "ArrowLeft" ? line.to : line.from) === from);
    const items = ends.map((line) => layout.placed.get((key === "ArrowLeft" ? line.from : line.to).key));
    const near = items.filter((placed): placed is Placed => placed !== undefined);
    near.sort((a, b) => Math.abs(a.y - start.y) - Math.abs(b.y - start.y));
    return near[0]?.item ?? null;
  }
  const sign = key === "ArrowUp" ? -1 : 1;
  let best: Placed | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const placed of layout.placed.values()) {
    const dy = (placed.y - start.y) * sign;
    if (placed === start || placed.open || dy <= 0) continue;
    const far = dy + Math.abs(placed.x - start.x) * 2;
    if (far < least) [best, least] = [placed, far];
  }
  return best?.item ?? null;
}
