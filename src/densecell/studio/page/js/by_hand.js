// The same by hand: commands that do what was done here.

import { h, iconButton, tell } from "./dom.js";
import { icon } from "./icons.js";
import { shown, watch } from "./store.js";

export function byHandSection() {
  const list = h("div", { class: "stack" });
  watch(["project", "jobs"], () => {
    const commands = [...(shown.project?.by_hand ?? []), ...shown.jobs.map((each) => each.command).filter(Boolean)];
    list.replaceChildren(...[...new Set(commands)].map(command));
  });
  return h("section", {}, h("header", {}, h("h2", { text: "The same by hand" })), h("p", { class: "quiet", text: "Everything here is a file or a command. These lines, typed in a terminal, go on with this project." }), h("p", { text: "\u00a0" }), list);
}

/** A command and a button that copies it. @param {string} text */
export function command(text) {
  const copy = iconButton("Copy", icon("copy"), {
    class: "plain icon",
    onclick: async () => {
      try {
        await navigator.clipboard.writeText(text);
        tell("Copied.");
      } catch {
        tell("The browser does not allow copying. Select the line and press Ctrl+C.");
      }
    },
  });
  return h("div", { class: "command" }, h("code", { text }), copy);
}
