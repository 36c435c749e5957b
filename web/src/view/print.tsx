import type { Shown } from "./context.ts";

export function usePrinting(_: Shown): void {}
