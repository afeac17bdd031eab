// Strokes that the tiles do not show yet, drawn by the page itself.

/** @import {Op, Axis} from "./types.js" */
import { shown } from "./store.js";

export const NOTHING = 255;

/**
 * @typedef {object} Drawn
 * @property {Op} op
 * @property {boolean} confirmed on disk: it goes when fresh tiles are there
 */

/** @type {Drawn[]} */
let drawn = [];

/** @param {Op} op @returns {Drawn} */
export function addInk(op) {
  const one = { op, confirmed: false };
  drawn.push(one);
  return one;
}

/** @param {Op | object} op */
export function confirmInk(op) {
  for (const each of drawn) if (each.op === op) each.confirmed = true;
}

/** @param {Op | object} op */
export function dropInk(op) {
  drawn = drawn.filter((each) => each.op !== op);
}

/** Drop what the tiles of a slice show by now. @param {Axis} axis @param {number} index */
export function settleInk(axis, index) {
  drawn = drawn.filter((each) => !each.confirmed || each.op.axis !== axis || each.op.index !== index);
}

/** Drop all that is on disk: another slice or volume is shown. @param {Axis} axis @param {number} index */
export function leaveInk(axis, index) {
  drawn = drawn.filter((each) => !each.confirmed || (each.op.axis === axis && each.op.index === index));
}

export function clearInk() {
  drawn = [];
}

/** @param {Axis} axis @param {number} index */
export function inkOf(axis, index) {
  return drawn.filter((each) => each.op.axis === axis && each.op.index === index).map((each) => each.op);
}

/**
 * Draw one thing painted. The context counts in voxels, the corner of voxel 0 at 0.
 * @param {CanvasRenderingContext2D} context @param {Op} op @param {number} [since] first point
 */
export function drawInk(context, op, since = 0) {
  const colour = shown.project?.classes.find((each) => each.id === op.class)?.color;
  const erases = op.class === NOTHING;
  if (!op.points?.length || (!erases && (!colour || shown.hidden.has(op.class ?? -1)))) return;
  context.globalCompositeOperation = erases ? "destination-out" : "source-over";
  context.fillStyle = context.strokeStyle = erases ? "#000" : (colour ?? "#000");
  if (op.tool === "lasso") outline(context, op.points, true);
  else if (op.tool === "brush") {
    context.lineCap = context.lineJoin = "round";
    context.lineWidth = Math.max(2 * (op.radius ?? 0), 1);
    const points = op.points.slice(since);
    if (points.length === 1) points.push([points[0][0], points[0][1] + 1e-3]);
    context.beginPath();
    points.forEach(([row, column], n) => (n ? context.lineTo(column, row) : context.moveTo(column, row)));
    context.stroke();
  }
  context.globalCompositeOperation = "source-over";
}

/** @param {CanvasRenderingContext2D} context @param {[number, number][]} points @param {boolean} full */
export function outline(context, points, full) {
  context.beginPath();
  points.forEach(([row, column], n) => (n ? context.lineTo(column, row) : context.moveTo(column, row)));
  context.closePath();
  if (full) context.fill();
}
