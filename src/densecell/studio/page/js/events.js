// What the server tells by itself: paint, sketches, predictions, jobs, trouble.

import { tell } from "./dom.js";
import { BASE, call, WINDOW } from "./http.js";
import { hurry, pending } from "./outbox.js";
import { chip, sketched, wantSketch } from "./sketch.js";
import { show, shown, volume } from "./store.js";
import { takeJob } from "./training.js";
import { redraw, view } from "./view.js";

/** @type {EventSource | null} */
let source = null;

/** @type {(state: any) => void} */
let again = () => {};

/** Paint in this window; the one that painted before becomes read only. */
export function takeOver() {
  show({ readonly: false });
  listenToServer(again);
}

/** @param {(state: any) => void} reload called with the state when it changed as a whole */
export function listenToServer(reload) {
  again = reload;
  source?.close();
  source = new EventSource(`${BASE}api/events${shown.readonly ? "" : `?window=${WINDOW}`}`); // with a name it may paint
  let lost = false;
  source.onopen = async () => {
    show({ away: false });
    hurry();
    if (!lost) return;
    lost = false;
    try {
      reload(await call("GET", "state"));
    } catch {
      // the next opening tries again
    }
  };
  source.onerror = () => {
    lost = true;
    show({ away: true });
    if (source?.readyState === EventSource.CLOSED) setTimeout(() => listenAgain(reload), 1500);
  };
  /** @type {Record<string, (data: any) => void>} */
  const takes = {
    state: async () => reload(await call("GET", "state")),
    paint: painted,
    sketch(data) {
      if (!here(data)) return;
      sketched(data);
      fresh("sketch");
    },
    prediction(data) {
      if (!here(data)) return;
      fresh("prediction");
      chip(data.step === undefined || data.step === null ? "" : `Prediction at step ${data.step}`);
    },
    job: takeJob,
    pyramid({ done, total }) {
      show({ pyramid: done >= total ? "" : `Smaller copies of the volume: ${Math.round((100 * done) / Math.max(total, 1))} %` });
    },
    trouble(data) {
      if (data.window && data.window !== WINDOW) return;
      if (!data.window) tell(data.error, "bad");
      else {
        show({ readonly: true });
        listenToServer(reload);
      }
    },
  };
  for (const [name, take] of Object.entries(takes)) {
    source.addEventListener(name, (event) => take(JSON.parse(/** @type {MessageEvent} */ (event).data || "{}")));
  }
}

/** A browser does not try again after some answers (502 of a proxy, say). @param {(state: any) => void} reload */
function listenAgain(reload) {
  if (source?.readyState === EventSource.CLOSED) listenToServer(reload);
}

/** @param {{volume?: number | string}} data */
function here(data) {
  if (!shown.project) return false;
  return data.volume === undefined || data.volume === volume().name || data.volume === shown.volume;
}

/** @param {"paint" | "sketch" | "prediction"} layer */
function fresh(layer) {
  view.tiles?.outdate(layer);
  redraw();
}

/** Painted here or by another program: fresh tiles. @param {any} data */
function painted(data) {
  if (!here(data)) return;
  if (!pending().length) fresh("paint");
  if (data.painted && shown.project) takePainted(data);
}

/** Amounts that follow paint. @param {Partial<import("./types.js").Painted>} answer */
export function takePainted(answer) {
  if (!shown.project) return;
  const whole = volume();
  for (const name of /** @type {const} */ (["painted", "painted_slices", "can_undo", "can_redo"])) {
    if (answer[name] !== undefined) /** @type {any} */ (whole)[name] = answer[name];
  }
  show({ project: shown.project });
  wantSketch();
}
