// What the server sends, as types for the editor and `tsc --checkJs`; nothing runs here.

/** @typedef {[number, number, number]} Triple z, y, x */
/** @typedef {"z" | "y" | "x"} Axis the axis that a slice is perpendicular to */
/** @typedef {"image" | "paint" | "sketch" | "prediction"} LayerName */

/**
 * @typedef {object} CellClass
 * @property {number} id
 * @property {string} name
 * @property {string} color "#rrggbb"
 * @property {string} role
 * @property {string | null} [parent]
 * @property {boolean} [locked]
 */

/**
 * @typedef {object} Level
 * @property {number} level
 * @property {Triple} shape
 * @property {Triple} spacing_nm
 * @property {boolean} ready
 */

/**
 * @typedef {object} Volume
 * @property {string} name
 * @property {string} path
 * @property {Triple} shape
 * @property {Triple} spacing_nm
 * @property {boolean} spacing_certain
 * @property {Level[]} levels
 * @property {[number, number]} window
 * @property {string} dtype
 * @property {Record<string, number>} painted voxels of each class
 * @property {number[]} painted_slices
 * @property {boolean} [can_undo]
 * @property {boolean} [can_redo]
 */

/**
 * @typedef {object} Job
 * @property {string} id
 * @property {string} kind
 * @property {string} command
 * @property {"waiting" | "running" | "done" | "failed" | "cancelled"} state
 * @property {number} progress 0 to 1
 * @property {string | number | null} [rate]
 * @property {number | null} [seconds_left]
 * @property {string | string[]} [log_tail]
 * @property {{network?: number | string, step: number, loss: number | null, score: number | null, seconds: number}[]} [curve]
 * @property {number | null} [score]
 * @property {string | null} [reason]
 */

/**
 * @typedef {object} Project
 * @property {string} name
 * @property {string} folder
 * @property {CellClass[]} classes
 * @property {Volume[]} volumes
 * @property {string[]} by_hand
 * @property {Job[]} jobs
 * @property {unknown[]} [models]
 */

/**
 * @typedef {object} Painted what the server answers to paint
 * @property {[Triple, Triple] | null} [box]
 * @property {number} [version]
 * @property {Record<string, number>} painted
 * @property {number[]} painted_slices
 * @property {boolean} can_undo
 * @property {boolean} can_redo
 */

/**
 * @typedef {object} Op one thing painted, as the server wants it
 * @property {string} tool
 * @property {number | string} volume
 * @property {Axis} axis
 * @property {number} index
 * @property {string} [stroke]
 * @property {number} [class]
 * @property {[number, number][]} [points] rows and columns; the middle of the first voxel is 0.5
 * @property {[number, number]} [point]
 * @property {number} [radius]
 * @property {number} [extent]
 * @property {number} [slices]
 * @property {number} [from]
 * @property {number} [to]
 * @property {number[]} [locked]
 */

export {};
