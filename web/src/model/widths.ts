/** How much place a text takes in the graph. */

const WIDTHS = new Map<string, number>();
let context: CanvasRenderingContext2D | null | undefined;

/** Pixels that a text of 12 pixels takes. */
export function textWidth(text: string): number {
  const short = text.length > 60 ? text.slice(0, 60) : text;
  const known = WIDTHS.get(short);
  if (known !== undefined) return known;
  if (context === undefined) {
    context = typeof document === "undefined" ? null : document.createElement("canvas").getContext("2d");
    if (context) context.font = "500 12px system-ui, sans-serif";
  }
  const width = context ? context.measureText(short).width : short.length * 6.6;
  WIDTHS.set(short, width);
  return width;
}

/** As much of a text as has place in this width. */
export function shortened(text: string, width: number): string {
  if (textWidth(text) <= width && text.length <= 60) return text;
  let low = 0;
  let high = Math.min(60, text.length);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (textWidth(`${text.slice(0, middle)}…`) <= width) low = middle;
    else high = middle - 1;
  }
  return `${text.slice(0, low)}…`;
}
