import { render } from "preact";

import { App } from "./view/app.tsx";
import { applyTheme } from "./view/theme.tsx";
import "./style.css";

applyTheme();
const place = document.getElementById("page");
if (place) render(<App text={document.getElementById("document")?.textContent ?? ""} />, place);
