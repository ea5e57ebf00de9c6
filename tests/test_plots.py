import math

import numpy as np
import pytest

from gan_lessons import plots


def heights(figure) -> list[float]:
    return [patch.get_height() for patch in figure.axes[0].patches]


def test_bars_have_the_heights_and_whiskers_asked_for():
    figure = plots.bars(
        {"model": [0.5, 0.25], "copying": [0.1, math.nan]},
        labels=["style", "content"],
        y_label="share",
        errors={"model": [0.05, 0.1]},
        show=False,
    )
    np.testing.assert_allclose(heights(figure), [0.5, 0.25, 0.1, math.nan])
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["style", "content"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["model", "copying"]
    (whiskers,) = axes.collections
    ends = [segment[:, 1].tolist() for segment in whiskers.get_segments()]
    np.testing.assert_allclose(ends, [[0.45, 0.55], [0.15, 0.35]])


def test_bars_of_one_group_stand_side_by_side_around_their_label():
    series = {name: [1.0, 1.0] for name in "abc"}
    figure = plots.bars(series, labels=["x", "y"], y_label="share", show=False)
    middles = [patch.get_x() + patch.get_width() / 2 for patch in figure.axes[0].patches]
    for place in (0, 1):
        group = middles[place::2]
        assert sorted(group) == group and sum(group) / 3 == pytest.approx(place)
        assert min(np.diff(group)) >= figure.axes[0].patches[0].get_width()


def test_bars_and_labels_of_different_number_are_refused():
    with pytest.raises(ValueError, match="1 values of 'model' for 2 labels"):
        plots.bars({"model": [1.0]}, labels=["a", "b"], y_label="share")


def test_names_at_the_ends_of_curves_stand_at_their_lines_on_both_scales():
    series = {"low": ([1, 2], [1e-6, 1e-6]), "high": ([1, 2], [1e-6, 1e2])}
    for log_y in (False, True):
        figure = plots.curves(
            series | {"between": ([1, 2], [1, 1e-3])}, x_label="x", y_label="y", log_y=log_y,
            show=False,
        )  # fmt: skip
        axes = figure.axes[0]
        assert axes.get_yscale() == ("log" if log_y else "linear")
        place = {text.get_text(): text.xy[1] for text in axes.texts}
        assert place["low"] < 0.1 and 0.9 < place["high"] < 1
        shown = axes.transAxes.inverted().transform(axes.transData.transform((2, 1e-3)))[1]
        if log_y:  # linearly it lies on the lowest line, and is moved up
            assert place["between"] == pytest.approx(shown)
        else:
            assert place["between"] == pytest.approx(place["low"] + 0.075)


def test_names_at_the_ends_of_curves_know_the_limits_of_the_axes():
    series = {"top": ([0, 9], [1.0, 1.8]), "middle": ([0, 9], [0.0, 0.9])}
    axes = plots.curves(series, x_label="x", y_label="y", show=False).axes[0]
    place = {text.get_text(): text.xy[1] for text in axes.texts}
    low, high = axes.get_ylim()
    for name, (_, y) in series.items():
        assert place[name] == pytest.approx((y[-1] - low) / (high - low))


def test_planes_share_their_axes_and_show_the_points():
    points = {"a": np.array([[0.0, 1.0], [2.0, -1.0]]), "b": np.zeros((3, 2))}
    figure = plots.planes(points, behind=[[1.0, 1.0]], limit=2.5, show=False)
    assert [axes.get_title() for axes in figure.axes] == ["a", "b"]
    for axes, given in zip(figure.axes, points.values(), strict=True):
        assert axes.get_xlim() == axes.get_ylim() == (-2.5, 2.5)
        behind, shown = axes.lines
        np.testing.assert_allclose(behind.get_xydata(), [[1.0, 1.0]])
        np.testing.assert_allclose(shown.get_xydata(), given)
        assert shown.get_linestyle() == "None"


def test_joined_points_are_a_line_with_a_start():
    figure = plots.planes({"path": np.array([[0.0, 1.0], [2.0, 0.0]])}, joined=True, show=False)
    line, start = figure.axes[0].lines
    assert line.get_linestyle() == "-" and start.get_xydata().tolist() == [[0.0, 1.0]]


def test_each_of_several_lines_has_its_start():
    gap = [np.nan, np.nan]
    points = np.array([[0.0, 1.0], [2.0, 0.0], gap, [1.0, 1.0], [0.5, 0.5], gap])
    _, starts = plots.planes({"two": points}, joined=True, show=False).axes[0].lines
    assert starts.get_xydata().tolist() == [[0.0, 1.0], [1.0, 1.0]]


def test_a_few_values_of_a_logarithmic_axis_are_named():
    few = {"a": ([1, 4, 32], [1, 2, 3])}
    figure = plots.curves(few, x_label="", y_label="", log_x=True, show=False)
    named = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert named == ["1", "4", "32"]
    many = np.arange(1, 40)
    figure = plots.curves({"a": (many, many)}, x_label="", y_label="", log_x=True, show=False)
    assert len(figure.axes[0].get_xticks()) < 20


def test_planes_refuse_what_is_no_plane():
    with pytest.raises(ValueError, match="at least one panel"):
        plots.planes({})
    with pytest.raises(ValueError, match=r"points \(N, 2\) expected, got \(4, 3\)"):
        plots.planes({"a": np.zeros((4, 3))})


PIXELS = np.zeros((4, 4, 3))
LINES = {"D": ([1, 2], [1.0, 2.0]), "G": ([1, 2], [2.0, 1.0])}
POINTS = np.zeros((3, 2))


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        (plots.image_grid([[PIXELS, PIXELS]], title="Two greys", show=False), "Two greys"),
        (plots.image_grid([[PIXELS]], row_labels=["real"], show=False), "real"),
        (plots.image_grid([[PIXELS, PIXELS], [PIXELS, None]], show=False), "3 pictures"),
        (plots.curves(LINES, x_label="step", y_label="loss", show=False), "loss by step: G, D"),
        (
            plots.bars({"a": [1.0, 2.0]}, labels=["x", "y"], y_label="share", show=False),
            "share by x, y",
        ),
        (plots.planes({"real": POINTS}, x_label="x", y_label="y", show=False), "real"),
    ],
    ids=["title", "labels", "pictures", "curves", "bars", "planes"],
)
def test_every_figure_has_alternative_text(figure, said):
    assert plots._described(figure).startswith(said)
