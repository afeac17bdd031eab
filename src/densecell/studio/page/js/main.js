// The page: asks the server what is open, and shows it.

/** @import {Project} from "./types.js" */
import { find, h } from "./dom.js";
import { listenToServer } from "./events.js";
import { call } from "./http.js";
import { listenToKeys } from "./keys.js";
import { openStart } from "./start.js";
import { show, shown } from "./store.js";
import { useTheme } from "./theme.js";
import { openWorkspace } from "./workspace.js";

/** @param {Project} project */
function opened(project) {
  openWorkspace(project);
}

/** The state as a whole changed: by another window, by the command line, or the server began again. @param {{project: Project | null, version: string, roots: string[]}} state */
function reload(state) {
  if (!state.project) return;
  if (state.project.folder !== shown.project?.folder) openWorkspace(state.project);
  else show({ project: state.project, jobs: state.project.jobs ?? [] });
}

async function start() {
  useTheme();
  try {
    const state = await call("GET", "state");
    show({ version: state.version });
    if (state.project) openWorkspace(state.project);
    else openStart(state.roots, opened);
    listenToKeys();
    listenToServer(reload);
  } catch (error) {
    const box = h("div", { class: "loading" }, h("p", { role: "alert", text: /** @type {Error} */ (error).message }), h("p", { text: "\u00a0" }), h("button", { text: "Try again", onclick: start }));
    find("#app").replaceChildren(box);
  }
}

start();
