// The tools: what each does with the pointer. Strokes are drawn here at once and sent in pieces.

/** @import {Op} from "./types.js" */
/** @import {Pane} from "./pane.js" */
import { dims } from "./axes.js";
import { call } from "./http.js";
import { tell, tellError } from "./dom.js";
import { addInk, confirmInk, dropInk, NOTHING } from "./ink.js";
import { send } from "./outbox.js";
import { previewSmart, forgetPreview } from "./smart.js";
import { show, shown, volume } from "./store.js";
import { redraw, view } from "./view.js";

/**
 * @typedef {object} Tool
 * @property {string} id
 * @property {string} name
 * @property {string} key
 * @property {string} hint
 * @property {boolean} [round] a circle shows how wide it paints
 */

/** @type {Tool[]} */
export const TOOLS = [
  { id: "brush", name: "Brush", key: "b", hint: "Drag to paint. [ and ] change the size.", round: true },
  { id: "eraser", name: "Eraser", key: "e", hint: "Drag to erase: back to \u201cnot looked at\u201d.", round: true },
  { id: "fill", name: "Fill", key: "g", hint: "Click in a region: it is filled up to the paint around it." },
  { id: "lasso", name: "Lasso", key: "l", hint: "Drag round a region: its inside is painted." },
  { id: "smart", name: "Smart fill", key: "s", hint: "Point at a structure; the wheel grows or shrinks what a click takes." },
  { id: "pick", name: "Pick", key: "i", hint: "Click takes the class under the pointer." },
  { id: "move", name: "Move", key: "m", hint: "Drag to move. The wheel changes the slice, with Ctrl it zooms." },
];

const PIECE_MS = 250;

/** @type {{op: Op, pane: Pane, sent: number, timer: number, full: [number, number][]} | null} */
let live = null;

/** Row and column in voxels: the middle of the first is 0.5. @param {Pane} pane @param {number} x @param {number} y @returns {[number, number]} */
function point(pane, x, y) {
  const { row, column } = pane.under(x, y);
  return [shorter(row), shorter(column)];
}

/** @param {number} value */
function shorter(value) {
  return Math.floor(value * 100) / 100; // never up, out of the volume
}

/** What every op holds. @param {Pane} pane @param {string} tool @returns {Op} */
export function op(pane, tool) {
  return { tool, volume: volume().name, axis: pane.axis, index: pane.index, class: shown.tool === "eraser" ? NOTHING : shown.ink, locked: [...shown.locked], stroke: crypto.randomUUID() };
}

/** True where the volume lies under a place of the pane. @param {Pane} pane @param {number} x @param {number} y */
function inside(pane, x, y) {
  const { rows, columns } = dims(pane.axis);
  const { shape } = volume();
  const { row, column } = pane.under(x, y);
  return row >= 0 && column >= 0 && row < shape[rows] && column < shape[columns];
}

export function mayPaint() {
  if (!shown.readonly) return true;
  tell("This window is read only: another one paints. Press \u201cPaint here\u201d to take over.", "bad");
  return false;
}

/** @param {Pane} pane @param {number} x @param {number} y */
export function press(pane, x, y) {
  if (["pick", "fill", "smart"].includes(shown.tool) && !inside(pane, x, y)) return;
  if (shown.tool === "pick") {
    pick(pane, x, y).catch(tellError);
    return;
  }
  if (!mayPaint()) return;
  if (shown.locked.has(shown.ink) && shown.tool !== "eraser") {
    tell("This class is locked. Unlock it in the list to paint with it.");
    return;
  }
  if (shown.tool === "fill") place({ ...op(pane, "fill"), point: point(pane, x, y) });
  else if (shown.tool === "smart") {
    forgetPreview();
    place({ ...op(pane, "smart_fill"), point: point(pane, x, y), extent: shown.extent, slices: shown.depth });
  } else begin(pane, x, y);
}

/** @param {Pane} pane @param {number} x @param {number} y */
function begin(pane, x, y) {
  const first = point(pane, x, y);
  const tool = shown.tool === "lasso" ? "lasso" : "brush";
  const one = { ...op(pane, tool), points: [first], radius: tool === "brush" ? shown.radius : undefined };
  live = { op: one, pane, sent: 0, timer: 0, full: one.points };
  if (tool === "brush") {
    addInk(one);
    pane.extend(one, 0);
    live.timer = setInterval(piece, PIECE_MS);
  }
}

/** @param {{x: number, y: number}[]} places CSS pixels within the pane */
export function drag(places) {
  if (!live) return;
  const { op: one, pane } = live;
  const points = one.points ?? [];
  const before = points.length;
  for (const { x, y } of places) {
    const next = point(pane, x, y);
    const last = points[points.length - 1];
    if (Math.hypot((next[0] - last[0]) * pane.scale.row, (next[1] - last[1]) * pane.scale.column) >= 0.7) points.push(next);
  }
  if (points.length === before) return;
  if (one.tool === "brush") pane.extend(one, before - 1);
  else marks(pane, points);
}

