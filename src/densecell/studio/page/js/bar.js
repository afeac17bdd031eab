// The bar above the panes, the tools at the left, the line below and the corner of numbers.

import { within } from "./axes.js";
import { h, iconButton, tell } from "./dom.js";
import { takeOver } from "./events.js";
import { icon } from "./icons.js";
import { help, jump } from "./keys.js";
import { hurry } from "./outbox.js";
import { show, shown, volume, watch } from "./store.js";
import { swapTheme } from "./theme.js";
import { copyFrom, interpolate, TOOLS, turnBack } from "./tools.js";
import { fit, go, view } from "./view.js";

export function bar() {
  const name = h("span", { class: "project", role: "heading", "aria-level": "1" });
  const volumes = h("select", { class: "volume", "aria-label": "Volume", onchange: () => openVolume(Number(volumes.value)) });
  const undo = iconButton("Undo (Ctrl+Z)", icon("undo"), { class: "plain icon", onclick: () => turnBack("undo") });
  const redo = iconButton("Redo (Ctrl+Y)", icon("redo"), { class: "plain icon", onclick: () => turnBack("redo") });
  const saved = h("span", { class: "saved", role: "status" });
  const panes = iconButton("One pane or three (F)", icon("panes"), { class: "plain icon", onclick: () => show({ single: !shown.single }) });
  watch(["project"], () => {
    name.textContent = shown.project?.name ?? "";
    name.title = shown.project?.folder ?? "";
    volumes.replaceChildren(...(shown.project?.volumes ?? []).map((each, n) => h("option", { value: n, text: each.name })));
    volumes.value = String(shown.volume);
    volumes.hidden = (shown.project?.volumes.length ?? 0) < 2;
    undo.disabled = volume().can_undo === false;
    redo.disabled = volume().can_redo === false;
  });
  watch(["saved", "unsaved", "away"], () => {
    const n = shown.unsaved;
    const kept = `${n} ${n === 1 ? "change is" : "changes are"} kept in this window${shown.away ? "; the server is away" : ""}`;
    const text = shown.saved === "saved" ? "Saved" : shown.saved === "saving" ? "Saving" : kept;
    if (saved.textContent !== text) saved.textContent = text;
    saved.dataset.state = shown.saved;
  });
  return h(
    "header",
    { class: "bar" },
    name,
    volumes,
    options(),
    h("span", { class: "grow" }),
    saved,
    undo,
    redo,
    panes,
    iconButton("Dark or light", icon("light"), { class: "plain icon", onclick: swapTheme }),
    iconButton("Keys and mouse (?)", icon("help"), { class: "plain icon", onclick: help }),
  );
}

/** @param {number} n */
export function openVolume(n) {
  show({ volume: n, at: /** @type {[number, number, number]} */ (shown.project?.volumes[n].shape.map((each) => each / 2)) });
  fit();
}

/** What the chosen tool can be told. */
function options() {
  const size = h("input", { type: "range", min: 0, max: 100, "aria-label": "Radius of the brush", oninput: () => show({ radius: Math.round((Number(size.value) / 100) ** 2 * 200) }) });
  const sizeText = h("output", { class: "number" });
  const brush = h("label", {}, "Size", size, sizeText);
  const extent = h("input", { type: "range", min: 0, max: 100, "aria-label": "Extent of smart fill", oninput: () => show({ extent: Number(extent.value) / 100 }) });
  const depth = h("input", { type: "number", min: 1, max: 99, "aria-label": "Slices that smart fill goes through", oninput: () => show({ depth: within(Math.round(Number(depth.value)) || 1, 1, 99) }) });
  depth.style.width = "58px";
  const smart = h("label", {}, "Extent", extent, "Slices", depth);
  const hint = h("span", { class: "hint" });
  watch(["tool", "radius", "extent", "depth"], () => {
    const tool = TOOLS.find((each) => each.id === shown.tool);
    brush.hidden = !tool?.round;
    smart.hidden = shown.tool !== "smart";
    size.value = String(Math.sqrt(shown.radius / 200) * 100);
    sizeText.textContent = `${shown.radius} vx`;
    extent.value = String(shown.extent * 100);
    if (document.activeElement !== depth) depth.value = String(shown.depth);
    hint.textContent = tool?.hint ?? "";
    hint.title = tool?.hint ?? "";
  });
  return h("div", { class: "options" }, brush, smart, hint);
}

