import { describe, expect, test } from "vitest";

import { curve, type Known, layoutOf, type Placed } from "../src/model/layout.ts";
import { modelOfRun } from "../src/model/model.ts";
import { firstOpen, type Group, type Scopes, scopesOf, standsFor } from "../src/model/scopes.ts";
import { shortened } from "../src/model/widths.ts";
import { dataset, detail, flow, run, step } from "./made.ts";

function overlap(x: Placed, y: Placed): boolean {
  return x.x < y.x + y.width && y.x < x.x + x.width && x.y < y.y + y.height && y.y < x.y + x.height;
}

/** A run of `count` steps in calls of `each`, one after another. */
function long(count: number, each: number) {
  const steps = [step("main")];
  for (let i = 0; i < count; i++) {
    const call = `call_${Math.floor(i / each)}`;
    if (i % each === 0) steps.push(step(call, { parent: "main", parent_call: 1 }));
    steps.push(step(`s${i}`, { parent: call, parent_call: 1, inputs: i ? [`d${i - 1}`] : [], outputs: [`d${i}`] }));
  }
  return modelOfRun(
    run(
      steps,
      Array.from({ length: count }, (_, i) => [dataset(`d${i}`), detail()]),
    ),
  );
}

describe("what stands in the graph", () => {
  test("a small one opens with all in it, left to right, and nothing stands on another", () => {
    const scopes = scopesOf(modelOfRun(flow()));
    const open = firstOpen(scopes);
    const layout = layoutOf(scopes, open, null, new Map());
    expect(layout.placed.size).toBe(8); // five steps, two sources, one sink; the one root stands for the whole
    for (const line of layout.lines) {
      const [from, to] = [layout.placed.get(line.from.key), layout.placed.get(line.to.key)];
      expect(from && to && from.x + from.width <= to.x).toBe(true);
    }
    const boxes = [...layout.placed.values()];
    for (const [i, x] of boxes.entries()) for (const y of boxes.slice(i + 1)) expect(overlap(x, y)).toBe(false);
  });

  test("above sixty cards it opens folded, and a line stands for all that goes from one call to another", () => {
    const scopes = scopesOf(long(200, 20));
    const open = firstOpen(scopes);
    const layout = layoutOf(scopes, open, null, new Map());
    expect([...layout.placed.values()].map(({ open }) => open)).toEqual(Array(10).fill(false));
    expect(layout.lines).toHaveLength(9);
  });

  test("a call that unfolds stands around its steps, and what is elsewhere is not laid out again", () => {
    const scopes = scopesOf(long(200, 20));
    const known: Known = new Map();
    layoutOf(scopes, new Set(), null, known);
    const [call] = scopes.whole.items as Group[];
    const opened = layoutOf(scopes, new Set([call?.key ?? ""]), null, known);
    const around = opened.placed.get(call?.key ?? "");
    expect(around?.open).toBe(true);
    for (const item of call?.items ?? []) {
      const inner = opened.placed.get(item.key);
      expect(inner && around && inner.x > around.x && inner.x + inner.width < around.x + around.width).toBe(true);
    }
    const before = known.size;
    layoutOf(scopes, new Set(), null, known);
    layoutOf(scopes, new Set([call?.key ?? ""]), null, known);
    expect(known.size).toBe(before);
  });

  test("of ten thousand steps beside each other bundles are shown", () => {
    const steps = [
      step("main"),
      ...Array.from({ length: 10_000 }, (_, i) => step(`s${i}`, { parent: "main", parent_call: 1 })),
    ];
    const scopes = scopesOf(modelOfRun(run(steps, [])));
    expect(scopes.whole.items.length).toBeLessThanOrEqual(120);
    expect(scopes.whole.cards).toBe(10_000);
    expect(most(scopes)).toBeLessThanOrEqual(120);
  });

  test("only what is asked for is laid out", () => {
    const scopes = scopesOf(modelOfRun(flow()));
    const some = scopes.whole.items.slice(0, 3).map(({ key }) => key);
    const layout = layoutOf(scopes, firstOpen(scopes), new Set(some), new Map());
    expect([...layout.placed.keys()].sort()).toEqual([...some].sort());
    expect(layout.lines.every(({ from, to }) => some.includes(from.key) && some.includes(to.key))).toBe(true);
  });

  test("the outermost folded call stands for what is in it", () => {
    const scopes = scopesOf(long(200, 20));
    const card = scopes.edges[0]?.from;
    expect(card && standsFor(card, new Set())).toBe(scopes.whole.items[0]);
    expect(card && standsFor(card, new Set(scopes.groups.keys()))).toBe(card);
  });

  test("what a composite call makes itself has a card in it", () => {
    const part = run(
      [
        step("main"),
        step("all", { parent: "main", parent_call: 1, outputs: ["own"] }),
        step("inner", { parent: "all", parent_call: 1, outputs: ["x"] }),
        step("use", { parent: "main", parent_call: 1, inputs: ["own", "x"] }),
      ],
      [
        [dataset("own"), detail()],
        [dataset("x"), detail()],
      ],
    );
    const scopes = scopesOf(modelOfRun(part));
    const layout = layoutOf(scopes, new Set(scopes.groups.keys()), null, new Map());
    expect(layout.lines).toHaveLength(2);
  });
});

function most(scopes: Scopes): number {
  return Math.max(...[...scopes.groups.values()].map(({ items }) => items.length));
}

test("lines go through their points", () => {
  expect(curve([[0, 0], [10, 20]])).toBe("M0 0C5 0 5 20 10 20"); // biome-ignore format: as it reads
});

test("texts are cut where there is no place", () => {
  expect(shortened("short", 100)).toBe("short");
  expect(shortened("a very long name of a step", 66)).toMatch(/^a very.*…$/);
});
