// Long tables: sorted by a click on a heading, found by name, shown page by page.
"use strict";
for (const place of document.querySelectorAll(".long")) {
  const { size, rows: all } = JSON.parse(place.querySelector("script").textContent);
  const table = place.querySelector("table");
  const heads = [...table.tHead.rows[0].cells];
  let sorted = all; // in the order that was chosen
  let rows = all; // those of them that were found
  let page = 0;

  const make = (kind, parts, ...children) => {
    const made = Object.assign(document.createElement(kind), parts);
    made.append(...children);
    return made;
  };
  const cellOf = (cell) => {
    if (typeof cell === "string") return make("td", {}, cell);
    const [src, alt] = cell;
    return make("td", { className: "picture" }, make("img", { src, alt }));
  };
  const valueOf = (text) => {
    if (text === "" || text === "-") return null;
    return isNaN(Number(text)) ? text : Number(text);
  };
  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number"
      ? a - b
      : String(a).localeCompare(String(b), "en");

  const button = (textContent, step) => {
    const made = make("button", { type: "button", textContent });
    made.addEventListener("click", () => { page += step; show(); });
    return made;
  };
  const back = button("Back", -1);
  const next = button("Next", 1);
  const where = make("span", {});
  const wanted = make("input", { type: "search", size: 8 });
  wanted.addEventListener("input", () => { page = 0; find(); });
  const label = make("label", {}, `Find ${heads[0].textContent} `, wanted);
  if (all.length > size)
    place.prepend(make("div", { className: "pages" }, label, back, where, next));

  const show = () => {
    const first = page * size;
    const shown = rows.slice(first, first + size);
    table.tBodies[0].replaceChildren(
      ...shown.map((row) => make("tr", {}, ...row.map(cellOf))));
    back.disabled = page === 0;
    next.disabled = first + size >= rows.length;
    const count = (n) => n.toLocaleString("en");
    where.textContent = rows.length
      ? `${count(first + 1)} to ${count(first + shown.length)} of ${count(rows.length)}`
      : "none";
  };
  const find = () => {
    const text = wanted.value.trim();
    const begin = sorted.filter((row) => row[0].startsWith(text));
    const exact = begin.filter((row) => row[0] === text);
    rows = exact.concat(begin.filter((row) => row[0] !== text));
    show();
  };
  heads.forEach((head, column) => {
    if (all.some((row) => typeof row[column] !== "string")) return; // pictures
    const sort = make("button", { type: "button", textContent: head.textContent });
    head.replaceChildren(sort);
    sort.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const keyed = all.map((row) => [valueOf(row[column]), row]);
      const known = keyed.filter(([value]) => value !== null);
      known.sort((a, b) => (down ? -1 : 1) * compare(a[0], b[0]));
      const unknown = keyed.filter(([value]) => value === null);
      sorted = [...known, ...unknown].map(([, row]) => row); // unknown ones last
      page = 0;
      find();
    });
  });
  show();
}
