"""Drawings of the method, as SVG: python docs/make/drawings.py docs/drawings."""

import sys
from collections.abc import Sequence
from pathlib import Path

INK, SOFT, PAPER = "#263238", "#90a4ae", "#ffffff"
TEAL, ORANGE, BLUE, PINK = "#009688", "#e69f00", "#56b4e9", "#cc79a7"
FONT = "font-family='system-ui, sans-serif'"


def main() -> None:
    """Write every drawing into the folder that is given."""
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for name, draw in (
        ("slices-then-depth", slices_then_depth),
        ("blocks", blocks),
        ("ensemble", ensemble),
    ):
        (out / f"{name}.svg").write_text(draw(), encoding="utf-8")


def slices_then_depth() -> str:
    """Draw a 2D network on every slice, then one look across slices."""
    parts = [_stack(20, 60, 5, SOFT), _words(85, 235, "5 slices", "of the image")]
    for n in range(5):
        y = 50 + 34 * n
        parts += [
            _arrow(150, y + 12, 196, y + 12),
            _box(200, y, 120, 24, "2D U-Net", TEAL, size=12),
            _arrow(322, y + 12, 366, y + 12),
        ]
    parts += [
        _words(260, 235, "the same network", "on every slice"),
        _stack(376, 60, 5, BLUE),
        _words(440, 235, "features", "of every slice"),
        _arrow(510, 130, 556, 130),
        _box(560, 96, 120, 68, "3D|convolution", ORANGE, size=13),
        _words(620, 235, "neighbours in z", "are compared"),
        _arrow(682, 130, 726, 130),
        _stack(736, 60, 5, PINK),
        _words(800, 235, "a class", "for every voxel"),
    ]
    return _svg(880, 265, parts)


def blocks() -> str:
    """Draw a volume in blocks; each is read with a margin and written without."""
    parts = []
    for row in range(4):
        for column in range(5):
            fill = TEAL if row * 5 + column < 7 else PAPER  # finished, or not yet
            parts.append(_rect(30 + 62 * column, 30 + 50 * row, 62, 50, fill))
    parts += [
        _rect(140, 66, 90, 78, "none", ORANGE, dash=True),
        _rect(154, 80, 62, 50, ORANGE),
        _words(185, 255, "a volume of any size, in blocks", "green: finished"),
        _arrow(234, 96, 420, 75),
        _rect(424, 30, 190, 150, "#fdf1d8", ORANGE, dash=True),
        _rect(464, 65, 110, 80, ORANGE),
        _text(519, 52, "read with a margin", 13),
        _text(519, 109, "written", 14, PAPER, bold=True),
        _words(519, 212, "the margin is context,", "so that no seam shows"),
        _words(
            745,
            78,
            "Every voxel is written once.",
            "Blocks need no order, so they",
            "may run anywhere, and a killed",
            "run goes on where it stopped.",
        ),
    ]
    return _svg(880, 285, parts)


def ensemble() -> str:
    """Draw members fused inside a block: read once, vote, write, forget."""
    parts = [
        _box(20, 110, 110, 60, "a block of|the image", SOFT, size=13),
        _text(75, 192, "read once", 13),
    ]
    for n, seed in enumerate("123"):
        y = 40 + 74 * n
        parts += [
            _arrow(132, 140, 196, y + 26),
            _box(200, y, 130, 52, f"network, seed {seed}", TEAL, size=13),
            _arrow(332, y + 26, 396, 140),
        ]
    parts += [
        _box(400, 106, 130, 68, "mean of their|probabilities", BLUE, size=13),
        _arrow(532, 140, 606, 66),
        _arrow(532, 140, 606, 140),
        _arrow(532, 140, 606, 214),
        _box(610, 42, 240, 48, "labels: the likeliest class", PINK, size=13),
        _box(610, 116, 240, 48, "confidence: how likely it is", ORANGE, size=13),
        _box(610, 190, 240, 48, "disagreement: other votes", ORANGE, size=13),
        _text(730, 264, "written, and all else is forgotten", 13),
    ]
    return _svg(880, 285, parts)


def _svg(width: int, height: int, parts: Sequence[str]) -> str:
    marker = (
        "<defs><marker id='tip' viewBox='0 0 8 8' refX='7' refY='4' markerWidth='7' "
        f"markerHeight='7' orient='auto'><path d='M0 0L8 4L0 8z' fill='{INK}'/>"
        "</marker></defs>"
    )
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' "
        f"{FONT}>{marker}\n" + "\n".join(parts) + "\n</svg>\n"
    )


def _rect(
    x: float,
    y: float,
    width: float,
    height: float,
    fill: str,
    line: str = INK,
    *,
    dash: bool = False,
) -> str:
    style = " stroke-dasharray='6 4' stroke-width='2'" if dash else ""
    return (
        f"<rect x='{x}' y='{y}' width='{width}' height='{height}' rx='3' "
        f"fill='{fill}' stroke='{line}'{style}/>"
    )


def _text(
    x: float, y: float, words: str, size: int, fill: str = INK, *, bold: bool = False
) -> str:
    weight = " font-weight='600'" if bold else ""
    return (
        f"<text x='{x}' y='{y}' font-size='{size}' text-anchor='middle' "
        f"fill='{fill}'{weight}>{words}</text>"
    )


def _words(x: float, y: float, *lines: str) -> str:
    return "".join(_text(x, y + 19 * n, line, 14) for n, line in enumerate(lines))


def _box(
    x: float, y: float, width: float, height: float, words: str, fill: str, *, size: int
) -> str:
    lines = words.split("|")
    first = y + height / 2 + size * 0.36 - (len(lines) - 1) * size * 0.6
    said = (
        _text(x + width / 2, first + n * size * 1.25, line, size, bold=True)
        for n, line in enumerate(lines)
    )
    return _rect(x, y, width, height, fill) + "".join(said)


def _stack(x: float, y: float, slices: int, fill: str) -> str:
    """Draw slices of a stack, seen from the side, the first one behind."""
    drawn = []
    for n in range(slices):
        left, top = x + 6 * n, y + 20 * n
        low, right = top + 34, left + 78
        corners = f"{left},{low} {left + 28},{top} {right + 28},{top} {right},{low}"
        drawn.append(f"<polygon points='{corners}' fill='{fill}' stroke='{INK}'/>")
    return "".join(drawn)


def _arrow(x0: float, y0: float, x1: float, y1: float) -> str:
    return (
        f"<line x1='{x0}' y1='{y0}' x2='{x1}' y2='{y1}' stroke='{INK}' "
        "stroke-width='1.5' marker-end='url(#tip)'/>"
    )


if __name__ == "__main__":
    main()
