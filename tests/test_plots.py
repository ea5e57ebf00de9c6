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