export function rail() {
  const element = h("nav", { class: "tools", role: "toolbar", "aria-label": "Tools", "aria-orientation": "vertical" });
  for (const tool of TOOLS) {
    const button = iconButton(`${tool.name} (${tool.key.toUpperCase()})`, icon(tool.id), { class: "plain icon", onclick: () => show({ tool: tool.id }), "data-tool": tool.id });
    button.append(h("kbd", { "aria-hidden": "true", text: tool.key.toUpperCase() }));
    watch(["tool"], () => button.setAttribute("aria-pressed", String(shown.tool === tool.id)));
    element.append(button);
  }
  element.append(
    h("hr"),
    iconButton("Copy the paint of the slice before (C)", icon("copy"), { class: "plain icon", onclick: () => copyFrom(-1) }),
    iconButton("Interpolate from the painted slice before (N)", icon("between"), { class: "plain icon", onclick: interpolate }),
  );
  watch(["readonly"], () => {
    for (const button of element.querySelectorAll("button")) button.disabled = shown.readonly && button.dataset.tool !== "move" && button.dataset.tool !== "pick";
  });
  return element;
}

export function line() {
  const where = h("span");
  const what = h("span");
  const size = h("span");
  const busy = h("span", { role: "status" });
  watch(["pointer", "at", "volume"], () => {
    const { pointer } = shown;
    if (!shown.project) return;
    const nm = volume().spacing_nm;
    const at = pointer ? place(pointer) : shown.at.map(Math.floor);
    const inside = at.every((each, n) => each >= 0 && each < volume().shape[n]);
    where.replaceChildren(...(inside ? [h("b", { text: `z ${at[0]}  y ${at[1]}  x ${at[2]}` }), `   ${at.map((each, n) => Math.round(each * nm[n])).join(", ")} nm`] : ["outside the volume"]));
  });
  watch(["pointer"], () => {
    const { pointer } = shown;
    const pane = pointer && view.panes.find((each) => each.axis === pointer.axis);
    const found = pane && pane.classAt(pointer.row, pointer.column);
    const name = found && shown.project?.classes.find((each) => each.id === found.id)?.name;
    what.replaceChildren(...(name ? [h("b", { text: name }), found.layer === "paint" ? " painted" : ` by the ${found.layer}`] : []));
  });
  watch(["zoom", "volume"], () => {
    size.textContent = `${Math.round(shown.zoom * 100)} %`;
  });
  watch(["pyramid"], () => {
    busy.textContent = shown.pyramid;
  });
  return h("footer", { class: "line" }, where, what, h("span", { class: "grow" }), busy, size);
}

/** @param {NonNullable<import("./store.js").Shown["pointer"]>} pointer */
function place({ axis, index, row, column }) {
  if (axis === "z") return [index, row, column];
  return axis === "y" ? [row, index, column] : [column, row, index];
}

export function corner() {
  const facts = h("div", { class: "stack" });
  facts.style.gap = "1px";
  const where = h("input", { id: "jump", type: "text", "aria-label": "Jump to: slice, or z, y, x in voxels or nm", placeholder: "z, y, x or slice", autocomplete: "off" });
  const form = h("form", {}, where, h("button", { text: "Go" }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const at = jump(where.value);
    if (!at) return tell("Write a slice, or z, y, x: \u201c120, 300, 410\u201d in voxels, \u201c6000, 1200, 1640 nm\u201d in nanometres.");
    go(at);
    where.blur();
    view.panes[0].canvas.focus();
  });
  watch(["project", "volume"], () => {
    if (!shown.project) return;
    const { name, shape, spacing_nm: nm, spacing_certain: certain } = volume();
    facts.replaceChildren(h("b", { text: name, title: name }), h("span", { class: "number", text: `${shape.join(" \u00d7 ")} voxels` }), h("span", { class: certain === false ? "number warn" : "number", text: `${nm.map((each) => Number(each.toPrecision(4))).join(" \u00d7 ")} nm${certain === false ? ", not certain" : ""}` }));
  });
  return h("div", { class: "corner" }, facts, form);
}

/** Above the panes, where something hinders painting. */
export function banner() {
  const text = h("span");
  const button = h("button");
  const element = h("div", { class: "banner", role: "alert", hidden: true }, text, button);
  watch(["readonly", "away"], () => {
    element.hidden = !shown.readonly && !shown.away;
    if (shown.away) {
      text.textContent = "The server does not answer. What you paint is kept in this window.";
      button.textContent = "Try now";
      button.onclick = hurry;
    } else {
      text.textContent = "Read only: another window paints this project.";
      button.textContent = "Paint here";
      button.onclick = takeOver;
    }
  });
  return element;
}
