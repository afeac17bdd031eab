// One pane: a slice through the volume with its layers, drawn from tiles, and strokes over it.

/** @import {Axis, Op, LayerName, Level} from "./types.js" */
/** @import {Tiles, Tile} from "./tiles.js" */
import { dims, levelFor, pixels, PLANE } from "./axes.js";
import { h } from "./dom.js";
import { drawInk, inkOf, NOTHING, settleInk } from "./ink.js";
import { shown, volume } from "./store.js";
import { SIDE } from "./tiles.js";

export class Pane {
  /** @param {Axis} axis @param {Tiles} tiles */
  constructor(axis, tiles) {
    this.axis = axis;
    this.tiles = tiles;
    this.canvas = h("canvas", { tabindex: "0", role: "img", "aria-label": `Slice ${PLANE[axis]}` });
    this.over = h("canvas", { class: "over", "aria-hidden": "true" });
    this.name = h("span", { class: "name number" });
    this.chip = h("span", { class: "chip", role: "status", hidden: true });
    this.bar = h("i");
    this.length = h("span");
    this.element = h("div", { class: "pane" }, this.canvas, this.over, this.name, this.chip, h("span", { class: "scale number" }, this.length, this.bar));
    this.screen = context(this.canvas, false);
    this.marks = context(this.over, true);
    this.paint = context(document.createElement("canvas"), true);
    this.width = this.height = 0;
    this.lastIndex = 0;
    this.complete = false;
    /** @type {string | undefined} */
    this.ground = undefined; // colour beside the volume
  }

  get index() {
    return Math.floor(shown.at[dims(this.axis).through]);
  }

  /** Pixels of the screen (of the canvas) per CSS pixel. */
  get density() {
    return Math.min(devicePixelRatio || 1, 2);
  }

  get scale() {
    return pixels(volume(), this.axis, shown.zoom);
  }

  /** Take the size that the pane has on the page. */
  resize() {
    const box = this.element.getBoundingClientRect();
    this.width = Math.round(box.width);
    this.height = Math.round(box.height);
    for (const each of [this.canvas, this.over, this.paint.canvas]) {
      each.width = Math.max(Math.round(this.width * this.density), 1);
      each.height = Math.max(Math.round(this.height * this.density), 1);
    }
  }

  /** Row and column, in voxels with corners at whole numbers, under a place of the pane. @param {number} x @param {number} y */
  under(x, y) {
    const { rows, columns } = dims(this.axis);
    return {
      row: shown.at[rows] + (y - this.height / 2) / this.scale.row,
      column: shown.at[columns] + (x - this.width / 2) / this.scale.column,
    };
  }

  /** Place on the pane, in CSS pixels, of a row and column. @param {number} row @param {number} column */
  place(row, column) {
    const { rows, columns } = dims(this.axis);
    return {
      x: this.width / 2 + (column - shown.at[columns]) * this.scale.column,
      y: this.height / 2 + (row - shown.at[rows]) * this.scale.row,
    };
  }

  /** Rows and columns that the pane shows, clipped to the volume. */
  seen() {
    const { rows, columns } = dims(this.axis);
    const shape = volume().shape;
    const first = this.under(0, 0);
    const last = this.under(this.width, this.height);
    return [Math.max(Math.floor(first.row), 0), Math.max(Math.floor(first.column), 0), Math.min(Math.ceil(last.row), shape[rows]), Math.min(Math.ceil(last.column), shape[columns])];
  }

  /** Draw all: layers, strokes, marks. */
  draw() {
    if (!this.width || !this.height) return;
    const paint = this.paint;
    paint.setTransform(1, 0, 0, 1, 0, 0);
    paint.clearRect(0, 0, paint.canvas.width, paint.canvas.height);
    if (shown.layers.paint.on) {
      this.eachTile(paint, "paint", (tile, box) => paintTile(paint, tile, box));
      if (!this.tiles.waits("paint", this.axis, this.index)) settleInk(this.axis, this.index);
      this.inVoxels(paint);
      for (const op of inkOf(this.axis, this.index)) drawInk(paint, op);
    }
    this.complete = this.compose(0, 0, this.canvas.width, this.canvas.height);
    if (this.complete) this.lastIndex = this.index;
    this.lines();
    this.label();
  }

