"""Every lesson in a real JupyterLab: what is stored is shown, and nothing warns."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

LESSONS = sorted(path.stem for path in Path(__file__).parents[2].glob("notebooks/*.ipynb"))
NOTEBOOK = "jupyterapp.shell.currentWidget.content"
# Where something is wrong JupyterLab draws: what went to stderr, errors, formulas that do not
# parse, pictures that are not there, dialogs and notices.
AMISS = """() => [
    ...document.querySelectorAll(
        '[data-mime-type="application/vnd.jupyter.stderr"], '
        + '[data-mime-type="application/vnd.jupyter.error"], '
        + '.jp-Notebook [data-mjx-error], .jp-Notebook mjx-merror, .jp-Dialog, .Toastify__toast'
    ),
    ...[...document.querySelectorAll('.jp-Notebook img')].filter(
        img => img.complete && !img.naturalWidth
    ),
].map(each => each.outerHTML.slice(0, 300))"""


READY = "jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"


@pytest.mark.parametrize("name", LESSONS)
def test_it_opens_with_nothing_amiss(lesson, name):
    here = lesson(name)
    here.page.wait_for_function(READY)
    found, pictures = [], 0
    for index in range(here.page.evaluate(f"{NOTEBOOK}.widgets.length")):
        # Only what is near the view is drawn.
        here.page.evaluate(f"index => {NOTEBOOK}.scrollToItem(index, 'start')", index)
        cell = here.page.locator(f".jp-Notebook .jp-Cell[data-windowed-list-index='{index}']")
        cell.wait_for()
        found += here.page.evaluate(AMISS)
        pictures += cell.locator("img").count()
        if index % 20 == 0:
            here.shot(f"{index:02d}")
    assert not found
    assert pictures > 0
