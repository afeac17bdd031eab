// Every key, what it does and how the help names it.

import { dims, within } from "./axes.js";
import { dialog, h } from "./dom.js";
import { show, shown, volume } from "./store.js";
import { copyFrom, interpolate, press, release, TOOLS, turnBack } from "./tools.js";
import { fit, pan, step, view, zoom } from "./view.js";

/**
 * @typedef {object} Key
 * @property {string[]} keys as `KeyboardEvent.key` in small letters, `ctrl+` and `shift+` before it
 * @property {string} does
 * @property {string} group
 * @property {(event: KeyboardEvent) => void} run
 */

/** @param {"paint" | "sketch" | "prediction"} layer */
function toggle(layer) {
  const now = shown.layers[layer];
  show({ layers: { ...shown.layers, [layer]: { ...now, on: !now.on } } });
}

/** @param {number} factor */
function resize(factor) {
  show({ radius: within(factor > 1 ? Math.max(Math.round(shown.radius * factor), shown.radius + 1) : Math.min(Math.round(shown.radius * factor), shown.radius - 1), 0, 500) });
}

/** @param {number} x @param {number} y share of the pane */
function nudge(x, y) {
  const pane = view.panes[0];
  pan(pane, (x * pane.width) / 10, (y * pane.height) / 10);
}

function stamp() {
  const pane = view.panes[0];
  press(pane, pane.width / 2, pane.height / 2);
  release();
}

/** @param {number} n */
function choose(n) {
  const classes = shown.project?.classes ?? [];
  const id = classes[n]?.id;
  if (id !== undefined) show({ ink: id, tool: shown.tool === "eraser" || shown.tool === "move" || shown.tool === "pick" ? "brush" : shown.tool });
}

/** @param {number} count */
function slices(count) {
  step(view.panes[0].axis, count);
}

