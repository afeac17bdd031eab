// The window of a project: bar, tools, panes, panel, line; and what keeps them fresh.

/** @import {Project} from "./types.js" */
import { banner, bar, corner, line, rail } from "./bar.js";
import { find, h } from "./dom.js";
import { takePainted } from "./events.js";
import { addInk, confirmInk, dropInk } from "./ink.js";
import { onSaved, takeUp } from "./outbox.js";
import { panel } from "./panel.js";
import { listenToPointer } from "./pointer.js";
import { wantFocus, wantSketch } from "./sketch.js";
import { show, shown, unwatch, watch } from "./store.js";
import { buildView, fit, redraw, view } from "./view.js";

/** @param {Project} project */
export function openWorkspace(project) {
  unwatch();
  const first = project.classes.find((each) => each.role !== "background") ?? project.classes[0];
  show({ project, volume: 0, jobs: project.jobs ?? [], ink: first?.id ?? 0, hidden: new Set(), locked: new Set() });
  const painted = project.volumes[0].painted_slices;
  const at = project.volumes[0].shape.map((each) => each / 2);
  if (painted?.length) at[0] = painted[painted.length - 1] + 0.5; // go on where one was
  show({ at: /** @type {[number, number, number]} */ (at) });
  document.title = `${project.name} \u2013 densecell studio`;

  const panes = h("main", { class: "panes", "aria-label": "Slices" });
  panes.style.position = "relative";
  const hindrance = banner();
  find("#app").replaceChildren(h("div", { class: "workspace" }, bar(), rail(), panes, panel(), line(), hindrance));
  find("#app").removeAttribute("aria-busy");
  buildView(panes, corner());
  listenToPointer(panes);
  fit();
  keepFresh();
}

function keepFresh() {
  onSaved((item, answer) => {
    view.tiles?.outdate("paint");
    redraw();
    takePainted(answer ?? {});
    if (item.route !== "paint") redraw();
  });
  for (const item of takeUp()) {
    if (item.route !== "paint" || !("tool" in item.body)) continue;
    const op = item.body;
    addInk(op);
    item.done = () => confirmInk(op);
    item.refused = () => dropInk(op);
  }
  watch(["at", "zoom", "axis", "volume"], () => {
    wantSketch(600);
    wantFocus();
  });
  watch(["sketching"], () => wantSketch(0));
  watch(["jobs"], () => {
    if (shown.jobs.some((each) => each.state === "running")) wantFocus();
  });
}
