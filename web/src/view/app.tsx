import { useEffect, useMemo, useState } from "preact/hooks";

import type { PageDocument } from "../document.ts";
import { segments } from "../model/links.ts";
import { ShownPage } from "./shown.tsx";
import { Store } from "./store/store.tsx";

/** @param text the JSON block of the page */
export function App({ text }: { text: string }) {
  const page = useMemo(() => parsed(text), [text]);
  const at = useAddress();
  if (typeof page === "string") return <p class="empty">{page}</p>;
  if (page.kind === "ui") return <Store page={page} at={at} />;
  return <ShownPage page={page} at={at} />;
}

export function useAddress(): string[] {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const onChange = () => setHash(location.hash);
    addEventListener("hashchange", onChange);
    return () => removeEventListener("hashchange", onChange);
  }, []);
  return useMemo(() => segments(hash), [hash]);
}

/** The document, or one sentence that says why there is none. */
function parsed(text: string): PageDocument | string {
  try {
    const page = JSON.parse(text) as Partial<PageDocument>;
    if (page.format === 1 && (page.kind === "run" || page.kind === "diff" || page.kind === "ui"))
      return page as PageDocument;
    return page.kind === undefined
      ? "This page holds no record: spark-lineage report fills it in."
      : "This page was made by another version of spark-lineage than its record: make it again with spark-lineage report.";
  } catch {
    return "The record in this page cannot be read: it is cut off or was changed. Make it again with spark-lineage report.";
  }
}
