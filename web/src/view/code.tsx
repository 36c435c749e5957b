import { useMemo } from "preact/hooks";

import { visible } from "../model/text.ts";

const PYTHON =
  "and as assert async await break class continue def del elif else except finally for from global if import in is lambda match nonlocal not or pass raise return try while with yield None True False";
const SQL =
  "and as asc between by case cast cross desc distinct else end exists false from full group having in inner is join left like limit not null nulls on or order outer over partition right select semi anti then true union using when where";

const WORDS = { python: new Set(PYTHON.split(" ")), sql: new Set(SQL.split(" ")) };
const TOKENS =
  /(#[^\n]*|"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|`[^`\n]*`?)|([A-Za-z_]\w*)|(\d[\d_.]*)|(\s+|[^\w\s])/g;

type Language = keyof typeof WORDS;
interface Token {
  kind: string;
  text: string;
}

/** Lines of coloured tokens; only text, whatever it is. */
export function tokens(source: string, language: Language): Token[][] {
  const lines: Token[][] = [[]];
  for (const [text, string, word, digits] of source.matchAll(TOKENS)) {
    const kind = string ? (string.startsWith("#") ? "comment" : "string") : digits ? "number" : kindOf(word, language);
    text.split("\n").forEach((part, i) => {
      if (i) lines.push([]);
      if (part) lines[lines.length - 1]?.push({ kind, text: part });
    });
  }
  return lines;
}

function kindOf(word: string | undefined, language: Language): string {
  if (!word) return "";
  return WORDS[language].has(language === "sql" ? word.toLowerCase() : word) ? "keyword" : "";
}

export function Tokens({ of }: { of: Token[] }) {
  return (
    <>
      {of.map(({ kind, text }, i) => (
        <span key={i} class={kind || undefined}>
          {visible(text)}
        </span>
      ))}
    </>
  );
}

/** A source text with its line numbers. */
export function Source({ text, first }: { text: string; first: number }) {
  const lines = useMemo(() => tokens(text.replace(/\n$/, ""), "python"), [text]);
  return (
    <section class="code" tabIndex={0} aria-label="Source">
      <ol start={first} style={{ counterReset: `line ${first - 1}` }}>
        {lines.map((line, i) => (
          <li key={i}>
            <code>
              <Tokens of={line} />
            </code>
          </li>
        ))}
      </ol>
    </section>
  );
}

export function Sql({ of }: { of: string }) {
  const short = of.length > 2000 ? `${of.slice(0, 2000)}…` : of;
  const lines = useMemo(() => tokens(short, "sql"), [short]);
  return (
    <code class="sql" title={of.length > 2000 ? `${of.length} characters` : undefined}>
      {lines.map((line, i) => (
        <bdi key={i}>
          {i ? "\n" : ""}
          <Tokens of={line} />
        </bdi>
      ))}
    </code>
  );
}
