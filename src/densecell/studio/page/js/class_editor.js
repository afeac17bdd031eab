// Rows of classes: colour, name, role, and the class it lies in.

/** @import {CellClass} from "./types.js" */
import { freeColour } from "./colours.js";
import { h, iconButton } from "./dom.js";
import { icon } from "./icons.js";

/** Roles as they are saved, and as a person reads them. */
const ROLES = { background: "background", cell: "cell", organelle: "organelle", other: "other" };

/**
 * @param {CellClass[]} classes changed in place as rows are edited
 */
export function classEditor(classes) {
  const rows = h("div", { class: "rows" });
  const add = h("button", { type: "button", onclick: () => {
    classes.push({ id: freeId(classes), name: "", color: freeColour(classes), role: "other", parent: null });
    fill();
    rows.querySelectorAll("input[type=text]").item(classes.length - 1)?.dispatchEvent(new Event("focus"));
    /** @type {HTMLInputElement | null} */ (rows.querySelector(".row:last-child input[type=text]"))?.focus();
  } }, icon("plus"), "Add class");
  const names = h("div", { class: "head", "aria-hidden": "true" }, h("span"), h("span"), h("span", { text: "Name" }), h("span", { text: "What it is" }), h("span", { text: "Lies in" }), h("span"));

  function fill() {
    rows.replaceChildren(...classes.map((each, n) => row(classes, each, n, fill)));
  }
  fill();
  return {
    element: h("div", { class: "editor" }, names, rows, h("div", { class: "actions" }, add)),
    classes: () => classes.map((each) => ({ ...each, name: each.name.trim() })),
    /** What is wrong with the rows, as a sentence. */
    wrong() {
      const given = classes.map((each) => each.name.trim());
      if (given.length < 2) return "Name two classes or more: what you look for, and background.";
      const empty = given.findIndex((each) => !each);
      if (empty >= 0) return `Class ${empty + 1} has no name. Name it, or delete its row.`;
      const twice = given.find((each, n) => given.indexOf(each) !== n);
      return twice ? `Two classes are named \u201c${twice}\u201d. Names must differ.` : null;
    },
  };
}

/** Lowest id that no class has. @param {CellClass[]} classes */
function freeId(classes) {
  let id = 0;
  while (classes.some((each) => each.id === id)) id += 1;
  return id;
}

/** @param {CellClass[]} classes @param {CellClass} each @param {number} n @param {() => void} again */
function row(classes, each, n, again) {
  const called = `class ${n + 1}`;
  const name = h("input", { type: "text", value: each.name, "aria-label": `Name of ${called}`, placeholder: "name", maxlength: 80 });
  name.addEventListener("input", () => {
    for (const other of classes) if (other.parent && other.parent === each.name) other.parent = name.value;
    each.name = name.value;
  });
  // Rows stay as they are: the next field may have the focus already.
  name.addEventListener("change", () => {
    for (const list of document.querySelectorAll(".editor select[data-parents]")) refill(/** @type {HTMLSelectElement} */ (list), classes);
  });
  const colour = h("input", { type: "color", value: each.color, "aria-label": `Colour of ${called}`, onchange: () => (each.color = colour.value) });
  const role = h("select", { "aria-label": `What ${called} is`, onchange: () => (each.role = role.value) }, ...Object.entries(ROLES).map(([value, text]) => h("option", { value, text })));
  role.value = each.role;
  const parent = h("select", { "aria-label": `Class that ${called} lies in`, "data-parents": n, onchange: () => (each.parent = parent.value || null) });
  refill(parent, classes);
  const remove = iconButton(`Delete ${each.name || called}`, icon("bin"), { type: "button", class: "plain icon", onclick: () => {
    classes.splice(n, 1);
    for (const other of classes) if (other.parent === each.name) other.parent = null;
    again();
  } });
  return h("div", { class: "row", role: "group", "aria-label": called }, h("span", { class: "nth", text: String(n + 1) }), colour, name, role, parent, remove);
}

/** @param {HTMLSelectElement} list @param {CellClass[]} classes */
function refill(list, classes) {
  const each = classes[Number(list.dataset.parents)];
  const others = classes.filter((other) => other !== each && other.name.trim() && other.role !== "background");
  list.replaceChildren(h("option", { value: "", text: "\u2013" }), ...others.map((other) => h("option", { value: other.name, text: other.name })));
  list.value = each?.parent ?? "";
}
