"""The picture of a curve: small multiples of figures against images seen."""

from collections.abc import Sequence
from io import BytesIO

from gan_lessons.evaluation.contestants import COPY, MODEL
from gan_lessons.evaluation.curve_card import Curve
from gan_lessons.evaluation.measures import FIGURES
from gan_lessons.images.gate import encode_image, open_image
from gan_lessons.plots import COLOURS, FAINT, name_ends

SHOWN = ("truth_mean", "content", "style", "kid")
OURS, COPIED, REAL = COLOURS[0], COLOURS[1], COLOURS[2]
QUIET = "#666666"
STRETCH = 4  # real pictures are on the scale where this makes it at most so many times as long
LEAST = 0.03  # length of a vertical axis, as a share of what it reaches to; less would be noise
DECADE = 10  # of images seen; more asks for a logarithmic axis


def picture(told: Curve) -> bytes:
    """Draw a curve: the model's drawn styles, beside copying and real pictures.

    Args:
        told: the curve.

    Returns:
        A PNG of 1100 x 680 pixels.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 6.2), dpi=110, facecolor="white")
    panels = figure.subplots(2, 2)
    figure.subplots_adjust(left=0.06, right=0.89, top=0.91, bottom=0.08, wspace=0.48, hspace=0.5)
    for axes, key in zip(panels.flat, SHOWN, strict=True):
        panel(axes, key, told)
    for axes in panels[1]:
        axes.set_xlabel("images seen", size=9)
    buffer = BytesIO()
    figure.savefig(buffer, format="png")
    return encode_image(open_image(buffer.getvalue()), colours=256)


def panel(axes, key: str, told: Curve) -> None:
    """One figure along the training; what stands beside the model are level lines."""
    known = FIGURES[key]
    axes.set_title(known.title, loc="left", size=11, pad=20)
    axes.spines[["top", "right"]].set_visible(False)
    points = [(p.images, p.ways[MODEL][key]) for p in told.points if key in p.ways[MODEL]]
    if not points:
        axes.set(xticks=[], yticks=[])
        axes.text(0.5, 0.5, "not measured", transform=axes.transAxes, ha="center", color=QUIET)
        return
    x, y = zip(*points, strict=True)
    axes.plot(x, y, "o-", color=OURS, linewidth=1.6, markersize=5, zorder=3)
    across(axes, x)
    copied, real = told.copying.get(key), told.real.get(key)
    levels = [(copied, COPY, COPIED)]
    note = f"{known.better} is better"
    if real is not None and on_scale(real, [*y, copied]):
        levels.append((real, "real", REAL))
    elif real is not None:
        note += f"; real pictures, off the scale: {real:.{known.digits}f}"
    axes.text(0, 1.04, note, transform=axes.transAxes, size=9, color=QUIET)
    for level, _, colour in levels:
        axes.axhline(level, color=colour, linewidth=1.2, linestyle="--")
    upwards(axes)
    lines = [(y[-1], "model", OURS), *levels]
    right = axes.get_xlim()[1]
    name_ends(axes, [(v, right, f"{name} {v:.{known.digits}f}", c) for v, name, c in lines])


def across(axes, images: Sequence[int]) -> None:
    """The horizontal axis: images seen, logarithmic where they span more than a decade."""
    from matplotlib.ticker import EngFormatter, LogLocator, MaxNLocator, NullFormatter

    if images[-1] > DECADE * images[0]:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
        axes.xaxis.set_minor_formatter(NullFormatter())
    elif images[-1] > images[0]:
        axes.xaxis.set_major_locator(MaxNLocator(5))
    else:
        axes.set_xticks(images[:1])
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.tick_params(labelsize=9)


def upwards(axes) -> None:
    """The vertical axis: few round numbers, over no less than can be told from chance."""
    from matplotlib.ticker import MaxNLocator

    axes.margins(y=0.1)
    low, high = axes.get_ylim()
    lacking = max(0.0, LEAST * high - (high - low))
    axes.set_ylim(low - lacking / 2, high + lacking / 2)
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=(1, 2, 5, 10)))
    axes.grid(axis="y", color=FAINT, linewidth=0.6)


def on_scale(value: float, others: Sequence[float]) -> bool:
    """Whether a value can be drawn beside others without pressing them flat.

    Example:
        >>> on_scale(22.0, [140.0, 280.0]), on_scale(0.0, [3.1, 3.2])
        (True, False)
    """
    length = max(others) - min(others)
    return max(value, *others) - min(value, *others) <= STRETCH * length
