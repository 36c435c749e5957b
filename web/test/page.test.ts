import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { pairsOf } from "../src/model/sides.ts";
import { tokens } from "../src/view/code.tsx";
import { fitted, inView, zoomed } from "../src/view/viewing.ts";

describe("source texts", () => {
  test.each([
    "",
    "def f(x):\n    return x  # why\n",
    '"""open',
    "'a\\'b' \"c\" `d`",
    "<b>&amp;</b>",
    "\u0000\u2028x",
    "ä = 1_000",
  ])("all of it is in its tokens: %j", (source) => {
    const text = tokens(source, "python").map((line) => line.map(({ text }) => text).join(""));
    expect(text.join("\n")).toBe(source);
  });

  test("stand side by side, by what is equal", () => {
    const pairs = pairsOf("a\nb\nc\n", "a\nB\nb2\nc\n", 10, 20);
    expect(pairs).toEqual([
      { a: [10, "a"], b: [20, "a"] },
      { a: [11, "b"], b: [21, "B"] },
      { a: null, b: [22, "b2"] },
      { a: [12, "c"], b: [23, "c"] },
    ]);
    expect(pairsOf("a", "a", 1, 1)).toEqual([{ a: [1, "a"], b: [1, "a"] }]);
    expect(pairsOf("a\nb", "b", 1, 1).map(({ b }) => b?.[1] ?? null)).toEqual([null, "b"]);
  });
});

describe("where one looks", () => {
  test("a point under the pointer stays there while one zooms", () => {
    const view = { x: 30, y: 40, k: 0.5 };
    const next = zoomed(view, 1.7, 200, 100);
    expect((200 - next.x) / next.k).toBeCloseTo((200 - view.x) / view.k);
    expect((100 - next.y) / next.k).toBeCloseTo((100 - view.y) / view.k);
  });

  test("all that is to be fitted is in view", () => {
    const area = { x: 500, y: 300, width: 2000, height: 700 };
    expect(inView(area, fitted(area, 800, 600), 800, 600)).toBe(true);
  });
});

test("the linter refuses markup that is made of a string", () => {
  const web = join(import.meta.dirname, "..");
  const file = join(import.meta.dirname, `refused_${process.pid}.tsx`);
  writeFileSync(
    file,
    "document.body.innerHTML = location.hash;\n" +
      "document.body.insertAdjacentHTML('beforeend', location.hash);\n" +
      "export const A = () => <p dangerouslySetInnerHTML={{ __html: location.hash }} />;\n",
  );
  try {
    const command = [join(web, "node_modules/@biomejs/biome/bin/biome"), "lint", "--colors=off", file];
    const done = spawnSync(process.execPath, command, { cwd: web, encoding: "utf-8" });
    expect(done.status).toBe(1);
    expect((done.stdout + done.stderr).split("Set values as text")).toHaveLength(4);
  } finally {
    rmSync(file);
  }
});
