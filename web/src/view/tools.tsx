import type { Neighbours } from "../model/neighbours.ts";
import type { Scopes } from "../model/scopes.ts";
import { reachOf } from "./finding.ts";

const DEPTHS = [1, 2, 3, 5, 10];
const MOST_OPEN = 3000; // cards

interface Props {
  scopes: Scopes;
  depth: number;
  onDepth(depth: number): void;
  only: boolean;
  /** Null where nothing is selected. */
  onOnly: ((only: boolean) => void) | null;
  /** Of what is selected. */
  neighbours: Neighbours | null;
  onFit(): void;
  onZoom(by: number): void;
  onFold(folded: boolean): void;
}

/** What one can do with the graph. */
export function Tools(props: Props) {
  const { scopes, depth, onDepth, only, onOnly, neighbours, onFit, onZoom, onFold } = props;
  return (
    <div class="tools" role="toolbar" aria-label="Graph">
      <button type="button" title="Fit all (0)" onClick={onFit}>
        Fit
      </button>
      <button type="button" aria-label="Zoom out" title="Zoom out (−)" onClick={() => onZoom(0.8)}>
        −
      </button>
      <button type="button" aria-label="Zoom in" title="Zoom in (+)" onClick={() => onZoom(1.25)}>
        +
      </button>
      {scopes.groups.size > 1 ? (
        <>
          <span class="gap" />
          <button type="button" onClick={() => onFold(true)}>
            Fold all
          </button>
          <button type="button" onClick={() => onFold(false)} disabled={scopes.whole.cards > MOST_OPEN}>
            Unfold all
          </button>
        </>
      ) : null}
      <span class="gap" />
      <label>
        Depth{" "}
        <select value={depth} onChange={(event) => onDepth(Number(event.currentTarget.value))}>
          {DEPTHS.map((n) => (
            <option key={n} value={n}>
              {n}
            </option>
          ))}
          <option value={Number.MAX_SAFE_INTEGER}>all</option>
        </select>
      </label>
      <label class={onOnly ? "" : "off"}>
        <input
          type="checkbox"
          checked={only}
          disabled={!onOnly}
          onChange={(event) => onOnly?.(event.currentTarget.checked)}
        />{" "}
        only these
      </label>
      {neighbours ? (
        <span class="reach" data-before={neighbours.before.all} data-behind={neighbours.behind.all}>
          ◂ {reachOf(neighbours.before)} · {reachOf(neighbours.behind)} ▸
        </span>
      ) : null}
    </div>
  );
}