export function release() {
  if (!live) return;
  const { op: one, pane, timer } = live;
  clearInterval(timer);
  if (one.tool === "brush") {
    piece();
    dropInk(one);
  } else {
    clearMarks(pane);
    if ((one.points?.length ?? 0) > 2) {
      addInk(one);
      place(one);
    }
  }
  live = null;
  redraw();
}

export function painting() {
  return live !== null;
}

/** Send what was drawn since the last piece. */
function piece() {
  if (!live) return;
  const points = live.op.points ?? [];
  if (live.sent >= points.length) return;
  const part = { ...live.op, points: points.slice(Math.max(live.sent - 1, 0)) };
  live.sent = points.length;
  addInk(part);
  place(part);
}

/** Send one thing painted; it is drawn by the page until the tiles show it. @param {Op} one */
export function place(one) {
  send({
    route: "paint",
    body: one,
    done: () => confirmInk(one),
    refused: () => {
      dropInk(one);
      redraw();
    },
  });
}

/** Line of the lasso. @param {Pane} pane @param {[number, number][]} points */
function marks(pane, points) {
  clearMarks(pane);
  const target = pane.marks;
  target.beginPath();
  points.forEach(([row, column], n) => {
    const { x, y } = pane.place(row, column);
    if (n) target.lineTo(x * pane.density, y * pane.density);
    else target.moveTo(x * pane.density, y * pane.density);
  });
  twice(target);
}

/** A line that is seen on light and on dark. @param {CanvasRenderingContext2D} target */
export function twice(target) {
  target.lineJoin = "round";
  target.setLineDash([]);
  target.lineWidth = 3;
  target.strokeStyle = "#000";
  target.stroke();
  target.setLineDash([5, 4]);
  target.lineWidth = 1.5;
  target.strokeStyle = "#fff";
  target.stroke();
}

/** @param {Pane} pane */
export function clearMarks(pane) {
  pane.marks.setTransform(1, 0, 0, 1, 0, 0);
  pane.marks.clearRect(0, 0, pane.over.width, pane.over.height);
}

/** Class under the pointer becomes the one that is painted. @param {Pane} pane @param {number} x @param {number} y */
async function pick(pane, x, y) {
  const found = await look(pane, x, y);
  const id = [found.paint, found.prediction, found.sketch].find((each) => each !== null && each !== undefined && each !== NOTHING);
  if (id === undefined) tell("No class lies under the pointer yet.");
  else show({ ink: id, tool: "brush" });
}

/** What lies at a place. @param {Pane} pane @param {number} x @param {number} y */
export function look(pane, x, y) {
  const [row, column] = point(pane, x, y).map(Math.floor);
  return call("GET", `pick?volume=${encodeURIComponent(volume().name)}&axis=${pane.axis}&index=${pane.index}&row=${row}&column=${column}`);
}

/** Hovering with smart fill shows what a click would take. @param {Pane} pane @param {number} x @param {number} y */
export function hover(pane, x, y) {
  if (shown.tool !== "smart" || shown.readonly) return;
  if (!inside(pane, x, y)) forgetPreview();
  else previewSmart(pane, { ...op(pane, "smart_fill"), point: point(pane, x, y), extent: shown.extent, slices: shown.depth });
}

/** Copy the paint of a slice beside into this one. @param {number} offset */
export function copyFrom(offset) {
  const pane = view.panes[0];
  const from = pane.index + offset;
  if (!mayPaint() || from < 0 || from >= volume().shape[dims(pane.axis).through]) return;
  place({ ...op(pane, "copy"), from });
}

/** Fill the slices between this one and the nearest painted one before, with the chosen class. */
export function interpolate() {
  const pane = view.panes[0];
  if (!mayPaint()) return;
  if (pane.axis !== "z") {
    tell("Interpolation works between xy slices. Make the xy pane the large one.");
    return;
  }
  const painted = volume().painted_slices.filter((each) => each !== pane.index);
  const before = painted.filter((each) => each < pane.index).pop();
  const from = before ?? painted.find((each) => each > pane.index);
  if (from === undefined || Math.abs(from - pane.index) < 2) {
    tell("Paint the same structure in two slices with others between them; then interpolate from the second.");
    return;
  }
  place({ ...op(pane, "interpolate"), class: shown.ink, from: Math.min(from, pane.index), to: Math.max(from, pane.index) });
}

/** @param {"undo" | "redo"} route */
export function turnBack(route) {
  if (mayPaint()) send({ route, body: { volume: volume().name } });
}
