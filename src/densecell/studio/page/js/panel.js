// The panel at the right: a tab for painting and one for training. More tabs fit beside them.

import { h } from "./dom.js";
import { show, shown, watch } from "./store.js";
import { byHandSection } from "./by_hand.js";
import { classesSection } from "./classes.js";
import { contrastSection, layersSection } from "./layers.js";
import { sketchSection, trainSection } from "./training.js";

/** @type {{id: string, name: string, parts: () => HTMLElement[]}[]} */
const TABS = [
  { id: "paint", name: "Paint", parts: () => [classesSection(), sketchSection(), layersSection(), contrastSection()] },
  { id: "train", name: "Train", parts: () => [trainSection()] },
  { id: "hand", name: "By hand", parts: () => [byHandSection()] },
];

export function panel() {
  const sheet = h("div", { class: "sheet", role: "tabpanel", id: "sheet" });
  const tabs = h("div", { class: "tabs", role: "tablist", "aria-label": "Panel" });
  /** @type {Map<string, HTMLElement[]>} */
  const built = new Map(TABS.map((each) => [each.id, each.parts()]));
  const buttons = TABS.map((each) => h("button", { role: "tab", id: `tab-${each.id}`, "aria-controls": "sheet", text: each.name, onclick: () => show({ tab: each.id }) }));
  tabs.append(...buttons);
  tabs.addEventListener("keydown", (event) => {
    const turn = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!turn) return;
    const now = TABS.findIndex((each) => each.id === shown.tab);
    const next = (now + turn + TABS.length) % TABS.length;
    show({ tab: TABS[next].id });
    buttons[next].focus();
  });
  watch(["tab"], () => {
    buttons.forEach((button, n) => {
      const on = TABS[n].id === shown.tab;
      button.setAttribute("aria-selected", String(on));
      button.tabIndex = on ? 0 : -1;
    });
    sheet.setAttribute("aria-labelledby", `tab-${shown.tab}`);
    sheet.replaceChildren(...(built.get(shown.tab) ?? []));
  });
  return h("aside", { class: "panel", "aria-label": "Classes, layers, training" }, tabs, sheet);
}
