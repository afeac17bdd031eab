// Calls of the server, wherever the page lies (a prefix is kept), and its errors as sentences.

export const BASE = new URL("./", document.baseURI).pathname;
/** Tells this window from others of the same project. */
export const WINDOW = sessionStorage.getItem("window") ?? crypto.randomUUID();
sessionStorage.setItem("window", WINDOW);

/** A request that did not work. `status` is 0 where no server answered. */
export class Refused extends Error {
  /** @param {string} sentence @param {number} status */
  constructor(sentence, status) {
    super(sentence);
    this.status = status;
  }

  /** True where the same request may work later: no server, no disk space, an old key. */
  get passing() {
    return this.status === 0 || this.status >= 500 || this.status === 401 || this.status === 403;
  }
}

/**
 * JSON of a route below `api/`.
 * @param {string} method @param {string} route @param {unknown} [body]
 * @returns {Promise<any>}
 */
export async function call(method, route, body) {
  const answer = await send(method, route, body);
  return answer.status === 204 ? null : answer.json();
}

/** @param {string} route @param {AbortSignal} [signal] */
export async function bytes(route, signal) {
  const answer = await send("GET", route, undefined, signal);
  if (answer.status === 204) return null;
  return {
    data: await answer.arrayBuffer(),
    height: Number(answer.headers.get("X-Height")),
    width: Number(answer.headers.get("X-Width")),
  };
}

/**
 * @param {string} method @param {string} route @param {unknown} [body] @param {AbortSignal} [signal]
 */
async function send(method, route, body, signal) {
  /** @type {Record<string, string>} */
  const headers = { "X-Window": WINDOW };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(`${BASE}api/${route}`, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refused("The server does not answer. Start densecell studio again in its terminal; this page then goes on.", 0);
  }
  if (answer.ok) return answer;
  throw new Refused(await sentence(answer), answer.status);
}

/** @param {Response} answer */
async function sentence(answer) {
  if (answer.status === 401) return "This window's key is old. Open the address that densecell studio printed last.";
  try {
    const found = await answer.json();
    return String(found.error ?? found.detail ?? answer.statusText);
  } catch {
    return `The server answered ${answer.status} ${answer.statusText}. Its terminal says more.`;
  }
}
