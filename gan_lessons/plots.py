"""Figures of the course, drawn by matplotlib from arrays, in one restrained style."""

from collections.abc import Mapping, Sequence

import numpy as np

# Okabe and Ito's colours, told apart by all common kinds of colour vision.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
FAINT = "#d9d9d9"
FEW = 8  # values of a logarithmic axis that have room for their names
JPEG = {"quality": 80, "progressive": True, "optimize": True}  # of pictures in lessons


def image_grid(
    rows: Sequence[Sequence],
    *,
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
    title: str = "",
    cell: float = 0.9,
    show: bool = True,
):
    """Pictures in rows and columns, with labels at the left and above.

    Args:
        rows: rows of pictures, each `(H, W, 3)` uint8 or in [0, 1], a PIL image, or None for an
            empty place.
        row_labels: one a row.
        column_labels: one a column.
        title: above everything.
        cell: width of one picture in inches; the height follows the tallest picture.
        show: display it at once, as lessons want it; otherwise return it.

    Returns:
        A matplotlib figure, or None where it was shown.

    Raises:
        ValueError: if there is no picture, or labels and pictures differ in number.
    """
    columns = max((len(row) for row in rows), default=0)
    if not columns:
        raise ValueError("image_grid needs at least one row with one picture")
    counted = ((row_labels, len(rows), "row"), (column_labels, columns, "column"))
    for labels, number, kind in counted:
        if labels and len(labels) != number:
            raise ValueError(f"{len(labels)} {kind} labels for {number} {kind}s")
    left = 0.085 * max((len(label) for label in row_labels), default=0) + 0.05
    top = (0.25 if column_labels else 0.05) + (0.3 if title else 0)
    tall = cell * max(_aspect(picture) for row in rows for picture in row if picture is not None)
    width, height = left + columns * cell, top + len(rows) * tall + 0.05
    figure = _figure(width, height)
    for r, row in enumerate(rows):
        for c, picture in enumerate(row):
            place = (left + c * cell, height - top - (r + 1) * tall, cell * 0.94, tall * 0.94)
            _place(figure, picture, place, (width, height))
    for r, label in enumerate(row_labels):
        y = height - top - (r + 0.53) * tall
        figure.text((left - 0.06) / width, y / height, label, ha="right", va="center", size=8)
    for c, label in enumerate(column_labels):
        x = left + (c + 0.47) * cell
        figure.text(x / width, (height - top + 0.06) / height, label, ha="center", size=8)
    if title:
        figure.text(0.05 / width, 1 - 0.2 / height, title, ha="left", size=10)
    # Pictures take half the room as JPEG; lines of curves would blur in it.
    return _finish(figure, show, "jpeg", pil_kwargs=JPEG)


def curves(
    series: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    x_label: str,
    y_label: str,
    title: str = "",
    errors: Mapping[str, Sequence[float]] | None = None,
    smooth: int = 1,
    log_x: bool = False,
    log_y: bool = False,
    show: bool = True,
):
    """Lines over a shared axis, each named where it ends, so that no legend is needed.

    Args:
        series: name to x values and y values.
        x_label: what the horizontal axis counts, with its unit.
        y_label: what the vertical axis measures, with its unit.
        title: above the figure.
        errors: name to one half-length of a whisker a value.
        smooth: width of a running mean; the values themselves stay visible behind it.
        log_x: logarithmic horizontal axis; a few values, up to 8, are all named on it.
        log_y: logarithmic vertical axis.
        show: display it at once; otherwise return it.

    Returns:
        A matplotlib figure, or None where it was shown.
    """
    figure = _figure(7, 3)
    axes = figure.add_axes((0.12, 0.17, 0.73, 0.72))
    ends = []
    for (name, (x, y)), colour in zip(series.items(), COLOURS * 9, strict=False):
        x, y = np.asarray(x, float), np.asarray(y, float)
        if smooth > 1 and len(y) > smooth:
            axes.plot(x, y, color=colour, alpha=0.25, linewidth=0.8)
            padded = np.pad(y, (smooth - 1, 0), mode="edge")
            y = np.convolve(padded, np.ones(smooth) / smooth, "valid")
        axes.plot(x, y, color=colour, linewidth=1.6)
        if errors and name in errors:
            axes.errorbar(x, y, errors[name], fmt="o", color=colour, markersize=4, capsize=3)
        if len(y):
            ends.append((float(y[-1]), float(x[-1]), name, colour))
    if log_x:
        axes.set_xscale("log")
        if 0 < len(x) <= FEW:
            axes.set_xticks(x, [f"{value:g}" for value in x])
            axes.minorticks_off()
    if log_y:
        axes.set_yscale("log")
    axes.set(xlabel=x_label, ylabel=y_label)
    axes.set_title(title, loc="left", size=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color=FAINT, linewidth=0.6)
    name_ends(axes, ends)
    return _finish(figure, show, "png")


