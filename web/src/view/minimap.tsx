import type { Layout } from "../model/layout.ts";
import type { View } from "./viewing.ts";

const WIDTH = 168;
const HEIGHT = 104;
const MOST = 1500;

interface Props {
  layout: Layout;
  view: View;
  width: number;
  height: number;
  onMove(view: View): void;
}

export function Minimap({ layout, view, width, height, onMove }: Props) {
  const whole =
    view.x >= 0 && view.y >= 0 && layout.width * view.k + view.x <= width && layout.height * view.k + view.y <= height;
  if (whole || layout.width === 0) return null;
  const scale = Math.min(WIDTH / layout.width, HEIGHT / layout.height);
  const to = (event: PointerEvent): void => {
    if (!(event.currentTarget instanceof Element) || (event.type === "pointermove" && event.buttons !== 1)) return;
    const box = event.currentTarget.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.x) / scale, (event.clientY - box.y) / scale];
    onMove({ k: view.k, x: width / 2 - x * view.k, y: height / 2 - y * view.k });
  };
  const all = [...layout.placed.values()];
  const boxes = all.length > MOST ? all.filter(({ item }) => !item.group?.group) : all;
  return (
    <div class="minimap" aria-hidden="true">
      <svg
        aria-hidden="true"
        width={layout.width * scale}
        height={layout.height * scale}
        onPointerDown={to}
        onPointerMove={to}
      >
        {boxes.map(({ item, open, x, y, width, height }) => (
          <rect
            key={item.key}
            class={open ? "open" : ""}
            x={x * scale}
            y={y * scale}
            width={Math.max(1, width * scale)}
            height={Math.max(1, height * scale)}
          />
        ))}
        <rect
          class="sight"
          x={(-view.x / view.k) * scale}
          y={(-view.y / view.k) * scale}
          width={(width / view.k) * scale}
          height={(height / view.k) * scale}
        />
      </svg>
    </div>
  );
}
