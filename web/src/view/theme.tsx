import { useState } from "preact/hooks";

const NAME = "spark-lineage-theme";
type Theme = "light" | "dark";

function remembered(): Theme | null {
  try {
    const theme = localStorage.getItem(NAME);
    return theme === "light" || theme === "dark" ? theme : null;
  } catch {
    // A file may be opened where nothing can be kept.
    return null;
  }
}

function system(): Theme {
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function applyTheme(): void {
  const theme = remembered();
  if (theme) document.documentElement.dataset.theme = theme;
}

export function ThemeSwitch() {
  const [theme, setTheme] = useState<Theme>(remembered() ?? system());
  const other = theme === "dark" ? "light" : "dark";
  return (
    <button
      type="button"
      title={`Show it ${other}`}
      onClick={() => {
        document.documentElement.dataset.theme = other;
        try {
          localStorage.setItem(NAME, other);
        } catch {
          // It holds for as long as the page is open.
        }
        setTheme(other);
      }}
    >
      {theme === "dark" ? "Light" : "Dark"}
    </button>
  );
}
