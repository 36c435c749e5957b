import { describe, expect, test } from "vitest";

import type { DiffPage } from "../src/document.ts";
import { layoutOf } from "../src/model/layout.ts";
import { measuredOf } from "../src/model/measured.ts";
import { modelOfRun } from "../src/model/model.ts";
import { neighboursOf } from "../src/model/neighbours.ts";
import { firstOpen, scopesOf } from "../src/model/scopes.ts";
import { verdictOf } from "../src/model/verdict.ts";
import { beside, held, shineOf, within } from "../src/view/finding.ts";
import { dataset, detail, flow, run } from "./made.ts";

describe("what is meant in the graph", () => {
  const model = modelOfRun(flow());
  const scopes = scopesOf(model);
  const open = firstOpen(scopes);
  const layout = layoutOf(scopes, open, null, new Map());
  const join = model.step("join", 1);
  const item = join ? scopes.itemOf.get(join) : undefined;

  test("arrow keys go along the lines", () => {
    expect(item && beside(layout, item, "ArrowRight")?.title).toBe("write");
    expect(["clean", "other"]).toContain(item && beside(layout, item, "ArrowLeft")?.title);
    expect(beside(layout, null, "ArrowDown")).not.toBeNull();
    const source = [...layout.placed.values()].find(({ item }) => item.title === "in")?.item;
    expect(source && beside(layout, source, "ArrowLeft")).toBeNull();
  });

  test("what is near lights up to the depth that is asked for", () => {
    const lit = (depth: number) => {
      const near = join ? within(neighboursOf(join), depth, join) : null;
      return [...(shineOf(scopes, open, near)?.items ?? [])].map((key) => layout.placed.get(key)?.item.title).sort();
    };
    expect(lit(1)).toEqual(["clean", "join", "other", "write"]);
    expect(lit(2)).toEqual(["clean", "join", "load", "other", "other", "out", "write"]);
  });

  test("what is selected stays where it is, or else what is in sight", () => {
    const view = { x: 5, y: 7, k: 0.5 };
    const placed = item && layout.placed.get(item.key);
    expect(held(layout, view, join?.key ?? null, null)).toEqual({
      key: item?.key,
      x: 5 + (placed?.x ?? 0) * 0.5,
      y: 7 + (placed?.y ?? 0) * 0.5,
    });
    expect(held(layout, view, null, null)).toBeNull();
  });
});

test("datasets are exact, measured in part, or not measured, with the reasons", () => {
  const part = run(
    [],
    [
      [dataset("a"), detail()],
      [dataset("b", { complete: false, rows: null, rows_at_least: 3, reason: "limit" }), detail()],
      [dataset("c", { complete: false, rows: null, reason: "never_executed" }), detail()],
      [dataset("d", { complete: false, rows: null, reason: "never_executed" }), detail()],
    ],
  );
  expect(measuredOf(part)).toEqual({
    datasets: 4,
    exact: 1,
    partial: 1,
    not: 2,
    reasons: [
      ["never_executed", 2],
      ["limit", 1],
    ],
  });
});

test("the verdict is that of diff", () => {
  const page = {
    verdict: { word: "different", where: "`clean` ", said: "is the first step that differs" },
    diff: { evidence: { measured: 2, derived: 1 }, diverged: [{}], uncertain: [{}, {}] },
  } as unknown as DiffPage;
  expect(verdictOf(page)).toEqual({
    kind: "differs",
    head: "different: `clean` is the first step that differs",
    more: "2 datasets measured to be equal, 1 derived, 1 differs because of what is before, 2 uncertain",
  });
});
