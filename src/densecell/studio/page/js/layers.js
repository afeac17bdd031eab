// The layers of the picture: show, hide, opacity, and the contrast of the image.

/** @import {LayerName} from "./types.js" */
import { h, iconButton } from "./dom.js";
import { icon } from "./icons.js";
import { show, shown, watch } from "./store.js";

/** @type {[LayerName, string, string][]} */
const ROWS = [
  ["paint", "Paint", "P"],
  ["sketch", "Sketch", "K"],
  ["prediction", "Prediction", "O"],
];

export function layersSection() {
  const rows = h("div", { class: "layers" }, ...ROWS.map(([layer, name, key]) => row(layer, name, key)));
  return h("section", {}, h("header", {}, h("h2", { text: "Layers" })), rows);
}

export function contrastSection() {
  const reset = h("button", { text: "Reset", "aria-label": "Reset contrast", onclick: () => show({ contrast: [0, 255] }) });
  return h("section", {}, h("header", {}, h("h2", { text: "Contrast" }), reset), contrast("Black", 0), contrast("White", 1));
}

/** @param {LayerName} layer @param {string} name @param {string} key */
function row(layer, name, key) {
  const eye = iconButton(`Show ${name.toLowerCase()} (${key})`, icon("eye"), { onclick: () => set({ on: !shown.layers[layer].on }) });
  const range = h("input", { type: "range", min: 0, max: 100, "aria-label": `Opacity of ${name.toLowerCase()}`, oninput: () => set({ opacity: Number(range.value) / 100 }) });
  const text = h("output");
  /** @param {Partial<{on: boolean, opacity: number}>} changed */
  function set(changed) {
    show({ layers: { ...shown.layers, [layer]: { ...shown.layers[layer], ...changed } } });
  }
  watch(["layers"], () => {
    const { on, opacity } = shown.layers[layer];
    eye.setAttribute("aria-pressed", String(on));
    eye.replaceChildren(icon(on ? "eye" : "hidden"));
    range.value = String(Math.round(opacity * 100));
    text.textContent = `${Math.round(opacity * 100)} %`;
  });
  return h("div", { class: "row" }, eye, h("span", { text: name }), range, text);
}

/** @param {string} name @param {0 | 1} end */
function contrast(name, end) {
  const range = h("input", {
    type: "range",
    min: 0,
    max: 255,
    "aria-label": `${name} point of the image`,
    oninput: () => {
      /** @type {[number, number]} */
      const next = [...shown.contrast];
      next[end] = end ? Math.max(Number(range.value), next[0] + 1) : Math.min(Number(range.value), next[1] - 1);
      show({ contrast: next });
    },
  });
  const text = h("output");
  watch(["contrast"], () => {
    range.value = String(shown.contrast[end]);
    text.textContent = String(shown.contrast[end]);
  });
  return h("div", { class: "layers" }, h("div", { class: "row" }, h("span"), h("span", { text: name }), range, text));
}