  /** Where the large pane cuts this one. */
  lines() {
    if (this.element.classList.contains("first")) return;
    const { rows, columns } = dims(this.axis);
    const cut = dims(shown.axis).through;
    const screen = this.screen;
    screen.setTransform(this.density, 0, 0, this.density, 0, 0);
    screen.fillStyle = "rgb(255 255 255 / 55%)";
    const at = Math.floor(shown.at[cut]) + 0.5;
    if (cut === rows) screen.fillRect(0, Math.round(this.place(at, 0).y), this.width, 1);
    if (cut === columns) screen.fillRect(Math.round(this.place(0, at).x), 0, 1, this.height);
  }

  /** Draw the newest part of a stroke, nothing else. @param {Op} op @param {number} since first new point */
  extend(op, since) {
    if (!shown.layers.paint.on) return;
    this.inVoxels(this.paint);
    drawInk(this.paint, op, since);
    const points = (op.points ?? []).slice(since).map(([row, column]) => this.place(row, column));
    const reach = ((op.radius ?? 0) + 1) * Math.max(this.scale.row, this.scale.column) + 2;
    const xs = points.map((p) => p.x);
    const ys = points.map((p) => p.y);
    const d = this.density;
    this.compose(Math.floor((Math.min(...xs) - reach) * d), Math.floor((Math.min(...ys) - reach) * d), Math.ceil((Math.max(...xs) + reach) * d), Math.ceil((Math.max(...ys) + reach) * d));
  }

  /**
   * Put the layers over each other within a box of canvas pixels.
   * @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1
   * @returns {boolean} true where no tile of the image is missing
   */
  compose(x0, y0, x1, y1) {
    const screen = this.screen;
    screen.save();
    screen.setTransform(1, 0, 0, 1, 0, 0);
    screen.beginPath();
    screen.rect(x0, y0, x1 - x0, y1 - y0);
    screen.clip();
    screen.fillStyle = this.ground ??= getComputedStyle(this.element).backgroundColor;
    screen.fillRect(x0, y0, x1 - x0, y1 - y0);
    let complete = true;
    const part = [x0, y0, x1, y1];
    if (shown.layers.image.on) {
      screen.imageSmoothingEnabled = shown.zoom < 2;
      this.eachTile(screen, "image", (tile, box) => {
        if (tile.state !== "ready" && !tile.picture) {
          complete = false;
          if (!this.standIn(screen, tile, box)) return;
        } else paintTile(screen, tile, box);
      }, part);
    }
    this.guess(part);
    screen.globalAlpha = shown.layers.paint.opacity;
    screen.drawImage(this.paint.canvas, x0, y0, x1 - x0, y1 - y0, x0, y0, x1 - x0, y1 - y0);
    screen.restore();
    return complete;
  }

  /** The networks' prediction, or where there is none the sketch. @param {number[]} part */
  guess(part) {
    const { sketch, prediction } = shown.layers;
    const screen = this.screen;
    screen.imageSmoothingEnabled = false;
    /** @type {Set<string>} */
    const predicted = new Set();
    if (prediction.on) {
      screen.globalAlpha = prediction.opacity;
      this.eachTile(screen, "prediction", (tile, box) => {
        if (!tile.picture) return;
        predicted.add(tile.key.split("/").slice(3).join("/"));
        paintTile(screen, tile, box);
      }, part);
    }
    if (sketch.on) {
      screen.globalAlpha = sketch.opacity;
      this.eachTile(screen, "sketch", (tile, box) => {
        if (!predicted.has(tile.key.split("/").slice(3).join("/"))) paintTile(screen, tile, box);
      }, part);
    }
    screen.globalAlpha = 1;
  }

