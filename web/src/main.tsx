import { render } from "preact";

import "./style.css";

const place = document.getElementById("page");
if (place) {
  render(<p>The page is being built.</p>, place);
}
