import { useMemo } from "preact/hooks";

import type { ExecutionDocument } from "../document.ts";
import type { Step } from "../model/model.ts";
import { bytes, duration, nameOfStep, visible } from "../model/text.ts";
import { useShown } from "./context.ts";
import { Line } from "./value.tsx";
import { Virtual } from "./virtual.tsx";

const ROW = 24;

interface Bar {
  step: Step;
  depth: number;
  start: number;
  length: number;
  executions: { start: number; length: number; of: ExecutionDocument }[];
}

/** Which step ran when, and which Spark executions it caused. */
export function Timeline() {
  const { page, model, selection, select } = useShown();
  const { bars, length } = useMemo(
    () =>
      barsOf(
        model.steps.filter(({ b }) => b),
        Date.parse(page.made_at),
      ),
    [model, page.made_at],
  );
  const chosen = selection?.kind === "step" ? selection.step : null;
  const ticks = ticksOf(length);
  return (
    <div class="timeline">
      <div class="axis" aria-hidden="true">
        <span class="label" />
        <span class="time">
          {ticks.map((at) => (
            <i key={at} style={{ left: `${(100 * at) / length}%` }}>
              {at ? duration(at) : "0"}
            </i>
          ))}
        </span>
      </div>
      <Virtual
        class="lanes"
        role="list"
        tabIndex={0}
        aria-label="Steps in the order in which they began"
        count={bars.length}
        rowHeight={ROW}
        reveal={chosen ? bars.findIndex(({ step }) => step === chosen) : null}
        row={(i) => {
          const bar = bars[i];
          if (!bar) return null;
          const { step, depth } = bar;
          const { document } = step;
          return (
            <div
              role="listitem"
              key={step.key}
              class={`lane${step === chosen ? " chosen" : ""}${step.children.length ? " call" : ""}`}
            >
              <button
                type="button"
                class="label"
                style={{ paddingLeft: `${8 + depth * 10}px` }}
                title={visible(document.step)}
                onClick={() => select("step", document.step, document.call)}
              >
                <Line of={nameOfStep(step)} />
              </button>
              <span class="time">
                <span
                  class={`bar ${document.outcome}`}
                  title={`${visible(nameOfStep(step))}: ${duration(document.duration_ms)}`}
                  style={{ left: `${(100 * bar.start) / length}%`, width: `${(100 * bar.length) / length}%` }}
                />
                {bar.executions.map(({ start, length: long, of }, j) => (
                  <span
                    key={j}
                    class={`execution ${of.outcome}`}
                    title={titleOf(of)}
                    style={{ left: `${(100 * start) / length}%`, width: `${(100 * long) / length}%` }}
                  />
                ))}
                <span class="took" style={besides(bar, length)}>
                  {duration(document.duration_ms)}
                </span>
              </span>
            </div>
          );
        }}
      />
      <p class="key">
        <span class="bar" /> step <span class="execution" /> Spark execution
      </p>
    </div>
  );
}

/** Behind its bar; before it, or in it, where there is no place behind. */
function besides({ start, length: long }: Bar, length: number): Record<string, string> {
  if (start + long < length * 0.92) return { left: `${(100 * (start + long)) / length}%` };
  return { right: start > length * 0.1 ? `${100 - (100 * start) / length}%` : "0" };
}

function titleOf(of: ExecutionDocument): string {
  const { metrics } = of;
  const number = of.execution !== null ? `Execution ${of.execution}` : "Spark job";
  return visible(
    `${number}: ${of.description}\n${duration(of.duration_ms)}, ${metrics.tasks ?? 0} tasks, ` +
      `${bytes(metrics.shuffle_write_bytes ?? 0)} shuffled, ${bytes(metrics.spill_disk_bytes ?? 0)} spilled`,
  );
}

/** @param now until when what still runs has run: when the page's document was made */
function barsOf(steps: Step[], now: number): { bars: Bar[]; length: number } {
  const at = (iso: string) => Date.parse(iso);
  let first = Number.POSITIVE_INFINITY;
  for (const { document } of steps) first = Math.min(first, at(document.started_at) || Number.POSITIVE_INFINITY);
  let last = first;
  const bars = steps.map((step): Bar => {
    const { document } = step;
    const start = (at(document.started_at) || first) - first;
    const running = document.outcome === "running" ? Math.max(0, now - (first + start)) : 0;
    const length = document.duration_ms ?? running;
    last = Math.max(last, first + start + length);
    let depth = 0;
    for (let up = step.parent; up; up = up.parent) depth++;
    const executions = document.executions
      .filter(({ started_at }) => started_at)
      .map((of) => ({ start: at(of.started_at ?? "") - first, length: of.duration_ms ?? 0, of }));
    return { step, depth, start, length, executions };
  });
  bars.sort((x, y) => x.start - y.start || x.step.index - y.step.index);
  return { bars, length: Math.max(1, last - first) };
}

function ticksOf(length: number): number[] {
  const rough = length / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const by = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough) ?? rough;
  const ticks = [];
  for (let at = 0; at < length * 0.95; at += by) ticks.push(at);
  return ticks;
}
