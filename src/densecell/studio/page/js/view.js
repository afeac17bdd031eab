// The panes together: one frame loop, one place in the volume.

/** @import {Axis, LayerName, Triple} from "./types.js" */
import { dims, within } from "./axes.js";
import { clearInk, leaveInk } from "./ink.js";
import { Pane } from "./pane.js";
import { show, shown, volume, watch } from "./store.js";
import { Tiles } from "./tiles.js";

/** @type {{tiles: Tiles | null, panes: Pane[], element: HTMLElement | null, asked: boolean, frames: number[]}} */
export const view = { tiles: null, panes: [], element: null, asked: false, frames: [] };

/** @type {(() => void)[]} */
const afterDraw = [];

/** Call after every full drawing. @param {() => void} run */
export function onDrawn(run) {
  afterDraw.length = 0;
  afterDraw.push(run);
}

/** Draw all panes in the next frame. */
export function redraw() {
  if (view.asked) return;
  view.asked = true;
  requestAnimationFrame(() => {
    view.asked = false;
    view.tiles?.begin();
    for (const pane of visible()) pane.draw();
    for (const run of afterDraw) run();
  });
}

export function visible() {
  return shown.single ? view.panes.slice(0, 1) : view.panes;
}

/** Build the panes of the volume that is shown. @param {HTMLElement} element @param {HTMLElement} corner */
export function buildView(element, corner) {
  view.element = element;
  const measure = new ResizeObserver(() => {
    for (const pane of visible()) pane.resize();
    redraw();
  });
  measure.observe(element);
  watch(["volume", "axis", "single"], () => {
    if (!shown.project) return;
    const name = volume().name;
    if (view.tiles?.volume !== name) {
      if (view.tiles) view.tiles.closed = true;
      view.tiles = new Tiles(name, redraw);
      clearInk();
    }
    /** @type {Axis[]} */
    const axes = shown.axis === "z" ? ["z", "x", "y"] : shown.axis === "y" ? ["y", "x", "z"] : ["x", "z", "y"];
    const tiles = view.tiles;
    view.panes = axes.map((axis) => new Pane(axis, tiles));
    view.panes[0].element.classList.add("first");
    element.classList.toggle("single", shown.single);
    element.replaceChildren(...view.panes.map((each) => each.element), corner);
    for (const pane of visible()) pane.resize();
    element.dispatchEvent(new CustomEvent("panes"));
    redraw();
  });
  watch(["at", "zoom", "layers"], redraw);
  watch(["contrast"], () => recolour("image"));
  watch(["hidden", "project"], () => recolour("paint", "sketch", "prediction"));
}

/** @param {LayerName[]} layers */
export function recolour(...layers) {
  view.tiles?.recolour(...layers);
  redraw();
}

/** Go to a place, kept within the volume. @param {number[]} at */
export function go(at) {
  const shape = volume().shape;
  const kept = at.map((each, axis) => within(each, 0, shape[axis] - 1e-6));
  show({ at: /** @type {Triple} */ (kept) });
  for (const pane of view.panes) leaveInk(pane.axis, pane.index);
}

/** Next or earlier slices of an axis. @param {Axis} axis @param {number} count */
export function step(axis, count) {
  const at = [...shown.at];
  const { through } = dims(axis);
  at[through] = Math.floor(at[through]) + count + 0.5;
  go(at);
}

/** Move along a pane, in CSS pixels. @param {Pane} pane @param {number} x @param {number} y */
export function pan(pane, x, y) {
  const { rows, columns } = dims(pane.axis);
  const at = [...shown.at];
  at[rows] += y / pane.scale.row;
  at[columns] += x / pane.scale.column;
  go(at);
}

/** Zoom by a factor; what lies under a place of the pane stays there. @param {Pane} pane @param {number} factor @param {number} [x] @param {number} [y] */
export function zoom(pane, factor, x = pane.width / 2, y = pane.height / 2) {
  const before = pane.under(x, y);
  show({ zoom: within(shown.zoom * factor, 1e-3, 64) });
  const after = pane.under(x, y);
  const { rows, columns } = dims(pane.axis);
  const at = [...shown.at];
  at[rows] += before.row - after.row;
  at[columns] += before.column - after.column;
  go(at);
}

/** Show the whole slice. */
export function fit() {
  const pane = view.panes[0];
  const { rows, columns } = dims(pane.axis);
  const { shape, spacing_nm: nm } = volume();
  const high = (shape[rows] * nm[rows]) / nm[2];
  const wide = (shape[columns] * nm[columns]) / nm[2];
  const at = [...shown.at];
  at[rows] = shape[rows] / 2;
  at[columns] = shape[columns] / 2;
  show({ zoom: within(Math.min((pane.height - 12) / high, (pane.width - 12) / wide), 1e-3, 64) });
  go(at);
}
