import { describe, expect, test } from "vitest";

import type { DiffPage, PairedStep } from "../src/document.ts";
import { pathOf } from "../src/model/columns.ts";
import { address, decode, encode, segments, segmentsOf, selected } from "../src/model/links.ts";
import { type Model, modelOfDiff, modelOfRun } from "../src/model/model.ts";
import { neighboursOf } from "../src/model/neighbours.ts";
import { joinChange } from "../src/model/rows.ts";
import { search } from "../src/model/search.ts";
import { visible } from "../src/model/text.ts";
import { dataset, detail, flow, run, step } from "./made.ts";

function found<Value>(value: Value | undefined): Value {
  expect(value).toBeDefined();
  return value as Value;
}

const model: Model = modelOfRun(flow());

describe("the graph of a run", () => {
  test("steps know what they enclose, take in and make", () => {
    const main = found(model.step("main", 1));
    expect(model.roots).toEqual([main]);
    expect(main.children.map(({ document }) => document.step)).toEqual(["load", "other", "clean", "join", "write"]);
    const join = found(model.step("join", 1));
    expect(join.inputs.map(({ document }) => document.id)).toEqual(["clean", "other"]);
    expect(found(model.dataset("join")).producers).toEqual([join]);
  });

  test("neighbours are counted in steps, sources and sinks", () => {
    const { before, behind } = neighboursOf(found(model.step("join", 1)));
    expect([before.direct, before.all, behind.direct, behind.all]).toEqual([2, 5, 1, 2]);
    expect(before.distance.get(found(model.dataset("load")))).toBe(2);
    const source = neighboursOf(found(model.dataset("/in")));
    expect([source.before.all, source.behind.direct, source.behind.all]).toEqual([0, 1, 5]);
  });

  test("a join that has more rows than all that it joins multiplies them", () => {
    expect(joinChange(found(model.step("join", 1)))).toMatchObject({ by: 10, multiplies: true });
    expect(joinChange(found(model.step("clean", 1)))).toBeNull();
  });

  test("rows are not said to be lost by a join where a filter stands beside it, or where not all were counted", () => {
    const of = (more: object, kinds: string[]) => {
      const conditions = kinds.map((kind) => ({ kind, text: "" }));
      const part = run(
        [step("s", { inputs: ["x", "y"], outputs: ["z"] })],
        [
          [dataset("x", { rows: 10 }), detail()],
          [dataset("y", { rows: 5, ...more }), detail()],
          [dataset("z", { rows: 4, inputs: ["x", "y"] }), detail({ conditions })],
        ],
      );
      return joinChange(found(modelOfRun(part).step("s", 1)));
    };
    expect(of({}, ["join"])).toMatchObject({ by: -6, multiplies: false });
    expect(of({}, ["join", "filter"])).toBeNull();
    expect(of({ complete: false }, ["join"])).toBeNull();
  });
});

describe("the path of a column", () => {
  test("leads to its sources by the hops, also of columns that are only passed on", () => {
    const path = pathOf(model, found(model.dataset("/out")), "a");
    const direct = path.back.filter(({ deciding }) => !deciding);
    expect(direct.map(({ dataset, hop }) => [dataset.document.id, hop?.expression ?? null])).toEqual([
      ["/out", "a"],
      ["join", "a"],
      ["clean", "trim(a)"],
      ["load", "a"],
      ["/in", null],
    ]);
    const deciding = path.back.filter(({ deciding }) => deciding);
    expect(deciding.map(({ dataset }) => dataset.document.id)).toEqual(["other", "/other"]);
  });

  test("leads to what it goes into", () => {
    const path = pathOf(model, found(model.dataset("/in")), "a");
    expect(path.forth.map(({ dataset }) => dataset.document.id)).toEqual(["load", "clean", "join", "/out"]);
  });

  test("ends where columns go round in a circle", () => {
    const part = run(
      [step("s", { inputs: ["x"], outputs: ["x"] })],
      [[dataset("x"), detail({ passed_on: [{ dataset: "x", columns: ["a"], decided: false }] })]],
    );
    const round = modelOfRun(part);
    expect(pathOf(round, found(round.dataset("x")), "a").back).toHaveLength(1);
    expect(neighboursOf(found(round.step("s", 1))).behind.all).toBe(0);
  });
});

