// Folders below those that were allowed at the start, and what in them can be opened.

import { h, iconButton } from "./dom.js";
import { call } from "./http.js";
import { icon } from "./icons.js";

const ICONS = { folder: "folder", volume: "stack", project: "project", result: "project", other: "file" };

/**
 * @param {string[]} roots
 * @param {(entry: {path: string, kind: string, name: string}) => void} choose
 */
export function files(roots, choose) {
  const where = h("input", { type: "text", "aria-label": "Folder or file", value: roots[0] ?? "", spellcheck: "false" });
  const list = h("ul", { "aria-label": "What lies here" });
  const wrong = h("p", { class: "empty bad", role: "alert", hidden: true });
  /** @type {string | null} */
  let parent = null;
  const up = iconButton("Folder above", icon("up"), { onclick: () => parent !== null && go(parent) });

  /** @param {string} path */
  async function go(path) {
    list.setAttribute("aria-busy", "true");
    wrong.hidden = true;
    try {
      const found = await call("GET", `files?path=${encodeURIComponent(path)}`);
      parent = found.parent;
      up.disabled = parent === null;
      where.value = found.path;
      list.replaceChildren(...found.entries.map(entry));
      if (!found.entries.length) list.append(h("li", { class: "empty", text: "Nothing that densecell reads lies here." }));
    } catch (error) {
      list.replaceChildren();
      wrong.textContent = /** @type {Error} */ (error).message;
      wrong.hidden = false;
    }
    list.removeAttribute("aria-busy");
  }

  /** @param {{name: string, path: string, kind: keyof typeof ICONS, note?: string}} each */
  function entry(each) {
    const opens = each.kind === "volume" || each.kind === "project";
    const button = h("button", { class: opens ? "pick" : "", title: each.path, disabled: each.kind === "other", onclick: () => (each.kind === "folder" || each.kind === "result" ? go(each.path) : choose(each)) }, icon(ICONS[each.kind] ?? "file"), h("b", { text: each.name }), h("span", { class: "note", text: each.note ?? "" }));
    return h("li", {}, button);
  }

  const form = h("form", { class: "where" }, up, where, h("button", { text: "Open" }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const path = where.value.trim();
    if (/\.[a-z0-9]+\/?$/i.test(path) || /^[a-z0-9+]+:\/\//i.test(path)) choose({ path, kind: "volume", name: path });
    else go(path);
  });
  go(roots[0] ?? "");
  return h("div", { class: "files" }, form, wrong, list);
}
