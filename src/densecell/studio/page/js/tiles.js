// Tiles of the volume and its layers: asked for once, newest wish first, kept while there is room.

/** @import {Axis, LayerName} from "./types.js" */
import { table } from "./colours.js";
import { bytes } from "./http.js";

export const SIDE = 256;
const KEPT = 900;
const AT_ONCE = 6;

/**
 * @typedef {object} Tile
 * @property {string} key
 * @property {LayerName} layer
 * @property {Axis} axis
 * @property {number} index
 * @property {Uint8Array | null} values
 * @property {number} height
 * @property {number} width
 * @property {HTMLCanvasElement | null} picture null: nothing is there
 * @property {"wanted" | "loading" | "ready"} state
 * @property {boolean} stale to be asked for anew; shown meanwhile
 * @property {number} coloured which colours the picture has
 * @property {number} wish when it was last wanted
 * @property {number} tries
 */

/** All tiles of one volume. */
export class Tiles {
  /** @param {string} volume @param {() => void} arrived called when a tile can be drawn */
  constructor(volume, arrived) {
    this.volume = volume;
    this.arrived = arrived;
    /** @type {Map<string, Tile>} */
    this.kept = new Map();
    this.wish = 0;
    this.loading = 0;
    this.closed = false;
    /** @type {Record<LayerName, number>} */
    this.colours = { image: 1, paint: 1, sketch: 1, prediction: 1 };
    /** @type {Partial<Record<LayerName, Uint32Array>>} */
    this.tables = {};
    /** @type {Record<LayerName, number>} */
    this.versions = { image: 0, paint: 0, sketch: 0, prediction: 0 };
  }

  /** A new turn of wishes: what is not wished again waits until the rest is there. */
  begin() {
    this.wish += 1;
  }

  /**
   * The tile, drawn or not yet; it is asked for when it is missing or stale.
   * @param {LayerName} layer @param {Axis} axis @param {number} level @param {number} index
   * @param {number} row @param {number} column
   */
  get(layer, axis, level, index, row, column) {
    const key = `${layer}/${axis}/${level}/${index}/${row}/${column}`;
    let tile = this.kept.get(key);
    if (tile) this.kept.delete(key);
    else tile = { key, layer, axis, index, values: null, height: 0, width: 0, picture: null, state: "wanted", stale: false, coloured: 0, wish: 0, tries: 0 };
    this.kept.set(key, tile); // the last one is the newest
    tile.wish = this.wish;
    if (tile.state === "ready" && tile.coloured !== this.colours[layer]) this.colour(tile);
    if (tile.state === "wanted" || (tile.stale && tile.state === "ready")) this.pump();
    return tile;
  }

  /** Colours of a layer changed: pictures are made anew when they are drawn. @param {LayerName[]} layers */
  recolour(...layers) {
    for (const layer of layers) {
      this.colours[layer] += 1;
      delete this.tables[layer];
    }
  }

  /** What a layer shows changed, everywhere. @param {LayerName} layer */
  outdate(layer) {
    this.versions[layer] += 1;
    for (const tile of this.kept.values()) if (tile.layer === layer) tile.stale = true;
  }

  /** True while tiles of a layer that were wished last are missing or stale. @param {LayerName} layer @param {Axis} axis @param {number} index */
  waits(layer, axis, index) {
    for (const tile of this.kept.values()) {
      if (tile.layer !== layer || tile.axis !== axis || tile.index !== index || tile.wish !== this.wish) continue;
      if (tile.stale || tile.state !== "ready") return true;
    }
    return false;
  }

  pump() {
    if (this.planned || this.closed) return;
    this.planned = true;
    queueMicrotask(() => {
      this.planned = false;
      this.ask();
    });
  }

  ask() {
    const wanted = [...this.kept.values()].filter((t) => t.state === "wanted" || (t.state === "ready" && t.stale));
    wanted.sort((a, b) => b.wish - a.wish || Number(a.stale) - Number(b.stale));
    for (const tile of wanted) {
      if (this.loading >= AT_ONCE) break;
      if (tile.wish < this.wish && (tile.stale || tile.wish < this.wish - 2)) continue; // nobody looks
      this.load(tile);
    }
    this.forget();
  }

  /** @param {Tile} tile */
  async load(tile) {
    const had = tile.state === "ready";
    const version = this.versions[tile.layer];
    tile.state = "loading";
    tile.stale = false;
    this.loading += 1;
    try {
      const v = tile.layer === "image" ? "" : `?v=${version}`;
      const found = await bytes(`tile/${encodeURIComponent(this.volume)}/${tile.key}${v}`);
      tile.values = found && new Uint8Array(found.data);
      tile.height = found?.height ?? 0;
      tile.width = found?.width ?? 0;
      tile.coloured = 0;
      tile.tries = 0;
    } catch {
      tile.tries += 1;
      tile.state = had ? "ready" : "wanted";
      tile.stale = had;
      this.loading -= 1;
      setTimeout(() => this.pump(), Math.min(500 * 2 ** tile.tries, 8000));
      return;
    }
    tile.state = "ready";
    if (version !== this.versions[tile.layer]) tile.stale = true;
    this.loading -= 1;
    if (this.closed) return;
    this.colour(tile);
    this.arrived();
    this.pump();
  }

  /** @param {Tile} tile */
  colour(tile) {
    tile.coloured = this.colours[tile.layer];
    if (!tile.values || !tile.width) {
      tile.picture = null;
      return;
    }
    const colours = (this.tables[tile.layer] ??= table(tile.layer));
    const picture = tile.picture ?? document.createElement("canvas");
    if (picture.width !== tile.width) picture.width = tile.width;
    if (picture.height !== tile.height) picture.height = tile.height;
    const context = picture.getContext("2d");
    if (!context) return;
    const pixels = new ImageData(tile.width, tile.height);
    const out = new Uint32Array(pixels.data.buffer);
    for (let n = 0; n < out.length; n++) out[n] = colours[tile.values[n]];
    context.putImageData(pixels, 0, 0);
    tile.picture = picture;
  }

  forget() {
    for (const [key, tile] of this.kept) {
      if (this.kept.size <= KEPT) break;
      if (tile.state !== "loading" && tile.wish < this.wish) this.kept.delete(key);
    }
  }
}