describe("addresses", () => {
  const names = ["a/b", "#", "%41", "%u0041", "ä", "\ud800", "x\udc00y", "", "</script>", "..", "a b", "\u0000", "😀"];
  test.each(names)("any name comes back: %j", (name) => {
    expect(decode(encode(name))).toBe(name);
    if (name !== "") expect(segments(address("dataset", name, 3))).toEqual(["dataset", name, "3"]);
  });

  test("name steps, datasets and columns, and nothing that is not there", () => {
    for (const parts of [
      ["step", "join", "1"],
      ["dataset", "/out"],
      ["column", "/out", "a"],
    ]) {
      expect(segmentsOf(selected(model, parts)).map(String)).toEqual(parts);
    }
    for (const parts of [
      ["step", "join", "2"],
      ["dataset", "nothing"],
      ["column", "/out", "b"],
      ["step"],
      ["x", "/out"],
      [],
    ]) {
      expect(selected(model, parts)).toBeNull();
    }
  });

  test("what is cut off is taken as it stands", () => {
    expect(segments("#dataset/%E0%A4%A")).toEqual(["dataset", "%E0%A4%A"]);
  });
});

describe("search", () => {
  test("finds steps, datasets and columns, the best match first", () => {
    expect(search(model, "clean").found.map(({ kind }) => kind)).toEqual(["step", "dataset"]);
    expect(search(model, "a").found[0]).toMatchObject({ kind: "column", text: "a" });
    expect(search(model, "join").found[0]).toMatchObject({ kind: "step", text: "join" });
    expect(search(model, "job.py:1 clean").found.map(({ text }) => text)).toContain("clean");
    expect(search(model, "no such thing").found).toEqual([]);
  });

  test("says how many more there are", () => {
    const columns = Array.from({ length: 2500 }, (_, i) => {
      return { name: `c${i}`, type: "string", nullable: true, nulls: 0, nans: null, followed: null, fingerprint: null };
    });
    const wide = modelOfRun(run([], [[dataset("wide", { columns }), detail()]]));
    expect(search(wide, "c")).toMatchObject({ more: 1500 });
  });
});

describe("the union of two runs", () => {
  const a = run(
    [
      step("one", { outputs: ["x"] }),
      step("gone", { inputs: ["x"], outputs: ["old"] }),
      step("two", { inputs: ["old"] }),
    ],
    [
      [dataset("x"), detail()],
      [dataset("old"), detail()],
    ],
  );
  const b = run(
    [
      step("one", { outputs: ["x"] }),
      step("new", { inputs: ["x"], outputs: ["now"] }),
      step("two", { inputs: ["now"] }),
    ],
    [
      [dataset("x", { rows: 11 }), detail()],
      [dataset("now"), detail()],
    ],
  );
  const pair = (x: string | null, y: string | null, state: PairedStep["state"]): PairedStep => {
    return { a: x ? [x, 1] : null, b: y ? [y, 1] : null, state, first: null };
  };
  const pairedDataset = (x: string | null, y: string | null, state: PairedStep["state"]) => {
    return { a: x, b: y, state, evidence: null, why: null, caused_by: [], first: null };
  };
  const page = {
    kind: "diff",
    a,
    b,
    steps: [
      pair("one", "one", "same"),
      pair("two", "two", "differs_upstream"),
      pair(null, "new", "only_in_b"),
      pair("gone", null, "only_in_a"),
    ],
    datasets: [
      pairedDataset("x", "x", "differs_here"),
      pairedDataset(null, "now", "only_in_b"),
      pairedDataset("old", null, "only_in_a"),
    ],
  } as unknown as DiffPage;

  test("has the steps of both, in the order of the later run", () => {
    const union = modelOfDiff(page);
    expect(union.steps.map(({ document }) => document.step)).toEqual(["one", "gone", "new", "two"]);
    expect(union.datasets.map(({ document }) => document.id)).toEqual(["x", "now", "old"]);
    const two = found(union.step("two", 1));
    expect(two.inputs.map(({ document }) => document.id)).toEqual(["now", "old"]);
    expect(found(union.dataset("x")).a?.document.rows).toBe(10);
    expect(found(union.dataset("x")).document.rows).toBe(11);
  });
});

test("what cannot be seen is shown by its number", () => {
  expect(visible("a\u0000\u001b[31m\u202eb\n")).toBe("a⟨U+0000⟩⟨U+001B⟩[31m⟨U+202E⟩b\n");
});
