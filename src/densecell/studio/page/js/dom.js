// Elements, built in one line, and the messages that come and go.

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>} [attributes] `on...` are listeners, `text` is text, `class` classes
 * @param {...(Node | string | null | undefined)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "text") element.textContent = value;
    else if (name === "value") /** @type {any} */ (element).value = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((each) => each !== null && each !== undefined).map((each) => /** @type {Node | string} */ (each)));
  return element;
}

/**
 * A button that shows an icon and is named for screen readers.
 * @param {string} name @param {Node} picture @param {Record<string, any>} attributes
 */
export function iconButton(name, picture, attributes = {}) {
  return h("button", { type: "button", class: "icon", "aria-label": name, title: name, ...attributes }, picture);
}

/**
 * A sentence at the lower edge; a bad one stays until it is closed.
 * @param {string} sentence @param {"note" | "bad"} [kind]
 */
export function tell(sentence, kind = "note") {
  const list = document.getElementById("messages");
  if (!list) return;
  for (const each of list.children) if (each.firstChild?.textContent === sentence) return;
  const box = h("div", { class: `message ${kind}` }, h("span", { text: sentence }));
  box.append(h("button", { class: "plain icon", "aria-label": "Close message", text: "\u00d7", onclick: () => box.remove() }));
  list.append(box);
  while (list.children.length > 3) list.firstChild?.remove();
  if (kind === "note") setTimeout(() => box.remove(), 6000);
}

/** @param {unknown} error */
export function tellError(error) {
  tell(error instanceof Error ? error.message : String(error), "bad");
}

/** @param {string} selector @returns {HTMLElement} */
export function find(selector) {
  const found = document.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`nothing is ${selector}`);
  return found;
}

/** A dialog with a head, what it holds, and buttons. @param {string} title @param {Node} body @param {Node[]} [buttons] */
export function dialog(title, body, buttons = []) {
  const box = h("dialog", { "aria-label": title });
  const close = h("button", { class: "plain icon", "aria-label": "Close", text: "\u00d7", onclick: () => box.close() });
  box.append(h("header", {}, h("h2", { text: title }), close), h("div", { class: "body" }, body));
  if (buttons.length) box.append(h("footer", {}, ...buttons));
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  return box;
}
