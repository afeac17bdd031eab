// Tables whose rows are sorted by a click on a heading, and shown page by page.
"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const size = Number(table.dataset.rows) || Infinity;
  let rows = [...body.rows];
  let page = 0;

  const valueOf = (row, column) => {
    const cell = row.cells[column];
    if (cell.dataset.value !== undefined) return Number(cell.dataset.value);
    const text = cell.textContent.trim();
    if (text === "" || text === "-") return null;
    return isNaN(Number(text)) ? text : Number(text);
  };
  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number"
      ? a - b
      : String(a).localeCompare(String(b), "en");

  const pages = Math.max(1, Math.ceil(rows.length / size));
  const bar = document.createElement("div");
  bar.className = "pages";
  const where = document.createElement("span");
  const button = (words, step) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = words;
    made.addEventListener("click", () => { page += step; show(); });
    return made;
  };
  const back = button("Back", -1);
  const next = button("Next", 1);
  bar.append(back, where, next);
  if (pages > 1) table.parentElement.after(bar);

  const show = () => {
    const first = pages > 1 ? page * size : 0;
    const shown = rows.slice(first, first + size);
    body.replaceChildren(...shown);
    back.disabled = page === 0;
    next.disabled = page === pages - 1;
    where.textContent =
      `rows ${first + 1} to ${first + shown.length} of ${rows.length}`;
  };
  heads.forEach((head, column) => {
    if (rows.length && rows[0].cells[column].querySelector("img")) return;
    const sort = document.createElement("button");
    sort.type = "button";
    sort.textContent = head.textContent;
    head.replaceChildren(sort);
    sort.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const keyed = rows.map((row) => [valueOf(row, column), row]);
      const known = keyed.filter(([value]) => value !== null);
      known.sort((a, b) => (down ? -1 : 1) * compare(a[0], b[0]));
      const unknown = keyed.filter(([value]) => value === null);
      rows = [...known, ...unknown].map(([, row]) => row); // unknown ones last
      page = 0;
      show();
    });
  });
  show();
}