def bars(
    series: Mapping[str, Sequence[float]],
    *,
    labels: Sequence[str],
    y_label: str,
    errors: Mapping[str, Sequence[float]] | None = None,
    title: str = "",
    show: bool = True,
):
    """Groups of bars over names, each bar with the spread of its figure where it is known.

    Args:
        series: what is compared, name to one value a label; NaN leaves a place empty.
        labels: what the groups are; a label may have several lines.
        y_label: what the bars measure, with its unit.
        errors: name to one half-length of a whisker a label.
        title: above the figure.
        show: display it at once; otherwise return it.

    Returns:
        A matplotlib figure, or None where it was shown.

    Raises:
        ValueError: if a series and the labels differ in number.
    """
    for name, values in [*series.items(), *(errors or {}).items()]:
        if len(values) != len(labels):
            raise ValueError(f"{len(values)} values of {name!r} for {len(labels)} labels")
    figure = _figure(7, 3)
    foot = 0.07 + 0.055 * max((label.count("\n") + 1 for label in labels), default=1)
    axes = figure.add_axes((0.12, foot, 0.67 if len(series) > 1 else 0.8, 0.89 - foot))
    places, width = np.arange(len(labels)), 0.8 / max(1, len(series))
    for k, (name, values) in enumerate(series.items()):
        spread = None if errors is None or name not in errors else list(errors[name])
        axes.bar(
            places + (k + 0.5) * width - 0.4, list(values), 0.92 * width,
            color=COLOURS[k % len(COLOURS)], label=name, yerr=spread, capsize=2,
            error_kw={"linewidth": 1},
        )  # fmt: skip
    axes.set_xticks(places, labels, size=9)
    axes.set_ylabel(y_label)
    axes.set_title(title, loc="left", size=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    if len(series) > 1:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=9)
    return _finish(figure, show, "png")


def planes(
    panels: Mapping[str, Sequence],
    *,
    behind: Sequence | None = None,
    joined: bool = False,
    limit: float = 3.0,
    x_label: str = "",
    y_label: str = "",
    columns: int = 4,
    title: str = "",
    show: bool = True,
):
    """Points of the plane, one panel a set, all on the same axes.

    Args:
        panels: name to points `(N, 2)`; what lies outside the limit is not shown.
        behind: points `(M, 2)` in grey behind each, such as the data.
        joined: draw a line through the points in their order, with a dot at its start; a row of
            NaN ends a line, and the next row begins another.
        limit: the axes go from minus this to this.
        x_label: below the lowest panels.
        y_label: at the left.
        columns: panels in a row.
        title: above everything.
        show: display it at once; otherwise return it.

    Returns:
        A matplotlib figure, or None where it was shown.

    Raises:
        ValueError: if there is no panel, or points are not of the plane.
    """
    if not panels:
        raise ValueError("planes needs at least one panel")
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    side, top = 7.6 / max(columns, 3), 0.25 if title else 0.05
    plane = side - 0.25  # and above each its name
    figure = _figure(columns * side + 0.3, rows * (plane + 0.3) + top + 0.4)
    width, height = figure.get_size_inches()
    for k, (name, points) in enumerate(panels.items()):
        points = np.asarray(points, float)
        if points.ndim != 2 or points.shape[1] != 2:
            raise ValueError(f"{name!r}: points (N, 2) expected, got {points.shape}")
        row, column = divmod(k, columns)
        left, bottom = column * side + 0.45, height - top - (row + 1) * (plane + 0.3)
        axes = figure.add_axes((left / width, bottom / height, plane / width, plane / height))
        _plane(axes, points, behind, joined, COLOURS[k % len(COLOURS)] if joined else COLOURS[0])
        axes.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal")
        axes.set_title(name, size=9)
        axes.tick_params(labelsize=7, labelleft=column == 0, labelbottom=k + columns >= len(panels))
        axes.set_xlabel(x_label if k + columns >= len(panels) else "", size=8)
        axes.set_ylabel(y_label if column == 0 else "", size=8)
    if title:
        figure.text(0.05 / width, 1 - 0.2 / height, title, ha="left", size=10)
    return _finish(figure, show, "png")


