"""`make site`: the whole course as static pages, from stored outputs.

    python -m gan_lessons.course.publish.site [FOLDER]

Sphinx and MyST-NB make the pages; nothing is executed, nothing is fetched while they are built,
and the pages ask nothing of the network. Links and pictures are checked at the end.
"""

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from urllib.parse import unquote, urlsplit

from gan_lessons import __version__
from gan_lessons.course import notebook
from gan_lessons.course.publish import api, colab
from gan_lessons.files import OutputFolder

CHECKOUT = Path(__file__).resolve().parents[3]
_LINK = re.compile(r"(!?\[[^\]]*\]\()([^)\s]+)(\))")
_BADGE = re.compile(r"\[!\[Open in Colab\]\([^)]*\)\](\([^)]*\))")
SETTINGS = {
    "project": "GAN lessons",
    "html_title": "GAN lessons",
    "release": __version__,
    "extensions": ["myst_nb", "gan_lessons.course.publish.mathml"],
    "html_theme": "sphinx_book_theme",
    "html_math_renderer": "mathml",
    "html_theme_options": {
        "use_download_button": False,  # each lesson has a link of its own
        "use_fullscreen_button": False,
        "show_toc_level": 2,
        "home_page_in_toc": True,
        "navbar_persistent": [],  # the search stands at the side already
    },
    "html_copy_source": False,
    "html_show_sourcelink": False,
    "html_css_files": ["course.css"],
    "nb_execution_mode": "off",
    "nb_ipywidgets_js": {},
    "myst_enable_extensions": ["dollarmath"],
    "myst_heading_anchors": 3,
    # Lessons jump from a title to small headings; claims bring an output of their own beside text.
    "suppress_warnings": ["myst.header", "mystnb.unknown_mime_type"],
    "exclude_patterns": ["_build"],
}
CSS = """\
.equation { overflow-x: auto; overflow-y: hidden; margin: 1rem 0; padding: .2rem 0; }
.equation math { width: max-content; min-width: 100%; text-align: center; }
.cell_output img { background: #fff; }
@media print {
  .bd-sidebar-primary, .bd-sidebar-secondary, .bd-header { display: none !important; }
}
"""


def build(out: Path, root: Path = CHECKOUT) -> list[str]:
    """Builds the site.

    Args:
        out: folder for the pages, empty or of an earlier build.
        root: the checkout.

    Returns:
        Warnings of the builder and links that lead nowhere; empty when all is well.

    Raises:
        ValueError: if the builders are not installed.
    """
    try:
        from sphinx.application import Sphinx
    except ImportError:
        raise ValueError("the site needs Sphinx: pip install 'gan-lessons[instructor]'") from None
    source = OutputFolder(out.parent / f"{out.name}-source")
    write_sources(source, root)
    warnings = StringIO()
    app = Sphinx(
        source.root,
        None,
        out,
        source.root / "_build",
        "html",
        {**SETTINGS, "html_static_path": [str(source.root / "static")]},
        status=None,
        warning=warnings,
        freshenv=True,
    )
    app.build(force_all=True)
    said = [line for line in warnings.getvalue().splitlines() if line.strip()]
    return said + list(broken_links(out))


def write_sources(source: OutputFolder, root: Path) -> None:
    """Writes what the builder reads: notebooks, the texts that they link to, the reference."""
    home = root / "notebooks"
    linked = [root / "README.md"]
    for path in notebook.notebooks(home):
        linked += _write_lesson(source, path, root)
    for path in sorted((home / "figures").iterdir()):
        source.write_bytes(f"figures/{path.name}", path.read_bytes())
    _write_texts(source, root, linked)
    for name, text in api.pages(root / "gan_lessons").items():
        source.write_text(f"api/{name}.md", text)
    names = [f"{name}\n" for name in sorted(api.pages(root / "gan_lessons"))]
    source.write_text("api/index.md", f"# Reference\n\n{_toc(names, depth=1)}")
    source.write_text("static/course.css", CSS)


def _write_lesson(source: OutputFolder, path: Path, root: Path) -> list[Path]:
    """Writes a notebook with a link to itself, and texts for its pictures where Sphinx looks.

    Returns:
        The texts and files outside the folder of notebooks that it links to.
    """
    lesson, relative = notebook.read_notebook(path), path.relative_to(root / "notebooks")
    linked: list[Path] = []
    for cell in lesson["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"], found = _relinked(cell["source"], path, root)
            linked += found
            cell["source"] = _BADGE.sub(r"[Open in Colab]\1", cell["source"])
            cell["source"] = cell["source"].replace(colab.PLACEHOLDER, "").replace("\n\n\n", "\n\n")
        if "setup" in notebook.tags(cell):
            cell["metadata"]["tags"] = [*notebook.tags(cell), "remove-cell"]  # pages are read
        alts = [
            output["metadata"][kind]["alt"]
            for output in cell.get("outputs", [])
            for kind in output.get("data", {})
            if kind.startswith("image/") and output["metadata"].get(kind, {}).get("alt")
        ]
        if alts:
            cell["metadata"]["mystnb"] = {"image": {"alt": "; ".join(dict.fromkeys(alts))}}
    first = lesson["cells"][0]
    title, _, rest = first["source"].partition("\n")
    link = f"{{download}}`Download this notebook <{path.name}>`"
    first["source"] = f"{title}\n\n{link}\n{rest}"
    notebook.write_notebook(source.path(relative.as_posix()), lesson)
    return linked


