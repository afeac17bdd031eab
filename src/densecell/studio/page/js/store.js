// What the window knows, in one place; whoever shows a part of it listens to that part.

/** @import {Project, Axis, LayerName, Job} from "./types.js" */

/**
 * @typedef {object} Shown
 * @property {Project | null} project
 * @property {string} version
 * @property {number} volume which volume of the project
 * @property {[number, number, number]} at z, y, x in voxels, at the middle of the panes
 * @property {number} zoom screen pixels per voxel along x
 * @property {Axis} axis of the large pane
 * @property {boolean} single only the large pane
 * @property {string} tool
 * @property {number} ink class that is painted
 * @property {number} radius of the brush, voxels
 * @property {number} extent of smart fill, 0 to 1
 * @property {number} depth slices that smart fill goes through
 * @property {[number, number]} contrast black and white, 0 to 255
 * @property {Record<LayerName, {on: boolean, opacity: number}>} layers
 * @property {Set<number>} hidden classes
 * @property {Set<number>} locked classes
 * @property {{axis: Axis, index: number, row: number, column: number} | null} pointer
 * @property {"saved" | "saving" | "kept"} saved
 * @property {number} unsaved things painted that the server has not confirmed
 * @property {boolean} readonly
 * @property {boolean} away no server answers
 * @property {boolean} sketching a sketch is asked for with every stroke
 * @property {string} sketch what is known of the sketch, in words
 * @property {Job[]} jobs
 * @property {string} pyramid what is known of the pyramid, in words
 * @property {string} tab
 */

/** @type {Shown} */
export const shown = {
  project: null,
  version: "",
  volume: 0,
  at: [0, 0, 0],
  zoom: 1,
  axis: "z",
  single: false,
  tool: "brush",
  ink: 0,
  radius: 6,
  extent: 0.35,
  depth: 1,
  contrast: [0, 255],
  layers: {
    image: { on: true, opacity: 1 },
    paint: { on: true, opacity: 0.6 },
    sketch: { on: true, opacity: 0.35 },
    prediction: { on: true, opacity: 0.35 },
  },
  hidden: new Set(),
  locked: new Set(),
  pointer: null,
  saved: "saved",
  unsaved: 0,
  readonly: false,
  away: false,
  sketching: true,
  sketch: "",
  jobs: [],
  pyramid: "",
  tab: "paint",
};

/** @type {{keys: Set<string>, run: () => void}[]} */
let listeners = [];

/** Set parts of what is known and tell who listens to them. @param {Partial<Shown>} changed */
export function show(changed) {
  Object.assign(shown, changed);
  const keys = Object.keys(changed);
  for (const each of listeners) if (keys.some((key) => each.keys.has(key))) each.run();
}

/** Run now and whenever one of the named parts changes. @param {(keyof Shown)[]} keys @param {() => void} run */
export function watch(keys, run) {
  listeners.push({ keys: new Set(keys), run });
  run();
}

/** Forget all listeners: another view is built. */
export function unwatch() {
  listeners = [];
}

/** The volume that is shown; only called where a project is open. */
export function volume() {
  if (!shown.project) throw new Error("no project is open");
  return shown.project.volumes[shown.volume];
}
