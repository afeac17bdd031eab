// The curve of a training: loss, dashed, and score, full, over steps.

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{network?: number | string, step: number, loss: number | null, score: number | null}[]} curve
 */
export function drawCurve(canvas, curve) {
  const context = canvas.getContext("2d");
  const box = canvas.getBoundingClientRect();
  if (!context || !box.width) return;
  const density = devicePixelRatio || 1;
  canvas.width = box.width * density;
  canvas.height = box.height * density;
  context.scale(density, density);
  const style = getComputedStyle(canvas);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const [left, right, top, bottom] = [26, box.width - 6, 8, box.height - 18];
  const last = Math.max(...curve.map((each) => each.step), 1);
  const most = Math.max(...curve.map((each) => each.loss ?? 0), 1e-9);
  const x = (/** @type {number} */ step) => left + (step / last) * (right - left);
  const y = (/** @type {number} */ share) => bottom - share * (bottom - top);
  context.font = "11px system-ui, sans-serif";
  context.fillStyle = colour("--quiet");
  context.strokeStyle = colour("--line");
  context.lineWidth = 1;
  for (const share of [0, 0.5, 1]) {
    context.beginPath();
    context.moveTo(left, y(share));
    context.lineTo(right, y(share));
    context.stroke();
    context.textAlign = "right";
    context.fillText(String(share), left - 5, y(share) + 4);
  }
  context.textAlign = "left";
  context.fillText("0", left, box.height - 4);
  context.textAlign = "right";
  context.fillText(`step ${last}`, right, box.height - 4);
  for (const network of new Set(curve.map((each) => each.network))) {
    const own = curve.filter((each) => each.network === network);
    trace(context, own, "loss", x, (value) => y(value / most), colour("--warn"), [4, 3]);
    trace(context, own, "score", x, y, colour("--accent"), []);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{step: number, loss: number | null, score: number | null}[]} curve
 * @param {"loss" | "score"} what
 * @param {(step: number) => number} x @param {(value: number) => number} y
 * @param {string} colour @param {number[]} dashes
 */
function trace(context, curve, what, x, y, colour, dashes) {
  const points = curve.filter((each) => typeof each[what] === "number");
  context.strokeStyle = context.fillStyle = colour;
  context.setLineDash(dashes);
  context.lineWidth = 1.8;
  context.beginPath();
  points.forEach((each, n) => {
    const value = /** @type {number} */ (each[what]);
    if (n) context.lineTo(x(each.step), y(value));
    else context.moveTo(x(each.step), y(value));
  });
  context.stroke();
  context.setLineDash([]);
  if (points.length === 1) context.fillRect(x(points[0].step) - 2, y(/** @type {number} */ (points[0][what])) - 2, 4, 4);
}
