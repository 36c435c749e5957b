/** Where one looks at the graph: a point of the graph stands at `x + k * point` pixels of the frame. */
export interface View {
  x: number;
  y: number;
  k: number;
}

interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

const MARGIN = 32;

export function fitted(
  all: { width: number; height: number; x?: number; y?: number },
  width: number,
  height: number,
): View {
  const k = Math.max(0.02, Math.min(1, (width - 2 * MARGIN) / all.width, (height - 2 * MARGIN) / all.height)) || 1;
  return { k, x: (width - all.width * k) / 2 - (all.x ?? 0) * k, y: (height - all.height * k) / 2 - (all.y ?? 0) * k };
}

const READABLE = 0.55;

/** All of it where it can be read then; else its left half as large as it can be read. */
export function opened(all: { width: number; height: number }, width: number, height: number): View {
  const view = fitted(all, width, height);
  if (view.k >= READABLE) return view;
  const k = READABLE;
  const y = all.height * k < height ? (height - all.height * k) / 2 : MARGIN;
  return { k, x: all.width * k < width ? (width - all.width * k) / 2 : MARGIN, y };
}

export function zoomed(view: View, by: number, x: number, y: number): View {
  const k = Math.max(0.02, Math.min(3, view.k * by));
  const ratio = k / view.k;
  return { k, x: x - (x - view.x) * ratio, y: y - (y - view.y) * ratio };
}

export function inView(area: Area, view: View, width: number, height: number): boolean {
  const left = view.x + area.x * view.k;
  const top = view.y + area.y * view.k;
  return left >= 0 && top >= 0 && left + area.width * view.k <= width && top + area.height * view.k <= height;
}

export function centred(area: Area, view: View, width: number, height: number): View {
  const k = Math.max(0.6, view.k);
  return {
    k,
    x: width / 2 - (area.x + Math.min(area.width, width / k) / 2) * k,
    y: height / 2 - (area.y + Math.min(area.height, height / k) / 2) * k,
  };
}
