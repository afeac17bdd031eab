// From (z, y, x) to the rows and columns of a slice, and back; the only place that turns axes.

/** @import {Axis, Triple, Volume, Level} from "./types.js" */

export const ORDER = { z: 0, y: 1, x: 2 };
/** @type {Record<Axis, number>} axis of (z, y, x) along the rows of a slice */
const ROWS = { z: 1, y: 0, x: 1 };
/** @type {Record<Axis, number>} */
const COLUMNS = { z: 2, y: 2, x: 0 };
/** @type {Record<Axis, string>} name of the plane, columns first */
export const PLANE = { z: "xy", y: "xz", x: "zy" };

/** @param {Axis} axis */
export function dims(axis) {
  return { through: ORDER[axis], rows: ROWS[axis], columns: COLUMNS[axis] };
}

/** @param {Axis} axis @param {number} index @param {number} row @param {number} column @returns {Triple} */
export function voxel(axis, index, row, column) {
  const { through, rows, columns } = dims(axis);
  /** @type {Triple} */
  const found = [0, 0, 0];
  found[through] = index;
  found[rows] = row;
  found[columns] = column;
  return found;
}

/**
 * Screen pixels of one voxel along rows and columns, where a voxel along x takes `zoom`.
 * @param {Volume} volume @param {Axis} axis @param {number} zoom
 */
export function pixels(volume, axis, zoom) {
  const { rows, columns } = dims(axis);
  const nm = volume.spacing_nm;
  return { row: (zoom * nm[rows]) / nm[2], column: (zoom * nm[columns]) / nm[2] };
}

/**
 * Coarsest level whose pixels are still no larger than a pixel of the screen.
 * @param {Volume} volume @param {Axis} axis @param {number} zoom @returns {Level}
 */
export function levelFor(volume, axis, zoom) {
  const scale = pixels(volume, axis, zoom);
  const { rows, columns } = dims(axis);
  let best = volume.levels[0];
  for (const level of volume.levels) {
    if (!level.ready) continue;
    const row = (scale.row * volume.shape[rows]) / level.shape[rows];
    const column = (scale.column * volume.shape[columns]) / level.shape[columns];
    if (Math.max(row, column) <= 1.25) best = level;
  }
  return best;
}

/** @param {number} value @param {number} low @param {number} high */
export function within(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
