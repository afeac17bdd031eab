// Dark or light: as the system says, until somebody chooses.
import { view, redraw } from "./view.js";

export function useTheme() {
  const kept = localStorage.getItem("densecell theme");
  if (kept) document.documentElement.dataset.theme = kept;
}

export function swapTheme() {
  const root = document.documentElement;
  const light = root.dataset.theme ? root.dataset.theme === "light" : matchMedia("(prefers-color-scheme: light)").matches;
  root.dataset.theme = light ? "dark" : "light";
  localStorage.setItem("densecell theme", root.dataset.theme);
  for (const pane of view.panes) pane.ground = undefined;
  redraw();
}