/** @type {Key[]} */
export const KEYS = [
  ...TOOLS.map((tool) => ({ keys: [tool.key], does: tool.name, group: "Tools", run: () => show({ tool: tool.id }) })),
  { keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9"], does: "Paint with class 1 to 9 of the list", group: "Paint", run: (event) => choose(Number(event.key) - 1) },
  { keys: ["["], does: "Smaller brush", group: "Paint", run: () => resize(1 / 1.25) },
  { keys: ["]"], does: "Larger brush", group: "Paint", run: () => resize(1.25) },
  { keys: ["enter"], does: "Use the tool at the middle of the pane", group: "Paint", run: stamp },
  { keys: ["ctrl+z"], does: "Undo", group: "Paint", run: () => turnBack("undo") },
  { keys: ["ctrl+y", "ctrl+shift+z"], does: "Redo", group: "Paint", run: () => turnBack("redo") },
  { keys: ["c"], does: "Copy the paint of the slice before", group: "Paint", run: () => copyFrom(-1) },
  { keys: ["shift+c"], does: "Copy the paint of the slice after", group: "Paint", run: () => copyFrom(1) },
  { keys: ["n"], does: "Interpolate from the painted slice before", group: "Paint", run: interpolate },
  { keys: ["pageup", ","], does: "Slice before", group: "Move", run: () => slices(-1) },
  { keys: ["pagedown", "."], does: "Slice after", group: "Move", run: () => slices(1) },
  { keys: ["shift+pageup"], does: "10 slices before", group: "Move", run: () => slices(-10) },
  { keys: ["shift+pagedown"], does: "10 slices after", group: "Move", run: () => slices(10) },
  { keys: ["arrowleft"], does: "Move left", group: "Move", run: () => nudge(-1, 0) },
  { keys: ["arrowright"], does: "Move right", group: "Move", run: () => nudge(1, 0) },
  { keys: ["arrowup"], does: "Move up", group: "Move", run: () => nudge(0, -1) },
  { keys: ["arrowdown"], does: "Move down", group: "Move", run: () => nudge(0, 1) },
  { keys: ["+", "="], does: "Zoom in", group: "Move", run: () => zoom(view.panes[0], 1.25) },
  { keys: ["-"], does: "Zoom out", group: "Move", run: () => zoom(view.panes[0], 0.8) },
  { keys: ["0"], does: "Show the whole slice", group: "Move", run: fit },
  { keys: ["j"], does: "Jump to a voxel", group: "Move", run: () => document.getElementById("jump")?.focus() },
  { keys: ["p"], does: "Show or hide paint", group: "Show", run: () => toggle("paint") },
  { keys: ["k"], does: "Show or hide the sketch", group: "Show", run: () => toggle("sketch") },
  { keys: ["o"], does: "Show or hide the prediction", group: "Show", run: () => toggle("prediction") },
  { keys: ["f"], does: "Only the large pane, or all three", group: "Show", run: () => show({ single: !shown.single }) },
  { keys: ["v"], does: "Next plane in the large pane", group: "Show", run: () => show({ axis: shown.axis === "z" ? "y" : shown.axis === "y" ? "x" : "z" }) },
  { keys: ["?", "f1"], does: "This list", group: "Show", run: help },
];

/** The key as the list above writes it. @param {KeyboardEvent} event */
function written(event) {
  const key = event.key.toLowerCase();
  const shift = event.shiftKey && (key.length > 1 || /[a-z]/.test(key));
  return `${event.ctrlKey || event.metaKey ? "ctrl+" : ""}${shift ? "shift+" : ""}${key}`;
}

export function listenToKeys() {
  document.addEventListener("keydown", (event) => {
    const target = event.target instanceof HTMLElement ? event.target : document.body;
    if (!shown.project || !volume() || document.querySelector("dialog[open]") || !document.querySelector(".workspace")) return;
    const name = written(event);
    const typing = target.matches("input:not([type=range]):not([type=checkbox]), select, textarea");
    if (typing) {
      if (event.key === "Escape") target.blur();
      return;
    }
    const control = target.matches("button, input, [role=tab], summary");
    if (control && ["enter", " ", "arrowleft", "arrowright", "arrowup", "arrowdown", "pageup", "pagedown"].includes(name)) return;
    const found = KEYS.find((each) => each.keys.includes(name));
    if (!found) return;
    event.preventDefault();
    found.run(event);
  });
}

export function help() {
  if (document.querySelector("dialog[open]")) return;
  const groups = [...new Set(KEYS.map((each) => each.group))];
  const body = h("div", { class: "keys" });
  for (const group of groups) {
    const list = h("dl");
    for (const each of KEYS.filter((one) => one.group === group)) {
      const keys = each.keys.length > 3 ? [each.keys[0], "\u2026", each.keys[each.keys.length - 1]] : each.keys;
      list.append(h("dt", {}, ...keys.flatMap((key) => (key === "\u2026" ? [key] : [h("kbd", { text: pretty(key) }), " "]))), h("dd", { text: each.does }));
    }
    body.append(h("section", {}, h("h3", { text: group }), list));
  }
  const mouse = h("dl");
  for (const [what, does] of [
    ["wheel", "Slices; with smart fill its extent"],
    ["Ctrl + wheel", "Zoom"],
    ["Shift + wheel", "10 slices; with smart fill one"],
    ["Alt + wheel", "Size of the brush"],
    ["right button", "Drag to move"],
  ]) mouse.append(h("dt", {}, h("kbd", { text: what })), h("dd", { text: does }));
  body.append(h("section", {}, h("h3", { text: "Mouse" }), mouse));
  dialog("Keys and mouse", body);
}

/** @param {string} key */
function pretty(key) {
  const names = { arrowleft: "\u2190", arrowright: "\u2192", arrowup: "\u2191", arrowdown: "\u2193", pageup: "Page up", pagedown: "Page down", enter: "Enter" };
  return key
    .split(/(?<=.)\+(?=.)/)
    .map((part) => /** @type {Record<string, string>} */ (names)[part] ?? (part.length > 1 ? part[0].toUpperCase() + part.slice(1) : part.toUpperCase()))
    .join(" + ");
}

/** Where the middle of the large pane is, as the jump field takes it. @param {string} text */
export function jump(text) {
  const numbers = text.match(/-?\d+(\.\d+)?/g)?.map(Number) ?? [];
  const nm = /nm/i.test(text);
  const whole = volume();
  if (numbers.length === 1 && !nm) {
    const at = [...shown.at];
    at[dims(view.panes[0].axis).through] = numbers[0] + 0.5;
    return at;
  }
  if (numbers.length !== 3) return null;
  return numbers.map((each, axis) => (nm ? each / whole.spacing_nm[axis] : each) + 0.5);
}
