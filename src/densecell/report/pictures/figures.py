"""What all pictures share: files of equal bytes, a scale bar, a legend of classes."""

import io

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Patch
from mpl_toolkits.axes_grid1.anchored_artists import AnchoredSizeBar

from densecell.classes import ClassScheme

NICE_LENGTHS_NM = tuple(n * 10**k for k in range(6) for n in (10, 20, 50))
PANEL_INCHES = 3.3
LEGEND_INCHES = 1.9  # of the longest entry
DPI = 130
JPEG_QUALITY = 82
Colour = tuple[float, float, float]


def png(figure: Figure, *, about: str | None = None) -> bytes:
    """Render a figure as a PNG file, with `about` as its description.

    There is no time or version in the file, so equal pictures are equal.
    """
    FigureCanvasAgg(figure)
    buffer = io.BytesIO()
    metadata = {"Software": None} | ({} if about is None else {"Description": about})
    figure.savefig(buffer, format="png", metadata=metadata)
    return buffer.getvalue()


def jpeg(figure: Figure) -> bytes:
    """Render a figure of grey values, of which a PNG would be several times as large.

    Equal pictures are equal here too.
    """
    FigureCanvasAgg(figure)
    buffer = io.BytesIO()
    figure.savefig(
        buffer,
        format="jpeg",
        dpi=DPI,
        pil_kwargs={"quality": JPEG_QUALITY, "subsampling": 0},
    )
    return buffer.getvalue()


def scale_bar(axis: Axes, unit_nm: float, *, dark: bool = False) -> None:
    """Draw a bar of about a fifth of the width, of a round length, in a corner.

    Parameters
    ----------
    unit_nm
        Length of one unit along the axis: of a pixel, in a picture.
    dark
        Draw it black, for a white ground.
    """
    left, right = axis.get_xlim()
    width = abs(right - left)
    length = nice_length_nm(width * unit_nm / 5)
    bar = AnchoredSizeBar(  # type: ignore[no-untyped-call]
        axis.transData,
        length / unit_nm,
        format_length(length),
        loc="lower left",
        borderpad=0.6,
        pad=0.3,
        sep=2,
        color="black" if dark else "white",
        label_top=True,
        size_vertical=width / 180,
        fill_bar=True,
        fontproperties=FontProperties(size=8),
        frameon=not dark,
    )
    bar.patch.set(facecolor="black", alpha=0.5, linewidth=0)
    axis.add_artist(bar)


def nice_length_nm(wanted: float) -> int:
    """Round length that is nearest to the wanted one, in nanometres.

    Examples
    --------
    >>> nice_length_nm(430), nice_length_nm(1800)
    (500, 2000)
    """
    return min(NICE_LENGTHS_NM, key=lambda n: abs(n - wanted))


def format_length(length_nm: int) -> str:
    """Write a length in nanometres or micrometres.

    Examples
    --------
    >>> format_length(500), format_length(2000)
    ('500 nm', '2 µm')
    """
    return f"{length_nm / 1000:g} µm" if length_nm >= 1000 else f"{length_nm} nm"


def class_legend(
    figure: Figure,
    scheme: ClassScheme,
    *,
    background: bool = False,
    inside: bool = False,
) -> None:
    """Name the classes, with their numbers, under a figure.

    With the background if asked; `inside` the figure where room was left for it.
    """
    patches = [
        Patch(
            facecolor=share_of_one(about.colour),
            edgecolor="black",
            linewidth=0.5,
            label=f"{class_id} {escape_math(about.name)}",
        )
        for class_id, about in sorted(scheme.classes.items())
        if about.role != "background" or background
    ]
    if patches:
        figure.legend(
            handles=patches,
            loc="lower center" if inside else "outside lower center",
            ncols=min(len(patches), int(figure.get_figwidth() / LEGEND_INCHES)),
            fontsize=9,
            frameon=False,
            borderpad=0,
        )


def escape_math(name: str) -> str:
    """Write a name so that matplotlib takes nothing in it for mathematics."""
    return name.replace("$", r"\$")


def share_of_one(colour: tuple[int, int, int]) -> Colour:
    """Colour of bytes as matplotlib wants it, each part 0 to 1."""
    red, green, blue = colour
    return red / 255, green / 255, blue / 255
