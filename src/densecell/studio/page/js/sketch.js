// Asking for a sketch after strokes and moves, and for a prediction while networks train.

import { call, Refused } from "./http.js";
import { show, shown, volume } from "./store.js";
import { view } from "./view.js";

/** @type {number | undefined} */
let timer;
/** @type {number | undefined} */
let focusTimer;

/** Ask soon; later wishes replace this one. @param {number} [pause] milliseconds */
export function wantSketch(pause = 350) {
  clearTimeout(timer);
  if (!shown.sketching || Object.values(volume().painted).filter((n) => n > 0).length < 2) return;
  timer = setTimeout(ask, pause);
}

/** What the large pane shows, as the server wants it. */
function here() {
  const pane = view.panes[0];
  return { volume: volume().name, axis: pane.axis, index: pane.index, box: pane.seen() };
}

async function ask() {
  const body = here();
  if (body.box[2] <= body.box[0] || body.box[3] <= body.box[1]) return;
  chip("Sketching\u2026");
  try {
    const answer = await call("POST", "sketch", body);
    if (answer && answer.accepted === false) {
      chip("");
      show({ sketch: answer.reason ?? "" });
    }
  } catch (error) {
    chip("");
    show({ sketch: error instanceof Refused ? error.message : "" });
  }
}

/** @param {{seconds?: number, note?: string}} event */
export function sketched(event) {
  chip("");
  const seconds = typeof event.seconds === "number" ? ` It took ${event.seconds.toFixed(1)} s.` : "";
  show({ sketch: `${event.note ?? "This is a sketch, from your strokes alone; training does better."}${seconds}` });
}

/** Words at the corner of the large pane. @param {string} text */
export function chip(text) {
  const [pane] = view.panes;
  if (!pane) return;
  pane.chip.hidden = !text;
  pane.chip.textContent = text;
}

/** Tell the server where one looks, so that training predicts there. */
export function wantFocus() {
  clearTimeout(focusTimer);
  if (!shown.jobs.some((each) => each.state === "running")) return;
  focusTimer = setTimeout(() => call("POST", "focus", here()).catch(() => {}), 300);
}
