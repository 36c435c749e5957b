import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Plugin } from "vite";

const SCRIPT = /<script[^>]*src="[^"]*"[^>]*><\/script>/g;
const STYLESHEET = /<link[^>]*rel="stylesheet"[^>]*>/g;

/**
 * Writes the built page as one file: its script and its style stand in it, and a Content-Security-Policy of their
 * hashes allows nothing else. Who fills in the document changes no byte of either.
 *
 * `connect-src 'none'` is the one part that the local server puts another value in the place of: its page fetches.
 */
export function oneFile(path: string): Plugin {
  return {
    name: "one-file",
    enforce: "post",
    generateBundle(_, bundle) {
      let html = "";
      let script = "";
      let style = "";
      for (const item of Object.values(bundle)) {
        if (item.type === "chunk") {
          script += item.code;
        } else if (item.fileName.endsWith(".css")) {
          style += item.source;
        } else if (item.fileName.endsWith(".html")) {
          html += item.source;
        }
      }
      // Nothing that the parser of HTML could take for an end of the script may stand in it.
      script = script
        .trim()
        .replace(/<\/(script)/gi, "<\\/$1")
        .replace(/<!--/g, "<\\!--");
      style = style.trim();
      const page = html
        .replace(SCRIPT, "")
        .replace(STYLESHEET, "")
        .replace("__POLICY__", () => policy(script, style))
        .replace("</head>", () => `<style>${style}</style>\n</head>`)
        .replace("</body>", () => `<script>${script}</script>\n</body>`);
      const target = resolve(import.meta.dirname, path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, page);
      this.info(`${path}: ${Math.ceil(page.length / 1000)} kB`);
    },
  };
}

function policy(script: string, style: string): string {
  return [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    "img-src data:",
    "connect-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}

function hash(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
