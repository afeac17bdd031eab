// The 3D scene: one plotly mesh per class, rebuilt when another cell is chosen.
"use strict";
for (const place of document.querySelectorAll(".scene")) {
  const data = JSON.parse(place.querySelector("script").textContent);
  const plot = place.querySelector(".plot");
  const bytes = Uint8Array.from(atob(data.bytes), (c) => c.charCodeAt(0)).buffer;
  const STEPS = 65535; // vertices are stored as steps inside the box of their object

  // Object: [class, id, cell, byte offset, vertices, triangles, wide, low, span]
  const merged = (classNumber, cell) => {
    const parts = data.objects.filter(
      (o) => o[0] === classNumber && (cell === null || o[2] === cell));
    const vertices = parts.reduce((n, o) => n + o[4], 0);
    const triangles = parts.reduce((n, o) => n + o[5], 0);
    const at = [0, 1, 2].map(() => new Float32Array(vertices));
    const corner = [0, 1, 2].map(() => new Uint32Array(triangles));
    const text = new Array(vertices);
    const intensity = new Float32Array(vertices);
    let v = 0, t = 0;
    for (const [, id, , offset, nv, nt, wide, low, span] of parts) {
      const points = new Uint16Array(bytes, offset, 3 * nv);
      const end = offset + 6 * nv + (wide ? (6 * nv) % 4 : 0);
      const faces = new (wide ? Uint32Array : Uint16Array)(bytes, end, 3 * nt);
      for (let k = 0; k < 3; k++) {
        for (let n = 0; n < nv; n++)
          at[k][v + n] = low[k] + (points[3 * n + k] / STEPS) * span[k];
        for (let n = 0; n < nt; n++) corner[k][t + n] = v + faces[3 * n + k];
      }
      text.fill(`${data.classes[classNumber].plain} ${id}`, v, v + nv);
      intensity.fill(id % data.palette.length, v, v + nv);
      v += nv;
      t += nt;
    }
    return { x: at[0], y: at[1], z: at[2], i: corner[0], j: corner[1], k: corner[2],
      text, intensity };
  };
  // Of a class that is drawn in one colour, all places of the scale have it.
  const scale = (about) => data.palette.map((colour, n) =>
    [n / (data.palette.length - 1),
      colours.value === "cell" && about.is_cell ? colour : about.colour]);
  const trace = (about, number) => ({
    type: "mesh3d", ...merged(number, null), colorscale: scale(about), cmin: 0,
    cmax: data.palette.length - 1, showscale: false, opacity: about.opacity,
    hoverinfo: "text", flatshading: false,
    lighting: { ambient: 0.55, diffuse: 0.7, specular: 0.12, roughness: 0.7 },
    lightposition: { x: -1e4, y: -2e4, z: -3e4 },
  });
  const axis = (name) => ({ title: { text: `${name} (µm)` }, backgroundcolor: "#fff",
    gridcolor: "#e3e8ee", zerolinecolor: "#e3e8ee", showspikes: false });
  const layout = {
    margin: { l: 0, r: 0, t: 0, b: 0 }, showlegend: false, paper_bgcolor: "#fff",
    scene: { aspectmode: "data", dragmode: "orbit", xaxis: axis("x"),
      yaxis: axis("y"), zaxis: axis("z"), camera: data.camera },
  };

  const form = place.querySelector("form");
  const label = (...children) => {
    const made = document.createElement("label");
    made.append(...children);
    form.append(made);
  };
  const colours = document.createElement("select");
  colours.append(new Option("by class", ""), new Option("by cell", "cell"));
  colours.value = data.by_cell ? "cell" : "";
  const chosen = document.createElement("select");
  chosen.append(new Option("all cells", ""));
  for (const cell of data.cells) chosen.append(new Option(`cell ${cell}`, cell));
  if (data.outside) chosen.append(new Option("outside cells", 0));
  label("Show", chosen);
  if (data.cells.length > 1) label("Colours", colours);
  const patches = [];
  const paint = () => patches.forEach((patch, number) => {
    const parts = scale(data.classes[number]).map((part) => part[1]);
    patch.style.background = `linear-gradient(90deg, ${parts.join()})`;
  });
  colours.addEventListener("change", () => {
    paint();
    Plotly.restyle(plot, { colorscale: data.classes.map(scale) });
  });
  chosen.addEventListener("change", () => {
    const cell = chosen.value === "" ? null : Number(chosen.value);
    const parts = data.classes.map((_, number) => merged(number, cell));
    const update = {};
    for (const key of Object.keys(parts[0])) update[key] = parts.map((p) => p[key]);
    Plotly.restyle(plot, update);
  });
  data.classes.forEach((about, number) => {
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = true;
    const patch = document.createElement("i");
    patches.push(patch);
    label(box, patch, about.plain);
    box.addEventListener("change", () =>
      Plotly.restyle(plot, { visible: box.checked }, [number]));
  });
  paint();
  form.addEventListener("submit", (event) => event.preventDefault());

  const able = () => {
    const canvas = document.createElement("canvas");
    return Boolean(canvas.getContext("webgl2") || canvas.getContext("webgl"));
  };
  // Drawn when it comes near: the rest of the page does not wait for it.
  const near = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    near.disconnect();
    place.classList.add("drawn");
    const { clientWidth: wide, clientHeight: high } = plot;
    for (const key of ["x", "y", "z"]) // further off where there is less room
      data.camera.eye[key] *= Math.max(data.room, (1.1 * high) / wide);
    Plotly.newPlot(plot, data.classes.map(trace), layout,
      { responsive: true, displaylogo: false });
  }, { rootMargin: "200px" });
  if (able()) near.observe(place.parentElement);
}
