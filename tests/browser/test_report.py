"""A lesson run with other parameters, its page and the report of its runs, in a browser."""

import shutil
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    """Lesson 01, three parameters changed; and the stored runs of lesson 04."""
    folder = tmp_path_factory.mktemp("runs")
    given = ["-p", "seed", "3", "-p", "steps", "300", "-p", "batch", "512"]
    command = [sys.executable, "-m", "gan_lessons", "run", "01", *given, "--html"]
    done = subprocess.run([*command, "--out", str(folder / "one")], capture_output=True, text=True)
    assert done.returncode in (0, 4), done.stderr
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
    assert "seed = 3" in here.page.locator("body").inner_text()
    shows_everything(here)
    here.shot(f"{width}")


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
    assert here.page.locator("figure img[alt]").count() >= 3
    shows_everything(here)
    here.shot(f"{width}")
