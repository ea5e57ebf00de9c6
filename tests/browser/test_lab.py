"""The first lesson in a real JupyterLab, as a learner meets it."""

import pytest

pytestmark = pytest.mark.slow


def test_the_first_lesson_runs_from_top_to_bottom(lesson):
    here = lesson("00_start_here")
    here.shot("opened")
    here.run_all()
    outputs = here.outputs()
    assert sum(each["output_type"] == "display_data" for each in outputs) > 5, "figures are shown"
    assert not [each for each in outputs if each["output_type"] == "error"]

    controls = here.go_to("def explore(")
    slider = controls.get_by_role("slider").first
    slider.wait_for()
    picture = controls.locator("img").last
    picture.wait_for()
    old = picture.get_attribute("src")
    here.shot("widget")
    slider.focus()
    here.page.keyboard.press("ArrowRight")
    here.page.wait_for_function(
        "([img, old]) => !img.isConnected || img.src !== old", arg=[picture.element_handle(), old]
    )
    assert controls.locator("img").last.get_attribute("src") != old
    here.shot("widget-moved")
