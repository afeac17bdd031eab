// The icons, as strokes on a grid of 24.

const STROKES = {
  brush: "M20 4 11 13 M9 14c-3 0-4 2-4 4 0 1-1 2-2 2 2 1 8 1 9-3 0-2-1-3-3-3z",
  eraser: "M4 15 13 6l6 6-7 7H8z M9 10l6 6 M12 19h8",
  fill: "M11 4 4 11l7 7 7-7-8-8 M20 15c1 2 2 3 2 4a2 2 0 0 1-4 0c0-1 1-2 2-4z",
  lasso: "M12 5c5 0 9 2 9 6s-4 6-9 6-9-2-9-6 4-6 9-6z M7 16c-2 1-2 3 0 4",
  smart: "M5 19 15 9 M17 3v4 M15 5h4 M20 11v3 M18.500 12.500h3 M8 4v3 M6.500 5.500h3",
  pick: "M4 20l1-4 9-9 3 3-9 9z M13 6l3-3 5 5-3 3",
  move: "M12 3v18 M3 12h18 M9 6l3-3 3 3 M9 18l3 3 3-3 M6 9l-3 3 3 3 M18 9l3 3-3 3",
  copy: "M9 9h11v11H9z M15 9V4H4v11h5",
  between: "M4 5h16 M4 19h16 M7 9h10 M9 12h6 M7 15h10",
  undo: "M9 14 4 9l5-5 M4 9h10a6 6 0 0 1 0 12h-3",
  redo: "M15 14l5-5-5-5 M20 9H10a6 6 0 0 0 0 12h3",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12z M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  hidden: "M4 4l16 16 M10 6c7-2 12 6 12 6a18 18 0 0 1-3 4 M6 8a17 17 0 0 0-4 4s4 7 10 7c1 0 3 0 4-1",
  lock: "M6 11h12v9H6z M9 11V8a3 3 0 0 1 6 0v3",
  open: "M6 11h12v9H6z M9 11V8a3 3 0 0 1 6-1",
  folder: "M3 6h6l2 2h10v11H3z",
  stack: "M12 3 3 8l9 5 9-5z M3 12l9 5 9-5 M3 16l9 5 9-5",
  project: "M4 4h7v7H4z M13 4h7v7h-7z M4 13h7v7H4z M13 13h7v7h-7z",
  file: "M6 3h8l4 4v14H6z M14 3v4h4",
  up: "M12 19V5 M6 11l6-6 6 6",
  help: "M9 9a3 3 0 1 1 4 3c-1 1-1 1-1 3 M12 18.500v.1",
  light: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z M12 2v3 M12 19v3 M2 12h3 M19 12h3 M5 5l2 2 M17 17l2 2 M5 19l2-2 M17 7l2-2",
  panes: "M3 4h18v16H3z M15 4v16 M3 14h18",
  plus: "M12 5v14 M5 12h14",
  bin: "M5 7h14 M10 7V4h4v3 M7 7l1 13h8l1-13",
};

/** @param {string} name */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("class", "icon");
  picture.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", /** @type {Record<string, string>} */ (STROKES)[name] ?? STROKES.file);
  picture.append(path);
  return picture;
}