  /**
   * Run for every tile of a layer that can be seen, with its place on the canvas.
   * @param {CanvasRenderingContext2D} target @param {LayerName} layer
   * @param {(tile: Tile, box: number[], level: Level) => void} run @param {number[]} [part] canvas pixels
   */
  eachTile(target, layer, run, part) {
    const whole = volume();
    const { rows, columns } = dims(this.axis);
    const index = this.index;
    if (index < 0 || index >= whole.shape[dims(this.axis).through]) return;
    const level = levelFor(whole, this.axis, shown.zoom * this.density);
    const high = (SIDE * whole.shape[rows]) / level.shape[rows]; // voxels of level 0
    const wide = (SIDE * whole.shape[columns]) / level.shape[columns];
    const seen = this.seen();
    const d = this.density;
    for (let row = Math.floor(seen[0] / high); row * high < seen[2]; row++) {
      for (let column = Math.floor(seen[1] / wide); column * wide < seen[3]; column++) {
        const from = this.place(row * high, column * wide);
        const to = this.place(Math.min((row + 1) * high, whole.shape[rows]), Math.min((column + 1) * wide, whole.shape[columns]));
        const box = [Math.round(from.x * d), Math.round(from.y * d), Math.round(to.x * d), Math.round(to.y * d)];
        if (part && (box[0] > part[2] || box[2] < part[0] || box[1] > part[3] || box[3] < part[1])) continue;
        run(this.tiles.get(layer, this.axis, level.level, index, row, column), box, level);
      }
    }
    target.globalAlpha = 1;
  }

  /**
   * Draw the last slice in the place of a tile that is not there yet, so that nothing flashes.
   * @param {CanvasRenderingContext2D} target @param {Tile} tile @param {number[]} box
   */
  standIn(target, tile, box) {
    const parts = tile.key.split("/");
    parts[3] = String(this.lastIndex);
    const other = this.tiles.kept.get(parts.join("/"));
    if (!other?.picture) return false;
    paintTile(target, other, box);
    return true;
  }

  /**
   * Class at a voxel of the slice and the layer that says so, as far as tiles are here.
   * @param {number} row @param {number} column
   * @returns {{id: number, layer: LayerName} | null}
   */
  classAt(row, column) {
    const whole = volume();
    const { rows, columns } = dims(this.axis);
    const level = levelFor(whole, this.axis, shown.zoom * this.density);
    const r = Math.floor((row * level.shape[rows]) / whole.shape[rows]);
    const c = Math.floor((column * level.shape[columns]) / whole.shape[columns]);
    const place = `${this.axis}/${level.level}/${this.index}/${Math.floor(r / SIDE)}/${Math.floor(c / SIDE)}`;
    for (const layer of /** @type {const} */ (["paint", "prediction", "sketch"])) {
      const tile = this.tiles.kept.get(`${layer}/${place}`);
      const id = tile?.values?.[(r % SIDE) * tile.width + (c % SIDE)];
      if (shown.layers[layer].on && id !== undefined && id !== NOTHING) return { id, layer };
    }
    return null;
  }

  /** Let a context count in voxels. @param {CanvasRenderingContext2D} target */
  inVoxels(target) {
    const zero = this.place(0, 0);
    const d = this.density;
    target.setTransform(this.scale.column * d, 0, 0, this.scale.row * d, zero.x * d, zero.y * d);
  }

  label() {
    const { through } = dims(this.axis);
    const text = `${PLANE[this.axis]}  ${this.axis} ${this.index} / ${volume().shape[through] - 1}`;
    if (this.name.textContent !== text) {
      this.name.textContent = text;
      this.canvas.setAttribute("aria-label", `Slice ${text}. Arrow keys move, page up and down change the slice, Enter paints at the middle.`);
    }
    const nm = volume().spacing_nm[2] / shown.zoom; // per CSS pixel
    const { length, name } = round((nm * this.width) / 5);
    this.length.textContent = name;
    this.bar.style.width = `${Math.max(length / nm, 1)}px`;
  }
}

/** The largest round length that is no longer than one. @param {number} nm */
export function round(nm) {
  const power = 10 ** Math.floor(Math.log10(nm));
  const length = power * ([5, 2, 1].find((each) => each * power <= nm) ?? 1);
  return { length, name: length >= 1000 ? `${length / 1000} \u00b5m` : `${Number(length.toPrecision(1))} nm` };
}

/** @param {HTMLCanvasElement} canvas @param {boolean} alpha */
function context(canvas, alpha) {
  const found = canvas.getContext("2d", { alpha });
  if (!found) throw new Error("this browser draws no canvas");
  return found;
}

/** @param {CanvasRenderingContext2D} target @param {Tile} tile @param {number[]} box */
function paintTile(target, tile, box) {
  if (!tile.picture || box[2] <= box[0] || box[3] <= box[1]) return;
  if (tile.layer !== "image") target.imageSmoothingEnabled = false;
  target.drawImage(tile.picture, 0, 0, tile.width, tile.height, box[0], box[1], box[2] - box[0], box[3] - box[1]);
}