def _plane(axes, points, behind, joined: bool, colour: str) -> None:
    """Draw the points of one panel, or a line through them."""
    if behind is not None:
        axes.plot(*np.asarray(behind, float).T, ".", color="#bbbbbb", markersize=2)
    if joined:
        axes.plot(*points.T, color=colour, linewidth=1)
        missing = np.isnan(points).any(axis=1)
        starts = points[~missing & np.concatenate([[True], missing[:-1]])]
        axes.plot(*starts.T, "o", color=colour, markersize=5 if len(starts) == 1 else 2.5)
    else:
        axes.plot(*points.T, ".", color=colour, markersize=2, alpha=0.5)


def name_ends(axes, ends: list[tuple[float, float, str, str]]) -> None:
    """Write each line's name at its end, moved apart where two would overlap.

    Args:
        axes: of matplotlib, with the lines on them and their limits as they shall be.
        ends: height and place of each line's end in units of the axes, its name and its colour;
            all names stand to the right of the end furthest right.
    """
    axes.get_ylim()  # matplotlib settles the limits when they are asked for, not before
    to_share = axes.transScale + axes.transLimits  # of the axes' height, on any scale
    right = max((x for _, x, _, _ in ends), default=0)
    heights = [
        (float(np.nan_to_num(to_share.transform((right, y))[1])), name, colour)
        for y, _, name, colour in ends
    ]
    below = -np.inf
    for height, name, colour in sorted(heights):
        below = max(height, below + 0.075)
        axes.annotate(
            name, (right, below), xycoords=("data", "axes fraction"), xytext=(6, 0),
            textcoords="offset points", color=colour, va="center", size=9, annotation_clip=False,
        )  # fmt: skip


def _figure(width: float, height: float):
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=110, facecolor="white")


def _aspect(picture) -> float:
    """Height of a picture over its width."""
    height, width = np.shape(picture)[:2]
    return height / width


def _place(figure, picture, place: tuple, size: tuple[float, float]) -> None:
    """Draw one picture at a place given in inches from the lower left."""
    if picture is None:
        return
    left, bottom, width, height = place
    axes = figure.add_axes((left / size[0], bottom / size[1], width / size[0], height / size[1]))
    axes.imshow(np.asarray(picture), interpolation="nearest", vmin=0, vmax=1)
    axes.set_axis_off()


def _described(figure) -> str:
    """Alternative text: the titles and labels of a figure, or what its axes show."""
    titles = [axes.get_title(loc=at) for axes in figure.axes for at in ("left", "center")]
    said = " ".join(filter(None, [*titles, *(text.get_text() for text in figure.texts)]))
    if said:
        return said
    parts = []
    for axes in figure.axes:
        legend = axes.get_legend()  # or names at the ends of their lines
        names = [text.get_text() for text in (legend.get_texts() if legend else axes.texts)]
        marks = [label.get_text() for label in axes.get_xticklabels()] if axes.patches else []
        drawn = f"{axes.get_ylabel()} by {axes.get_xlabel() or ', '.join(marks)}".strip()
        parts.append(f"{drawn}: {', '.join(names)}" if names else drawn)
    pictures = sum(bool(axes.images) for axes in figure.axes)
    return f"{pictures} pictures" if pictures else "; ".join(parts)


def _finish(figure, show: bool, kind: str, **options):
    """Display a figure once, or hand it back."""
    if not show:
        return figure
    from io import BytesIO

    from IPython.display import Image, display

    buffer = BytesIO()
    figure.savefig(buffer, format=kind, **options)
    alt = _described(figure)
    width = int(figure.get_figwidth() * 96)
    display(Image(data=buffer.getvalue(), format=kind, width=width, alt=alt))
    return None
