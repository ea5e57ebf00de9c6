"""The site, built for real from a small course, and what it is made of."""

import ast
import re
from pathlib import Path

import pytest

from gan_lessons.course import notebook
from gan_lessons.course.notebook import KERNEL, new_cell
from gan_lessons.course.publish import api, site
from gan_lessons.course.publish.mathml import in_html, mathml

PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)


def write_checkout(root: Path) -> None:
    title = (
        "# 01 · One\n\n[![Open in Colab](https://colab.example/badge.svg)](https://colab.example/x)"
    )
    texts = [
        ("markdown", f"{title}\n\n![A face](figures/face.svg) and [two](02_two.ipynb)"),
        ("markdown", "## Part\n\nThe *score* $V = \\log D(x)$:\n\n$$\\frac{p}{p + q}$$"),
        ("code", "show()"),
        ("markdown", "The [card](../data/models/m/README.md), the [way](#part)."),
    ]
    cells = [new_cell(kind, text, tag="", name=f"c{k}") for k, (kind, text) in enumerate(texts)]
    for cell in cells:
        cell["metadata"] = {}
    picture = {"output_type": "display_data", "data": {"image/png": PNG, "text/plain": "<Image>"}}
    cells[2] |= {
        "execution_count": 1,
        "outputs": [picture | {"metadata": {"image/png": {"alt": "A red square"}}}],
    }
    made = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": dict(KERNEL)}}
    home = root / "notebooks"
    notebook.write_notebook(home / "01_one.ipynb", made | {"cells": cells})
    two = new_cell("markdown", "# 02 · Two\n\n[one](01_one.ipynb)", tag="", name="c0")
    notebook.write_notebook(home / "02_two.ipynb", made | {"cells": [two | {"metadata": {}}]})
    (home / "figures").mkdir()
    (home / "figures" / "face.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (root / "README.md").write_text(
        "# Course\n\n[One](notebooks/01_one.ipynb) [how](CONTRIBUTING.md) [law](LICENSE)\n"
    )
    (root / "CONTRIBUTING.md").write_text("# How\n\n[back](README.md)\n")
    (root / "LICENSE").write_text("free")
    card = root / "data" / "models" / "m" / "README.md"
    card.parent.mkdir(parents=True)
    card.write_text("# Card\n\n[lesson](../../../notebooks/02_two.ipynb)\n")
    package = root / "gan_lessons"
    package.mkdir()
    (package / "losses.py").write_text(
        '"""Losses."""\n\n\ndef f(x: int = 1) -> int:\n    """F."""\n'
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    pytest.importorskip("sphinx_book_theme")
    folder = tmp_path_factory.mktemp("site")
    write_checkout(folder / "checkout")
    return folder / "out", site.build(folder / "out", folder / "checkout")


def test_it_is_built_without_a_warning(built):
    out, problems = built
    assert not problems
    names = {path.relative_to(out).as_posix() for path in out.rglob("*.html")}
    assert {"index.html", "01_one.html", "02_two.html", "CONTRIBUTING.html"} <= names
    assert {"api/package.html", "data/models/m/README.html", "search.html"} <= names


def test_a_lesson_has_its_equations_pictures_and_links(built):
    out, _ = built
    page = (out / "01_one.html").read_text()
    assert page.count("<math ") == 2 and 'display="block"' in page
    assert 'alt="A red square"' in page and 'alt="A face"' in page
    assert re.search(r'href="_downloads/[0-9a-f]+/01_one\.ipynb"', page)
    assert 'href="https://colab.example/x"' in page and "badge.svg" not in page
    assert 'href="data/models/m/README.html"' in page and 'href="02_two.html"' in page


def test_what_leads_nowhere_or_is_fetched_is_found(tmp_path):
    (tmp_path / "a.html").write_text(
        '<a href="b.html">b</a><a href="#x">x</a><img src="c.png"><a href="https://x.y">ok</a>'
        '<script src="https://cdn.example/a.js"></script><p id="y"></p><a href="a.html#y">y</a>'
    )
    (tmp_path / "a.css").write_text("@import 'https://fonts.example/x';")
    found = list(site.broken_links(tmp_path))
    assert [line.partition(": ")[2] for line in found[:4]] == [
        "b.html leads nowhere",
        "#x names no place",
        "c.png leads nowhere",
        "https://cdn.example/a.js is fetched from elsewhere",
    ]
    assert found[4:] == ["a.css fetches https://fonts.example/x"]


def test_every_equation_of_the_course_can_be_shown(root):
    pytest.importorskip("latex2mathml")
    pattern = re.compile(r"\$\$(.+?)\$\$|(?<!\\)\$([^$\n]+?)\$", re.DOTALL)
    found = 0
    for path in notebook.notebooks(root / "notebooks"):
        for cell in notebook.read_notebook(path)["cells"]:
            if cell["cell_type"] == "markdown":
                text = re.sub(r"```.*?```|`[^`]*`", "", cell["source"], flags=re.DOTALL)
                for block, inline in pattern.findall(text):
                    assert mathml(block or inline, block=bool(block)).startswith("<math ")
                    found += 1
    assert found > 300


def test_unknown_command_is_told():
    pytest.importorskip("latex2mathml")
    with pytest.raises(ValueError, match="has a command that is not known: .nonsense"):
        mathml(r"\nonsense{x}")


def test_equations_of_a_page_are_found_and_code_is_not():
    pytest.importorskip("latex2mathml")
    page = in_html("<p>$a &lt; b$ costs $5.</p><pre>$c$</pre>$$d$$")
    assert page.count("<math ") == 2 and "<pre>$c$</pre>" in page and "costs $5." in page


def test_docstring_becomes_markdown():
    text = '''
def f(a, *rest):
    """Does <it> to `a<b>`.

    Args:
        a: one.
        *rest: more, over
            two lines.

    Returns:
        A number.

    >>> f(1)
    2
    """
'''
    shown = api.docstring(ast.parse(text).body[0])
    assert "Does \\<it\\> to `a<b>`." in shown
    assert "- `*rest`: more, over two lines." in shown
    assert "**Returns**\n\nA number." in shown and "```pycon\n>>> f(1)\n2\n```" in shown
    head = "alpha: int = 1, *, beta: dict[str, int] | None = None, gamma: str = 'a, b', delta=0"
    long = ast.parse(f"def f({head}): ...")
    lines = api.signature(long.body[0])
    assert lines[1:5] == [
        "    alpha: int = 1,",
        "    *,",
        "    beta: dict[str, int] | None = None,",
        "    gamma: str = 'a, b',",
    ]
