// What a click of smart fill would take, outlined under the pointer.

/** @import {Op} from "./types.js" */
/** @import {Pane} from "./pane.js" */
import { parts } from "./colours.js";
import { call, Refused } from "./http.js";
import { shown } from "./store.js";

const PAUSE_MS = 90;
/** @type {number | undefined} */
let timer;
let asked = 0;
/** @type {Pane | null} */
let on = null;

/** @param {Pane} pane @param {Op} op */
export function previewSmart(pane, op) {
  clearTimeout(timer);
  timer = setTimeout(() => ask(pane, op), PAUSE_MS);
}

export function forgetPreview() {
  clearTimeout(timer);
  asked += 1;
  if (on) clear(on);
  on = null;
}

/** @param {Pane} pane @param {Op} op */
async function ask(pane, op) {
  asked += 1;
  const mine = asked;
  let found;
  try {
    found = await call("POST", "smart_fill/preview", op);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return; // the click itself will say what is wrong
  }
  if (mine !== asked || shown.tool !== "smart") return;
  if (on && on !== pane) clear(on);
  on = pane;
  clear(pane);
  if (found) draw(pane, op, found);
}

/** @param {Pane} pane */
function clear(pane) {
  pane.marks.setTransform(1, 0, 0, 1, 0, 0);
  pane.marks.clearRect(0, 0, pane.over.width, pane.over.height);
}

/**
 * Fill the runs of each row and draw their borders.
 * @param {Pane} pane @param {Op} op @param {{box: [number[], number[]], rows: number[][]}} found
 */
function draw(pane, op, found) {
  const axes = { z: [1, 2], y: [0, 2], x: [1, 0] }[op.axis];
  const [row0, column0] = axes.map((axis) => found.box[0][axis]);
  const colour = shown.project?.classes.find((each) => each.id === op.class)?.color ?? "#ffffff";
  const target = pane.marks;
  pane.inVoxels(target);
  target.fillStyle = `rgb(${parts(colour).join(" ")} / 45%)`;
  const edges = new Path2D();
  /** @type {Set<number>} */
  let above = new Set();
  [...found.rows, []].forEach((runs, n) => {
    const here = new Set();
    let column = column0;
    runs.forEach((length, k) => {
      if (k % 2 && length) {
        target.fillRect(column, row0 + n, length, 1);
        for (let c = column; c < column + length; c++) here.add(c);
        for (const c of [column, column + length]) {
          edges.moveTo(c, row0 + n);
          edges.lineTo(c, row0 + n + 1);
        }
      }
      column += length;
    });
    for (const c of new Set([...here, ...above])) {
      if (here.has(c) === above.has(c)) continue;
      edges.moveTo(c, row0 + n);
      edges.lineTo(c + 1, row0 + n);
    }
    above = here;
  });
  target.lineWidth = 3 / shown.zoom;
  target.strokeStyle = "rgb(0 0 0 / 70%)";
  target.stroke(edges);
  target.lineWidth = 1.4 / shown.zoom;
  target.strokeStyle = "#fff";
  target.stroke(edges);
}
