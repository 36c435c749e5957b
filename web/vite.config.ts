import { defineConfig } from "vitest/config";

import { oneFile } from "./one_file.ts";

export default defineConfig({
  plugins: [oneFile("../spark_lineage/faces/html/page.html")],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    modulePreload: false,
    cssCodeSplit: false,
    assetsInlineLimit: Number.MAX_SAFE_INTEGER,
    write: false,
    rolldownOptions: { output: { format: "iife", codeSplitting: false } },
  },
  test: { environment: "node", include: ["test/**/*.test.ts", "test/**/*.test.tsx"] },
});
