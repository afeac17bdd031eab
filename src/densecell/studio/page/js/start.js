// Before there is a project: choose a stack, see its voxel size, name the classes.

/** @import {CellClass, Project} from "./types.js" */
import { classEditor } from "./class_editor.js";
import { PALETTE } from "./colours.js";
import { find, h, iconButton } from "./dom.js";
import { files } from "./files.js";
import { call } from "./http.js";
import { icon } from "./icons.js";
import { swapTheme } from "./theme.js";

/** @param {string[]} roots @param {(project: Project) => void} opened */
export function openStart(roots, opened) {
  document.title = "densecell studio";
  const main = h("main");
  const head = h("header", {}, h("b", { text: "densecell studio" }), iconButton("Dark or light", icon("light"), { class: "plain icon", onclick: swapTheme }));
  find("#app").replaceChildren(h("div", { class: "start" }, head, main));
  find("#app").removeAttribute("aria-busy");

  function choose() {
    const wrong = h("p", { class: "bad", role: "alert" });
    main.replaceChildren(
      h("h1", { text: "Choose a stack, or a project" }),
      h("p", { class: "lead", text: "A stack is an image volume: TIFF, MRC, HDF5, OME-Zarr, N5 and more. A project is a folder that densecell made. Nothing leaves this computer." }),
      wrong,
      files(roots, async (entry) => {
        wrong.textContent = "";
        main.setAttribute("aria-busy", "true");
        try {
          if (entry.kind === "project") opened(await call("POST", "open", { folder: entry.path }));
          else describe(await call("POST", "look", { path: entry.path }));
        } catch (error) {
          wrong.textContent = /** @type {Error} */ (error).message;
        }
        main.removeAttribute("aria-busy");
      }),
    );
  }

  /** @param {Look} look */
  function describe(look) {
    main.replaceChildren(...newProject(look, choose, opened));
    /** @type {HTMLElement | null} */ (main.querySelector("[data-first]"))?.focus();
  }
  choose();
}

/** @typedef {{path: string, shape: number[], spacing_nm: number[] | null, spacing_note?: string, dtype: string, notes?: string[], project: string | null, folder?: string}} Look */

/** @param {Look} look @param {() => void} back @param {(project: Project) => void} opened */
function newProject(look, back, opened) {
  const known = look.spacing_nm;
  const sizes = ["z", "y", "x"].map((axis, n) => h("input", { type: "number", min: 0.001, max: 100000, step: "any", required: true, value: known ? String(Number(known[n].toPrecision(6))) : "", "aria-label": `Voxel size along ${axis} in nanometres`, "data-first": n === 0 && !known }));
  const folder = h("input", { type: "text", value: look.folder ?? beside(look.path), spellcheck: "false" });
  const editor = classEditor(firstClasses());
  const wrong = h("span", { class: "bad", role: "alert" });
  const make = h("button", { class: "main", text: "Make the project", "data-first": Boolean(known) });
  const form = h(
    "form",
    { novalidate: true, class: "stack" },
    h(
      "section",
      { class: "card", "aria-label": "Stack" },
      h("h2", { text: "Stack" }),
      h("span", { class: "path", text: look.path }),
      h("span", { class: "number quiet", text: `${look.shape.join(" \u00d7 ")} voxels (z, y, x), ${look.dtype}` }),
      ...(look.notes ?? []).map((note) => h("p", { class: "quiet", text: note })),
    ),
    h(
      "section",
      { class: "card", "aria-label": "Voxel size" },
      h("h2", { text: "Voxel size, in nanometres" }),
      h("p", { class: known ? "quiet" : "warn", text: known ? "Read from the file. Correct it if it is wrong." : "The file does not say it. Please type it: all measures and the scale bar depend on it." }),
      h("div", { class: "sizes" }, ...sizes.map((input, n) => h("label", { class: "field" }, h("span", { text: ["z (between slices)", "y", "x"][n] }), input))),
    ),
    h("section", { class: "card", "aria-label": "Classes" }, h("h2", { text: "Classes" }), h("p", { class: "quiet", text: "What every voxel can be. Cells and organelles are told apart one by one later. You can change all this at any time." }), editor.element),
    h("section", { class: "card", "aria-label": "Project" }, h("h2", { text: "Project folder" }), h("label", { class: "field" }, h("span", { text: "Paint, settings and networks are kept here" }), folder)),
    h("div", { class: "actions" }, make, h("button", { type: "button", text: "Back", onclick: back }), wrong),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const spacing = sizes.map((each) => Number(each.value));
    const missing = sizes.find((_, n) => !(spacing[n] > 0));
    sizes.forEach((each, n) => each.setAttribute("aria-invalid", String(!(spacing[n] > 0))));
    wrong.textContent = missing ? "Type the voxel size: three numbers above 0, in nanometres." : (editor.wrong() ?? "");
    if (wrong.textContent) return missing?.focus();
    make.disabled = true;
    make.textContent = "Making it\u2026";
    try {
      opened(await call("POST", "project", { folder: folder.value.trim(), path: look.path, spacing_nm: spacing, classes: editor.classes() }));
    } catch (error) {
      wrong.textContent = /** @type {Error} */ (error).message;
      make.disabled = false;
      make.textContent = "Make the project";
    }
  });
  if (!look.project) return [h("h1", { text: "New project" }), form];
  const open = h("button", { class: "main", text: "Open it", onclick: async () => {
    try {
      opened(await call("POST", "open", { folder: look.project }));
    } catch (error) {
      wrong.textContent = /** @type {Error} */ (error).message;
    }
  } });
  return [h("h1", { text: "New project" }), h("section", { class: "card" }, h("h2", { text: "This stack has a project already" }), h("span", { class: "path", text: look.project }), h("div", { class: "actions" }, open)), form];
}

/** Folder beside the stack, named after it. @param {string} path */
function beside(path) {
  return `${path.replace(/[/\\]+$/, "").replace(/(\.ome)?\.[a-z0-9]+$/i, "")}-project`;
}

/** @returns {CellClass[]} */
function firstClasses() {
  return [
    { id: 0, name: "background", color: PALETTE[0], role: "background", parent: null },
    { id: 1, name: "cell", color: PALETTE[1], role: "cell", parent: null },
    { id: 2, name: "mitochondrion", color: PALETTE[2], role: "organelle", parent: "cell" },
  ];
}