def _write_texts(source: OutputFolder, root: Path, linked: list[Path]) -> None:
    """Writes the README as the first page, and the files of the checkout that are linked to."""
    pending, done = list(linked), set()
    while pending:
        path = pending.pop()
        if path in done:
            continue
        done.add(path)
        if path.suffix != ".md":
            source.write_bytes(path.relative_to(root).as_posix(), path.read_bytes())
            continue
        text, more = _relinked(path.read_text(encoding="utf-8"), path, root)
        pending += more
        name = "index.md" if path.name == "README.md" and path.parent == root else None
        if name:
            text += _contents(root)
        else:
            text = "---\norphan: true\n---\n\n" + text
        source.write_text(name or path.relative_to(root).as_posix(), text)


def _relinked(text: str, path: Path, root: Path) -> tuple[str, list[Path]]:
    """A text with links as they are on the site, and the files that it links to.

    On the site, what lies in the folder of notebooks lies at the top, and the rest where it was.
    """
    linked: list[Path] = []

    def one(match: re.Match) -> str:
        address = match[2].partition("#")[0]
        target = (path.parent / address).resolve()
        if ":" in address or not address or not target.exists():
            return match[0]
        if target.is_dir():
            return match[0]
        if target.is_relative_to(root / "notebooks"):
            place = target.relative_to(root / "notebooks").as_posix()
        elif target == root / "README.md":
            place = "index.md"
        else:
            linked.append(target)
            place = target.relative_to(root).as_posix()
        home = root / "notebooks" if path.is_relative_to(root / "notebooks") else root
        up = "../" * (len(path.relative_to(home).parts) - 1)
        return f"{match[1]}{up}{place}{match[3]}"

    return _LINK.sub(one, text), linked


def _contents(root: Path) -> str:
    """The tables of contents, which make the navigation."""
    home = root / "notebooks"
    groups: dict[str, list[str]] = {"Lessons": [], "For instructors": [], "Solutions": []}
    for path in notebook.notebooks(home):
        folder = path.relative_to(home).parts[0]
        group = {"instructor": "For instructors", "solutions": "Solutions"}.get(folder, "Lessons")
        groups[group].append(path.relative_to(home).as_posix() + "\n")
    groups["The package"] = ["api/index.md\n", "CONTRIBUTING.md\n"]
    parts = [_toc(names, caption) for caption, names in groups.items() if names]
    return "\n" + "\n".join(parts)


def _toc(names: list[str], caption: str = "", depth: int = 1) -> str:
    told = f":caption: {caption}\n:hidden:\n" if caption else ""
    return f"```{{toctree}}\n:maxdepth: {depth}\n{told}\n{''.join(names)}```\n"


def broken_links(out: Path) -> Iterator[str]:
    """Goes through links, pictures, styles and scripts of all pages that lead nowhere or outside.

    Links of a text may lead to the web; what a page fetches by itself may not.
    """
    found = [path for path in sorted(out.rglob("*.html")) if "_static" not in path.parts]
    pages = {path: _Page(path) for path in found}
    for path, page in pages.items():
        for kind, address in page.addresses:
            parts = urlsplit(address)
            where = f"{path.relative_to(out)}: {address}"
            if parts.scheme or parts.netloc:
                if kind != "a" and parts.scheme != "data":
                    yield f"{where} is fetched from elsewhere"
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                yield f"{where} leads nowhere"
            elif parts.fragment and target in pages:
                if unquote(parts.fragment) not in pages[target].names:
                    yield f"{where} names no place"
    for path in out.rglob("*.css"):
        text = path.read_text(encoding="utf-8", errors="replace")
        if fetched := re.findall(r"(?:url\(|@import )[\"']?(https?://[^\"')]+)", text):
            yield f"{path.relative_to(out)} fetches {fetched[0]}"


class _Page(HTMLParser):
    """Addresses and named places of a page."""

    def __init__(self, path: Path):
        super().__init__()
        self.addresses: list[tuple[str, str]] = []
        self.names: set[str] = {"", "top"}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes what a tag leads to or names."""
        given = {name: value or "" for name, value in attrs}
        self.names |= {given.get("id", ""), given.get("name", "")}
        key = {"a": "href", "link": "href", "img": "src", "script": "src"}.get(tag)
        if key in given and given.get("rel") not in ("canonical",):
            self.addresses.append((tag, given[key]))


def main(words: list[str]) -> int:
    """Builds the site and says how it went; gives 0 when nothing is amiss."""
    out = Path(words[0] if words else "build/site").resolve()
    problems = build(out)
    for line in problems:
        print(line)
    print(f"{len(problems)} warnings. The site lies in {out}; open index.html there.")
    return 1 if problems else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ValueError as problem:
        sys.exit(str(problem))
