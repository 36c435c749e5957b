import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import { pathOf } from "../model/columns.ts";
import { type Known, type Layout, layoutOf, type Placed } from "../model/layout.ts";
import type { Node } from "../model/model.ts";
import { type Neighbours, neighboursOf, onTheWay } from "../model/neighbours.ts";
import { enclosing, firstOpen, type Item, type Scopes } from "../model/scopes.ts";
import { count } from "../model/text.ts";
import { Box } from "./card.tsx";
import { useShown } from "./context.ts";
import { useDragging } from "./dragging.ts";
import { Edge } from "./edge.tsx";
import { around, beside, held, reachOf, shineOf, spans, standing, within } from "./finding.ts";
import { Minimap } from "./minimap.tsx";
import { Tools } from "./tools.tsx";
import { centred, fitted, inView, opened, type View, zoomed } from "./viewing.ts";

export function Graph({ scopes }: { scopes: Scopes }) {
  const { model, selection, select } = useShown();
  const [open, setOpen] = useState<ReadonlySet<string>>(() => firstOpen(scopes));
  const [depth, setDepth] = useState(1);
  const [only, setOnly] = useState(false);
  const known = useRef<Known>(new Map()).current;
  const frame = useRef<HTMLDivElement>(null);
  const moved = useRef<SVGGElement>(null);
  const view = useRef<View>({ x: 0, y: 0, k: 1 });
  const [, redraw] = useState(0);
  const anchor = useRef<{ key: string; x: number; y: number } | null>(null);
  const fitNext = useRef(true);
  const byHand = useRef(false);
  const narrowed = useRef(false);
  const looked = useRef<string | null>(null);

  const last = useRef<Layout | null>(null);
  // A running run grows: the scopes are new ones, what is open stays open, and what is in sight stays where it is.
  const before = useRef(scopes);
  if (before.current !== scopes) {
    const was = before.current;
    before.current = scopes;
    known.clear();
    anchor.current = held(last.current, view.current, chosenKey(selection), frame.current);
    const added = [...firstOpen(scopes)].filter((key) => !was.groups.has(key));
    if (added.length) setOpen(new Set([...open, ...added]));
  }

  const node: Node | null = selection ? (selection.kind === "step" ? selection.step : selection.dataset) : null;
  const neighbours = useMemo(() => (node ? neighboursOf(node) : null), [node]);
  const column = selection?.kind === "column" ? selection : null;
  const way = useMemo(() => {
    if (!column) return null;
    const path = pathOf(model, column.dataset, column.column);
    const hops = [...path.back, ...path.forth];
    const direct = hops.filter(({ deciding }) => !deciding);
    // A count is made of no column: then what decides rows is all its way.
    const shown = direct.length > 1 ? direct : hops;
    return onTheWay([column.dataset, ...shown.map(({ dataset }) => dataset)]);
  }, [model, column?.dataset, column?.column]);

  const near = useMemo(() => {
    if (way) return way;
    return node && neighbours ? within(neighbours, depth, node) : null;
  }, [way, node, neighbours, depth]);
  const shown = useMemo(() => {
    if (!only || !near) return null;
    const keys = new Set<string>();
    for (const one of near) {
      const item = scopes.itemOf.get(one);
      if (!item) continue;
      keys.add(item.key);
      if (item.type === "group") for (const inner of item.items) keys.add(inner.key);
      for (const group of enclosing(item)) keys.add(group.key);
    }
    return keys;
  }, [only, near, scopes]);

  const chosenItem = node ? (scopes.itemOf.get(node) ?? null) : null;
  const layout = useMemo(() => layoutOf(scopes, open, shown, known), [scopes, open, shown]);
  const shine = useMemo(() => shineOf(scopes, open, near), [scopes, open, near]);

  const apply = (next: View, culled = true): void => {
    view.current = next;
    moved.current?.setAttribute("transform", `translate(${next.x} ${next.y}) scale(${next.k})`);
    if (culled) requestAnimationFrame(() => redraw((n) => n + 1));
  };
  const size = (): [number, number] => [frame.current?.clientWidth || 800, frame.current?.clientHeight || 600];
  const fitAll = (): void => apply(fitted(layout, ...size()));

  // A selection opens what it stands in.
  useLayoutEffect(() => {
    if (!chosenItem) return;
    const closed = enclosing(chosenItem).filter(({ key }) => !open.has(key));
    if (closed.length) setOpen(new Set([...open, ...closed.map(({ key }) => key)]));
  }, [chosenItem]);

  useLayoutEffect(() => {
    const fixed = anchor.current;
    anchor.current = null;
    last.current = layout;
    const placed = fixed ? layout.placed.get(fixed.key) : null;
    if (fixed && placed) {
      const { k } = view.current;
      apply({ k, x: fixed.x - placed.x * k, y: fixed.y - placed.y * k });
    } else if (fitNext.current || shown || narrowed.current) {
      fitNext.current = false;
      apply(opened(layout, ...size()));
    }
    narrowed.current = shown !== null;
  }, [layout]);

  useLayoutEffect(() => {
    // Once for each selection: whoever looks elsewhere then is left alone.
    const wanted = chosenItem ? `${chosenKey(selection)}\u0000${column?.column ?? ""}` : null;
    if (!chosenItem || byHand.current || looked.current === wanted) {
      byHand.current = false;
      looked.current = wanted;
      return;
    }
    if (layout.placed.has(chosenItem.key)) looked.current = wanted;
    const placed = layout.placed.get(standing(chosenItem, open).key);
    if (!placed) return;
    if (way && shine) {
      const path = around(layout, shine.items);
      if (!inView(path, view.current, ...size())) apply(fitted(path, ...size()));
    } else if (!inView(placed, view.current, ...size())) apply(centred(placed, view.current, ...size()));
  }, [chosenItem, way, layout]);

  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const observer = new ResizeObserver(() => redraw((n) => n + 1));
    observer.observe(element);
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const box = element.getBoundingClientRect();
      if (event.shiftKey) apply({ ...view.current, x: view.current.x - event.deltaY });
      else apply(zoomed(view.current, Math.exp(-event.deltaY / 500), event.clientX - box.x, event.clientY - box.y));
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => {
      observer.disconnect();
      element.removeEventListener("wheel", onWheel);
    };
  }, []);

  const toggle = (item: Item): void => {
    const placed = layout.placed.get(item.key);
    if (!placed || item.type !== "group") return;
    const { x, y, k } = view.current;
    anchor.current = { key: item.key, x: x + placed.x * k, y: y + placed.y * k };
    const next = new Set(open);
    if (!next.delete(item.key)) next.add(item.key);
    setOpen(next);
  };
  const setAll = (opened: boolean): void => {
    fitNext.current = true;
    setOpen(opened ? new Set(scopes.groups.keys()) : new Set());
  };
  const choose = (item: Item, port: number | null): void => {
    byHand.current = true;
    const placed = layout.placed.get(item.key);
    const dataset = port !== null ? placed?.ports[port] : item.type === "card" ? item.dataset : null;
    if (dataset) select("dataset", dataset.document.id);
    else if (item.step) select("step", item.step.document.step, item.step.document.call);
    else toggle(item);
  };
  const onClick = (event: MouseEvent): void => {
    if (dragged.current) return;
    const target = event.target instanceof Element ? event.target : null;
    const key = target?.closest("[data-key]")?.getAttribute("data-key");
    const placed = key ? layout.placed.get(key) : undefined;
    if (!placed) return;
    if (target?.closest("[data-fold]")) {
      toggle(placed.item);
      return;
    }
    const port = target?.closest("[data-port]")?.getAttribute("data-port");
    choose(placed.item, port ? Number(port) : null);
  };
  const dragged = useDragging(frame, view, apply);

  const zoom = (by: number): void => {
    const [width, height] = size();
    apply(zoomed(view.current, by, width / 2, height / 2));
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "+" || event.key === "=") zoom(1.25);
    else if (event.key === "-") zoom(0.8);
    else if (event.key === "0") fitAll();
    else if (event.key === "Enter" && chosenItem?.type === "group") toggle(chosenItem);
    else if (event.key.startsWith("Arrow")) {
      const next = beside(layout, chosenItem ? standing(chosenItem, open) : null, event.key);
      if (!next) return;
      choose(next, null);
      byHand.current = false;
    } else return;
    event.preventDefault();
  };

  const [width, height] = size();
  const { x, y, k } = view.current;
  const sight = { left: -x / k - 200, right: (width - x) / k + 200, top: -y / k - 200, bottom: (height - y) / k + 200 };
  const boxes: Placed[] = [];
  for (const placed of layout.placed.values()) {
    const { x, y, width, height } = placed;
    if (x < sight.right && x + width > sight.left && y < sight.bottom && y + height > sight.top) boxes.push(placed);
  }
  const lines = layout.lines.filter(({ points }) => {
    const [from, to] = [points[0], points[points.length - 1]];
    if (!from || !to) return false;
    const [left, right] = [Math.min(from[0], to[0]), Math.max(from[0], to[0])];
    return left < sight.right && right > sight.left && (spans(points, sight) || k < 0.2);
  });

  return (
    <div class="graph">
      <Tools
        scopes={scopes}
        depth={depth}
        onDepth={setDepth}
        only={only}
        onOnly={
          near
            ? (chosen) => {
                if (!chosen) fitNext.current = true;
                setOnly(chosen);
              }
            : null
        }
        neighbours={column ? null : neighbours}
        onFit={fitAll}
        onZoom={zoom}
        onFold={(folded) => setAll(!folded)}
      />
      <div
        class={`canvas${k < 0.45 ? " far" : ""}`}
        ref={frame}
        role="application"
        tabIndex={0}
        aria-roledescription="graph"
        aria-label={`Graph of ${count(model.steps.length, "step")} and ${count(model.datasets.length, "dataset")}, left to right. Arrow keys go along it, Enter folds a group, plus and minus zoom, 0 fits all. The tree holds the same.`}
        onKeyDown={onKey}
        onClick={onClick}
        onDblClick={(event) => {
          const target = event.target instanceof Element ? event.target.closest("[data-key]") : null;
          const placed = layout.placed.get(target?.getAttribute("data-key") ?? "");
          if (placed) toggle(placed.item);
        }}
      >
        <svg aria-hidden="true" width="100%" height="100%">
          <defs>
            <marker
              id="arrow"
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="7"
              markerHeight="7"
              markerUnits="userSpaceOnUse"
              orient="auto"
            >
              <path d="M0 0.5 L8 4 L0 7.5 z" />
            </marker>
          </defs>
          <g ref={moved} transform={`translate(${x} ${y}) scale(${k})`}>
            {boxes
              .filter(({ open }) => open)
              .map((placed) => (
                <Box key={placed.item.key} placed={placed} shine={shine} chosen={chosenKey(selection)} far={k < 0.45} />
              ))}
            {lines.map((line) => (
              <Edge key={line.key} line={line} shine={shine} far={k < 0.45} />
            ))}
            {boxes
              .filter(({ open }) => !open)
              .map((placed) => (
                <Box key={placed.item.key} placed={placed} shine={shine} chosen={chosenKey(selection)} far={k < 0.45} />
              ))}
            {chosenItem && neighbours && !column ? (
              <Ends placed={layout.placed.get(standing(chosenItem, open).key)} neighbours={neighbours} />
            ) : null}
          </g>
        </svg>
        <Minimap layout={layout} view={view.current} width={width} height={height} onMove={(next) => apply(next)} />
      </div>
    </div>
  );
}

function chosenKey(selection: ReturnType<typeof useShown>["selection"]): string | null {
  return selection ? (selection.kind === "step" ? selection.step.key : selection.dataset.key) : null;
}

/** At both ends of what is selected: how much comes before it and how much behind it. */
function Ends({ placed, neighbours }: { placed: Placed | undefined; neighbours: Neighbours }) {
  if (!placed) return null;
  const middle = placed.x + placed.width / 2;
  const y = placed.y - 9;
  return (
    <g class="ends">
      <text x={middle - 8} y={y} text-anchor="end">
        ◂ {reachOf(neighbours.before)}
      </text>
      <text x={middle + 8} y={y}>
        {reachOf(neighbours.behind)} ▸
      </text>
    </g>
  );
}
