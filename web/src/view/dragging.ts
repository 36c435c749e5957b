import { useEffect, useRef } from "preact/hooks";

import type { View } from "./viewing.ts";

/** Moves the graph with the pointer; tells whether the pointer has moved since it went down. */
export function useDragging(
  frame: { current: HTMLDivElement | null },
  view: { current: View },
  apply: (view: View, culled?: boolean) => void,
): { current: boolean } {
  const dragged = useRef(false);
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    let from: { x: number; y: number; view: View } | null = null;
    const down = (event: PointerEvent) => {
      if (event.button !== 0 || (event.target instanceof Element && event.target.closest(".minimap"))) return;
      dragged.current = false;
      from = { x: event.clientX, y: event.clientY, view: view.current };
    };
    const move = (event: PointerEvent) => {
      if (!from) return;
      const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
      if (!dragged.current && Math.hypot(dx, dy) < 4) return;
      dragged.current = true;
      apply({ k: from.view.k, x: from.view.x + dx, y: from.view.y + dy });
    };
    const up = () => {
      from = null;
    };
    element.addEventListener("pointerdown", down);
    addEventListener("pointermove", move);
    addEventListener("pointerup", up);
    return () => {
      element.removeEventListener("pointerdown", down);
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", up);
    };
  }, []);
  return dragged;
}
