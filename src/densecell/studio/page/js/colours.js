// Colours of grey values and classes, as tables from value to pixel; and of new classes.

/** @import {CellClass, LayerName} from "./types.js" */
import { shown } from "./store.js";

/** Colours that the colour-blind tell apart (Okabe and Ito), then lighter and darker ones. */
export const PALETTE = [
  "#9a83d6", "#56b4e9", "#e69f00", "#009e73", "#f0e442", "#cc79a7", "#d55e00", "#0072b2",
  "#b7e1ff", "#ffd48a", "#7fdcc0", "#7a5195", "#a05a2c", "#8c96a0", "#3d7a2a", "#ff9da7",
];

/** First colour of the palette that no class has. @param {CellClass[]} classes */
export function freeColour(classes) {
  const taken = new Set(classes.map((each) => each.color.toLowerCase()));
  return PALETTE.find((each) => !taken.has(each)) ?? PALETTE[classes.length % PALETTE.length];
}

/** @param {string} colour "#rrggbb" @returns {[number, number, number]} */
export function parts(colour) {
  const number = parseInt(colour.slice(1), 16);
  return [(number >> 16) & 255, (number >> 8) & 255, number & 255];
}

/** Black or white, whichever reads better on a colour. @param {string} colour */
export function onColour(colour) {
  const [r, g, b] = parts(colour).map((each) => (each / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.2 ? "#000000" : "#ffffff";
}

/** Pixel (little endian RGBA) of each value of a layer. @param {LayerName} layer */
export function table(layer) {
  const pixels = new Uint32Array(256);
  if (layer === "image") {
    const [low, high] = shown.contrast;
    for (let value = 0; value < 256; value++) {
      const grey = Math.round(Math.min(Math.max((value - low) / Math.max(high - low, 1), 0), 1) * 255);
      pixels[value] = 0xff000000 | (grey << 16) | (grey << 8) | grey;
    }
    return pixels;
  }
  for (const each of shown.project?.classes ?? []) {
    if (shown.hidden.has(each.id)) continue;
    const [r, g, b] = parts(each.color);
    pixels[each.id] = 0xff000000 | (b << 16) | (g << 8) | r;
  }
  return pixels;
}
