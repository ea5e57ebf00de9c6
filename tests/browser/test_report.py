"""A lesson run with other parameters, its page and the report of its runs, in a browser."""

import json
import shutil
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    """A folder with a run of lesson 01, three parameters changed, its page and its report."""
    folder = tmp_path_factory.mktemp("runs")
    given = ["-p", "seed", "3", "-p", "steps", "300", "-p", "batch", "512"]
    for words in (["run", "01", *given, "--html", "--out", "one"], ["report", "one"]):
        command = [sys.executable, "-m", "gan_lessons", *words]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert done.returncode in (0, 4), done.stderr  # bands belong to the lesson's own parameters
    return folder


def shows_everything(here) -> None:
    """Whether no picture is missing, and nothing is wider than the window."""
    assert here.page.evaluate("[...document.images].every(img => img.complete && img.naturalWidth)")
    wide = here.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0


@pytest.mark.parametrize("width", [390, 1280])
def test_lesson_reads_as_a_page(reported, window, width):
    here = window(width=width)
    here.page.goto((reported / "one" / "01_gan_loss.html").as_uri())
    assert here.page.locator("h1").inner_text().startswith("01")
    assert here.page.locator("math").count() > 20
    text = here.page.locator("body").inner_text()
    assert all(line in text for line in ("seed = 3", "steps = 300", "batch = 512"))
    shows_everything(here)
    here.shot(f"{width}")


def test_report_of_a_run_says_what_its_notebook_printed(reported, window):
    run = json.loads((reported / "one" / "run.json").read_text())
    changed = {"seed": 3, "steps": 300, "batch": 512}
    assert run["parameters"] == run["parameters"] | changed and len(run["claims"]) > 5
    here = window()
    here.page.goto((reported / "one" / "report.html").as_uri())
    assert here.page.locator("h1").inner_text() == "Runs of 01_gan_loss"
    text = here.page.locator("body").inner_text()
    assert all(each["name"] in text for each in run["claims"])
    shows_everything(here)
    here.shot("one")


@pytest.mark.parametrize("width", [390, 1280])
def test_report_reads_as_a_page(reported, root, window, width):
    from gan_lessons.course.sweep import page

    stored = root / "data" / "lessons" / "04_losses_and_stability" / "sweep"
    folder = reported / f"many-{width}"
    shutil.copytree(stored, folder)
    page.write_report(folder, ["regulariser", "steps", "lr"])
    here = window(width=width)
    here.page.goto((folder / "report.html").as_uri())
    assert here.page.locator("h1").inner_text() == "Runs of 04_losses_and_stability"
    assert here.page.locator("caption").count() >= 3
    edges = here.page.locator("caption span").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect().right)"
    )
    assert max(edges) <= width  # a table may be scrolled, what it is called is read at once
    assert here.page.locator("figure img[alt]").count() >= 3
    shows_everything(here)
    here.shot(f"{width}")
