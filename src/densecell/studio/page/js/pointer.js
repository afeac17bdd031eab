// Mouse, pen and wheel over the panes.

/** @import {Pane} from "./pane.js" */
import { within } from "./axes.js";
import { h } from "./dom.js";
import { forgetPreview } from "./smart.js";
import { show, shown, volume, watch } from "./store.js";
import { drag, hover, painting, press, release, TOOLS } from "./tools.js";
import { pan, step, view, visible, zoom } from "./view.js";

const cursor = h("div", { class: "cursor", hidden: true, "aria-hidden": "true" });
/** @type {{pane: Pane, x: number, y: number} | null} */
let last = null;
/** @type {{pane: Pane, x: number, y: number} | null} */
let moving = null;
let turned = 0;

/** Listen to the panes, also when they are built anew. @param {HTMLElement} element */
export function listenToPointer(element) {
  element.addEventListener("panes", () => {
    for (const pane of view.panes) listen(pane);
  });
  for (const pane of view.panes) listen(pane);
  watch(["tool", "radius", "zoom"], placeCursor);
  watch(["tool", "ink"], () => {
    forgetPreview();
    if (last) hover(last.pane, last.x, last.y);
  });
}

/** @param {Pane} pane */
function listen(pane) {
  const element = pane.canvas;
  element.addEventListener("pointerdown", (event) => down(pane, event));
  element.addEventListener("pointermove", (event) => move(pane, event));
  element.addEventListener("pointerup", up);
  element.addEventListener("pointercancel", up);
  element.addEventListener("pointerleave", leave);
  element.addEventListener("contextmenu", (event) => event.preventDefault());
  element.addEventListener("wheel", (event) => wheel(pane, event), { passive: false });
  element.addEventListener("dblclick", (event) => {
    if (shown.tool !== "move" || pane === view.panes[0]) return;
    event.preventDefault();
    show({ axis: pane.axis });
  });
}

/** @param {Pane} pane @param {PointerEvent} event */
function down(pane, event) {
  const { offsetX: x, offsetY: y } = event;
  pane.canvas.focus({ preventScroll: true });
  try {
    pane.canvas.setPointerCapture(event.pointerId);
  } catch {
    // a pointer that is gone already
  }
  if (event.button !== 0 || shown.tool === "move" || event.altKey) moving = { pane, x, y };
  else press(pane, x, y);
}

/** @param {Pane} pane @param {PointerEvent} event */
function move(pane, event) {
  const { offsetX: x, offsetY: y } = event;
  last = { pane, x, y };
  placeCursor();
  if (moving) {
    pan(moving.pane, moving.x - x, moving.y - y);
    moving = { pane, x, y };
    return;
  }
  if (painting()) {
    const events = event.getCoalescedEvents?.() ?? [];
    drag((events.length ? events : [event]).map((each) => ({ x: each.offsetX, y: each.offsetY })));
    return;
  }
  const { row, column } = pane.under(x, y);
  show({ pointer: { axis: pane.axis, index: pane.index, row: Math.floor(row), column: Math.floor(column) } });
  hover(pane, x, y);
}

function up() {
  moving = null;
  release();
}

function leave() {
  if (painting()) return;
  last = null;
  cursor.hidden = true;
  show({ pointer: null });
  forgetPreview();
}

/** @param {Pane} pane @param {WheelEvent} event */
function wheel(pane, event) {
  event.preventDefault();
  const { offsetX: x, offsetY: y } = event;
  if (event.ctrlKey || event.metaKey) {
    zoom(pane, Math.exp(-within(event.deltaY, -100, 100) / 300), x, y);
    return;
  }
  turned += Math.abs(event.deltaY) > 0 ? event.deltaY : event.deltaX; // shift turns the wheel sideways
  const count = Math.trunc(turned / 40);
  if (!count) return;
  turned = 0;
  const sign = Math.sign(count);
  if (event.altKey) show({ radius: within(Math.round(shown.radius - sign * Math.max(1, shown.radius / 8)), 0, 500) });
  else if (shown.tool === "smart" && !event.shiftKey) {
    show({ extent: within(Math.round((shown.extent - sign * 0.04) * 100) / 100, 0, 1) });
    hover(pane, x, y);
  } else {
    step(pane.axis, sign * (event.shiftKey && shown.tool !== "smart" ? 10 : 1));
  }
}

function placeCursor() {
  const tool = TOOLS.find((each) => each.id === shown.tool);
  for (const pane of visible()) pane.canvas.style.cursor = tool?.round ? "none" : shown.tool === "move" ? "grab" : "crosshair";
  cursor.hidden = !last || !tool?.round;
  if (!last || cursor.hidden || !volume()) return;
  const { pane, x, y } = last;
  if (cursor.parentElement !== pane.element) pane.element.append(cursor);
  const wide = Math.max(2 * shown.radius * pane.scale.column, 3);
  const high = Math.max(2 * shown.radius * pane.scale.row, 3);
  cursor.style.width = `${wide}px`;
  cursor.style.height = `${high}px`;
  cursor.style.transform = `translate(${x - wide / 2}px, ${y - high / 2}px)`;
}
