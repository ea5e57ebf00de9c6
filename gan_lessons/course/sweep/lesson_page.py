"""An executed notebook as one page: for those who read it in a browser or on paper.

The page is one file without scripts; pictures lie in it, equations are MathML.
"""

import base64
import mimetypes
import re
from html import escape
from pathlib import Path
from urllib.parse import unquote

from gan_lessons.course import notebook
from gan_lessons.course.publish.mathml import in_html
from gan_lessons.files import OutputFolder
from gan_lessons.reading import read_regular

MAX_PICTURE = 20 * 2**20  # bytes
_PICTURE = re.compile(r'(<img\b[^>]*?\bsrc=")([^":]+)(")')
STYLE = """\
body { font: 16px/1.55 system-ui, sans-serif; color: #1b1b1b; background: #fff;
  max-width: 52rem; margin: 0 auto; padding: 1rem; overflow-wrap: break-word; }
h1, h2, h3 { line-height: 1.25; break-after: avoid; }
pre { font-size: .85rem; line-height: 1.4; white-space: pre-wrap; margin: .4rem 0; }
.highlight { background: #f4f4f4; border-left: 3px solid #7a7a7a; padding: .3rem .7rem; }
.jp-OutputPrompt, .jp-InputPrompt, .prompt, .anchor-link { display: none; }
img { max-width: 100%; height: auto; }
figure, img, tr, .highlight { break-inside: avoid; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { border-bottom: 1px solid #ccc; padding: .25rem .6rem; text-align: left; }
.wide, math[display=block] { overflow-x: auto; max-width: 100%; }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } a { color: inherit; } }
"""


def write_page(executed: Path, pictures: Path) -> Path:
    """Writes a page beside an executed notebook.

    Args:
        executed: the notebook.
        pictures: folder from which its text takes pictures: that of the lesson.

    Returns:
        The page's path.

    Raises:
        ValueError: if the notebook extra or the instructor extra is missing.
    """
    try:
        import latex2mathml.converter  # noqa: F401
        from nbconvert import HTMLExporter
        from pygments.formatters import HtmlFormatter
    except ImportError:
        raise ValueError(
            "pages need more: pip install 'gan-lessons[notebook,instructor]'"
        ) from None
    made = notebook.read_notebook(executed)
    body, _ = HTMLExporter(template_name="basic").from_notebook_node(made)
    body = _PICTURE.sub(lambda found: _embedded(found, pictures), in_html(body))
    title = executed.stem.replace("_", " ")
    colours = HtmlFormatter().get_style_defs(".highlight")
    page = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{colours}\n{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )
    return OutputFolder(executed.parent).write_text(f"{executed.stem}.html", page)


def _embedded(found: re.Match, folder: Path) -> str:
    """A picture of the text, put into the page; left alone where there is none."""
    path = folder / unquote(found[2])
    kind, _ = mimetypes.guess_type(path.name)
    if not (kind or "").startswith("image/") or not path.is_file():
        return found[0]
    data = base64.b64encode(read_regular(path, MAX_PICTURE)).decode()
    return f"{found[1]}data:{kind};base64,{data}{found[3]}"
