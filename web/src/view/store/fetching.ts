import { useEffect, useRef, useState } from "preact/hooks";

import type { RefusalDocument } from "../../document.ts";

export interface Fetched<Document> {
  document: Document | null;
  /** One sentence; what was fetched before stays. */
  refused: string | null;
}

/** Where the documents of the local page are; `api/` stands beside the page itself. */
export function api(kind: string, addresses: string[] = [], parameters: Record<string, string> = {}): string {
  const path = [`api/${kind}`, ...addresses.map(encodeURIComponent)].join("/");
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value)).toString();
  return query ? `${path}?${query}` : path;
}

/**
 * The document of this address, fetched again every so many milliseconds while `again` says so.
 *
 * The server answers 304 as long as nothing has changed: then what is there stays the same object, and nothing is drawn.
 */
export function useFetched<Document>(
  url: string | null,
  again?: (document: Document) => number | null,
): Fetched<Document> {
  const [fetched, setFetched] = useState<Fetched<Document>>({ document: null, refused: null });
  const asking = useRef(again);
  asking.current = again;
  useEffect(() => {
    setFetched({ document: null, refused: null });
    if (url === null) return;
    const stop = new AbortController();
    let timer = 0;
    let etag: string | null = null;
    let last: Document | null = null;
    const ask = async (): Promise<void> => {
      try {
        const headers: Record<string, string> = etag === null ? {} : { "If-None-Match": etag };
        const answer = await fetch(url, { headers, signal: stop.signal, cache: "no-store" });
        if (answer.status !== 304) {
          const body: unknown = await answer.json();
          if (stop.signal.aborted) return;
          if (answer.ok) {
            last = body as Document;
            etag = answer.headers.get("ETag");
            setFetched({ document: last, refused: null });
          } else {
            setFetched({ document: last, refused: (body as RefusalDocument).error });
          }
        } else setFetched((before) => (before.refused === null ? before : { document: last, refused: null }));
      } catch (error) {
        if (stop.signal.aborted) return;
        setFetched({
          document: last,
          refused: `The server does not answer (${String(error)}): is spark-lineage ui still running?`,
        });
      }
      const wait = last === null ? null : (asking.current?.(last) ?? null);
      if (wait !== null && !stop.signal.aborted) timer = window.setTimeout(ask, wait);
    };
    void ask();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [url]);
  return fetched;
}
