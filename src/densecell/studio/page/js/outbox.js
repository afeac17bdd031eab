// Things painted, on their way to the server: one after another, again when it was away, never
// forgotten before it said that they are on disk. What waits survives a reload of the page.

/** @import {Op, Painted} from "./types.js" */
import { tell, tellError } from "./dom.js";
import { call, Refused } from "./http.js";
import { show, shown } from "./store.js";

/**
 * @typedef {object} Item
 * @property {"paint" | "undo" | "redo"} route
 * @property {Op | {volume: number | string}} body
 * @property {(answer: Painted) => void} [done]
 * @property {(error: Error) => void} [refused]
 */

/** @type {Item[]} */
let waiting = [];
let busy = false;
/** @type {number | undefined} */
let again;
let pause = 500;

/** @type {((item: Item, answer: Painted) => void)[]} */
const saved = [];

/** Call with every item that is on the server's disk. @param {(item: Item, answer: Painted) => void} run */
export function onSaved(run) {
  saved.length = 0;
  saved.push(run);
}

/** @param {Item} item */
export function send(item) {
  waiting.push(item);
  keep();
  next();
}

/** Things that wait, oldest first. */
export function pending() {
  return waiting;
}

/** Take up what an earlier page of this project left unsaved. @returns {Item[]} */
export function takeUp() {
  const found = localStorage.getItem(place());
  if (!found || waiting.length) return [];
  try {
    waiting = JSON.parse(found);
  } catch {
    return [];
  }
  if (waiting.length) tell("Strokes that an earlier window could not save are sent now.");
  next();
  return waiting;
}

/** Try at once, not when the pause is over. */
export function hurry() {
  pause = 500;
  clearTimeout(again);
  again = undefined;
  next();
}

async function next() {
  if (busy || again !== undefined) return;
  const item = waiting[0];
  if (!item) {
    report("saved");
    return;
  }
  busy = true;
  report("saving");
  try {
    const answer = await call("POST", item.route, item.body);
    waiting.shift();
    pause = 500;
    if (shown.away) show({ away: false });
    item.done?.(answer);
    for (const run of saved) run(item, answer);
  } catch (error) {
    failed(item, error);
  }
  busy = false;
  keep();
  if (again === undefined) next();
}

/** @param {Item} item @param {unknown} error */
function failed(item, error) {
  if (error instanceof Refused && error.passing) {
    if (error.status) tellError(error);
    show({ away: error.status === 0 });
    report("kept");
    again = setTimeout(() => {
      again = undefined;
      next();
    }, pause);
    pause = Math.min(pause * 2, 4000);
    return;
  }
  waiting.shift();
  if (error instanceof Refused && error.status === 409) show({ readonly: true });
  tellError(error);
  item.refused?.(/** @type {Error} */ (error));
}

/** @param {"saved" | "saving" | "kept"} state */
function report(state) {
  if (shown.saved === "kept" && state === "saving") state = "kept"; // until something is saved
  show({ saved: waiting.length ? state : "saved", unsaved: waiting.length });
}

function place() {
  return `densecell unsaved ${shown.project?.folder ?? ""}`;
}

function keep() {
  if (!waiting.length) localStorage.removeItem(place());
  else {
    try {
      localStorage.setItem(place(), JSON.stringify(waiting.map(({ route, body }) => ({ route, body }))));
    } catch {
      tell("The browser has no room to keep more unsaved strokes. Do not close this window before they are saved.", "bad");
    }
  }
  show({ unsaved: waiting.length });
}
