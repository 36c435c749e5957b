import type { ComponentChildren, HTMLAttributes } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

interface Props extends Omit<HTMLAttributes<HTMLDivElement>, "children"> {
  count: number;
  rowHeight: number;
  /** A row that has to be in view. */
  reveal?: number | null;
  row(index: number): ComponentChildren;
}

/** A list of which only what is in view is in the document. */
export function Virtual({ count, rowHeight, reveal, row, ...rest }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [[top, height], setView] = useState<[number, number]>([0, 800]);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const look = () => setView([element.scrollTop, element.clientHeight]);
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element || reveal === null || reveal === undefined || reveal < 0) return;
    const at = reveal * rowHeight;
    if (at < element.scrollTop) element.scrollTop = at;
    else if (at + rowHeight > element.scrollTop + element.clientHeight) {
      element.scrollTop = at + rowHeight - element.clientHeight;
    }
  }, [reveal, rowHeight]);
  const first = Math.max(0, Math.floor(top / rowHeight) - 6);
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + 6);
  const rows = [];
  for (let i = first; i < last; i++) rows.push(row(i));
  return (
    <div
      {...rest}
      ref={box}
      onScroll={(event) => setView([event.currentTarget.scrollTop, event.currentTarget.clientHeight])}
    >
      <div role="presentation" class="whole" style={{ height: `${count * rowHeight}px` }}>
        <div role="presentation" class="window" style={{ transform: `translateY(${first * rowHeight}px)` }}>
          {rows}
        </div>
      </div>
    </div>
  );
}
