// The classes of the project: choose, hide, lock, and edit their names, colours and roles.

/** @import {CellClass} from "./types.js" */
import { onColour } from "./colours.js";
import { classEditor } from "./class_editor.js";
import { dialog, h, iconButton, tellError } from "./dom.js";
import { call } from "./http.js";
import { icon } from "./icons.js";
import { show, shown, volume, watch } from "./store.js";

export function classesSection() {
  const list = h("ul", { class: "classes", role: "radiogroup", "aria-label": "Class to paint with" });
  list.addEventListener("keydown", turn);
  watch(["project", "ink", "hidden", "locked", "volume"], () => fill(list));
  return h("section", {}, h("header", {}, h("h2", { text: "Classes" }), h("button", { text: "Edit", "aria-label": "Edit classes", onclick: edit })), list);
}

/** @param {HTMLElement} list */
function fill(list) {
  const classes = shown.project?.classes ?? [];
  const focused = document.activeElement instanceof HTMLElement && list.contains(document.activeElement) ? document.activeElement.dataset.part : undefined;
  list.replaceChildren(...classes.map(row));
  if (focused) list.querySelector(`[data-part="${focused}"]`)?.dispatchEvent(new Event("focus"));
  if (focused) /** @type {HTMLElement | null} */ (list.querySelector(`[data-part="${focused}"]`))?.focus();
}

/** @param {CellClass} each @param {number} n */
function row(each, n) {
  const id = each.id;
  const chosen = shown.ink === id;
  const amount = volume().painted[String(id)] ?? 0;
  const swatch = h("span", { class: "swatch", text: n < 9 ? String(n + 1) : "", "aria-hidden": "true" });
  swatch.style.background = each.color;
  swatch.style.color = onColour(each.color);
  const about = `${each.name}${each.role === "other" ? "" : `, ${each.role}`}, ${amount.toLocaleString("en")} voxels painted${n < 9 ? `, key ${n + 1}` : ""}`;
  const choose = h(
    "button",
    { class: "choose", role: "radio", "aria-checked": String(chosen), "aria-label": about, title: about, tabindex: chosen ? "0" : "-1", "data-part": `choose${n}`, onclick: () => show({ ink: id, tool: ["eraser", "pick", "move"].includes(shown.tool) ? "brush" : shown.tool }) },
    swatch,
    h("b", { text: each.name }),
    h("span", { class: "amount", text: short(amount) }),
  );
  const hidden = shown.hidden.has(id);
  const locked = shown.locked.has(id);
  return h(
    "li",
    { role: "none" },
    choose,
    iconButton(`${hidden ? "Show" : "Hide"} ${each.name}`, icon(hidden ? "hidden" : "eye"), { class: "plain icon", "aria-pressed": String(hidden), "data-part": `hide${n}`, onclick: () => show({ hidden: swap(shown.hidden, id) }) }),
    iconButton(`${locked ? "Unlock" : "Lock"} ${each.name}`, icon(locked ? "lock" : "open"), { class: "plain icon", "aria-pressed": String(locked), "data-part": `lock${n}`, onclick: () => show({ locked: swap(shown.locked, id) }) }),
  );
}

/** @param {Set<number>} set @param {number} id */
function swap(set, id) {
  const other = new Set(set);
  if (!other.delete(id)) other.add(id);
  return other;
}

/** @param {number} amount */
export function short(amount) {
  if (!amount) return "";
  return amount < 10000 ? amount.toLocaleString("en") : amount < 1e6 ? `${Math.round(amount / 1e3)} k` : `${(amount / 1e6).toPrecision(3)} M`;
}

/** Arrow keys choose the next class, as in any group of radio buttons. @param {KeyboardEvent} event */
function turn(event) {
  const way = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  const classes = shown.project?.classes ?? [];
  if (!way || !classes.length) return;
  event.preventDefault();
  event.stopPropagation();
  const now = classes.findIndex((each) => each.id === shown.ink);
  const next = (now + way + classes.length) % classes.length;
  show({ ink: classes[next].id });
  /** @type {HTMLElement | null} */ (document.querySelector(`.classes [data-part="choose${next}"]`))?.focus();
}

function edit() {
  const classes = (shown.project?.classes ?? []).map((each) => ({ ...each }));
  const editor = classEditor(classes);
  const wrong = h("span", { class: "bad grow", role: "alert" });
  const save = h("button", { class: "main", text: "Save classes" });
  const cancel = h("button", { text: "Cancel", onclick: () => box.close() });
  const box = dialog("Classes", h("div", { class: "stack" }, h("p", { class: "quiet", text: "Paint of a class that is deleted becomes \u201cnot looked at\u201d; undo brings it back." }), editor.element), [wrong, cancel, save]);
  save.onclick = async () => {
    wrong.textContent = editor.wrong() ?? "";
    if (wrong.textContent) return;
    try {
      show({ project: await call("PUT", "classes", { classes: editor.classes() }) });
      box.close();
    } catch (error) {
      wrong.textContent = /** @type {Error} */ (error).message;
      if (!wrong.textContent) tellError(error);
    }
  };
}
