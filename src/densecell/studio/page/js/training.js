// The sketch, and training: start, follow, stop, go on.

/** @import {Job} from "./types.js" */
import { command } from "./by_hand.js";
import { within } from "./axes.js";
import { drawCurve } from "./curve.js";
import { h, tellError } from "./dom.js";
import { call } from "./http.js";
import { shown, show, watch } from "./store.js";

export function sketchSection() {
  const tick = h("input", { type: "checkbox", onchange: () => show({ sketching: tick.checked }) });
  const state = h("p", { class: "quiet", role: "status" });
  watch(["sketching", "sketch", "project"], () => {
    tick.checked = shown.sketching;
    state.textContent = shown.sketch || "A first look, from your strokes alone. Paint two classes to see one.";
  });
  return h("section", { class: "stack" }, h("header", {}, h("h2", { text: "Sketch" }), h("label", { class: "tick" }, tick, "follow my strokes")), state);
}

export function trainSection() {
  const minutes = h("input", { type: "number", min: 1, max: 100000, value: 20 });
  const networks = h("input", { type: "number", min: 1, max: 9, value: 1 });
  const start = h("button", { class: "main", text: "Train" });
  const list = h("div", { class: "stack" });
  start.onclick = async () => {
    start.disabled = true;
    try {
      const job = await call("POST", "train", { minutes: within(Number(minutes.value) || 1, 1, 100000), networks: within(Math.round(Number(networks.value)) || 1, 1, 9) });
      takeJob(job);
    } catch (error) {
      tellError(error);
    }
    start.disabled = false;
  };
  watch(["jobs"], () => {
    list.replaceChildren(...shown.jobs.map(jobBox));
  });
  return h(
    "section",
    { class: "stack" },
    h("header", {}, h("h2", { text: "Train networks" })),
    h("p", { class: "quiet", text: "The project\u2019s own recipe, on all that you painted; part of it is kept aside for the score. It goes on from the last weights, also when this window is closed." }),
    h("div", { class: "pair" }, h("label", { class: "field" }, h("span", { text: "Minutes" }), minutes), h("label", { class: "field" }, h("span", { text: "Networks" }), networks)),
    start,
    list,
  );
}

/** A job as the server tells of it, put in its place in the list. @param {Job} job */
export function takeJob(job) {
  const jobs = shown.jobs.filter((each) => each.id !== job.id);
  const at = shown.jobs.findIndex((each) => each.id === job.id);
  jobs.splice(Math.max(at, 0), 0, job); // the newest is the first
  show({ jobs });
}

const STATES = { waiting: "waits", running: "running", done: "done", failed: "failed", cancelled: "stopped" };

/** @param {Job} job */
function jobBox(job) {
  const running = job.state === "running" || job.state === "waiting";
  const box = h("article", { class: "job", "aria-label": `${job.kind}, ${STATES[job.state]}` });
  box.append(h("header", {}, h("h2", { text: `${job.kind[0].toUpperCase()}${job.kind.slice(1)}` }), h("span", { class: job.state === "failed" ? "bad" : "quiet", text: STATES[job.state] })));
  if (running) box.append(h("progress", { max: 1, value: job.progress ?? 0, "aria-label": "Progress" }));
  const facts = h("dl", { class: "facts" });
  /** @param {string} name @param {string | null | undefined} value */
  const fact = (name, value) => value && facts.append(h("dt", { text: name }), h("dd", { text: value }));
  if (running) {
    fact("Done", `${Math.round((job.progress ?? 0) * 100)} %`);
    fact("Time left", job.seconds_left === null || job.seconds_left === undefined ? null : duration(job.seconds_left));
  }
  fact("Rate", typeof job.rate === "number" ? `${Number(job.rate.toPrecision(3))} steps/s` : job.rate);
  fact("Score, paint kept aside", typeof job.score === "number" ? job.score.toFixed(3) : null);
  if (facts.children.length) box.append(facts);
  if ((job.curve?.length ?? 0) > 1) {
    const canvas = h("canvas", { class: "curve", role: "img", "aria-label": curveInWords(job) });
    box.append(canvas, h("div", { class: "legend" }, h("span", { class: "score" }, h("i"), h("b", { text: "score" })), h("span", { class: "loss" }, h("i"), h("b", { text: "loss" }))));
    requestAnimationFrame(() => drawCurve(canvas, job.curve ?? []));
  }
  if (job.reason) box.append(h("p", { class: job.state === "failed" ? "bad" : "quiet", text: job.reason }));
  const log = Array.isArray(job.log_tail) ? job.log_tail.join("\n") : job.log_tail;
  if (job.command) box.append(command(job.command));
  if (log) box.append(h("details", { open: job.state === "failed" }, h("summary", { text: "Log" }), h("pre", { class: "log", tabindex: "0", text: log })));
  const buttons = h("div", { class: "buttons" });
  if (running) buttons.append(h("button", { text: "Stop", onclick: () => ask(job, "cancel") }));
  else if (job.state !== "done") buttons.append(h("button", { text: "Go on", onclick: () => ask(job, "resume") }));
  if (buttons.children.length) box.append(buttons);
  return box;
}

/** @param {Job} job @param {"cancel" | "resume"} what */
async function ask(job, what) {
  try {
    const answer = await call("POST", `jobs/${job.id}/${what}`, {});
    if (Array.isArray(answer)) show({ jobs: answer });
  } catch (error) {
    tellError(error);
  }
}

/** @param {number} seconds */
export function duration(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** @param {Job} job */
function curveInWords(job) {
  const last = job.curve?.[job.curve.length - 1];
  return `Loss and score over steps; now at step ${last?.step}, loss ${last?.loss?.toPrecision(3) ?? "unknown"}, score ${last?.score?.toFixed(3) ?? "unknown"}`;
}
