"""Equations as MathML, which browsers draw and read aloud by themselves: no script, no network."""

import re
from html import escape

# What the course writes and the converter does not know, in words that it does.
INSTEAD = (
    (re.compile(r"\\arg\b"), r"\\mathrm{arg}"),
    (re.compile(r"\\tfrac\b"), r"\\frac"),
    (re.compile(r"\\dfrac\b"), r"\\frac"),
    (re.compile(r"\\[bB]igg?[lrm]?(?=[\\|()\[\]./])"), ""),
    (re.compile(r"\\operatorname\*?\{([^{}]*)\}"), r"\\mathrm{\1}"),
)
# Written as a plain name, a function would touch what it is applied to.
FUNCTION = re.compile(r"<mi>(log|exp|sin|cos|max|min|arg|det)</mi>")


def mathml(tex: str, *, block: bool = False) -> str:
    r"""Turns an equation into MathML.

    Args:
        tex: the TeX that MathJax and KaTeX share, without dollars.
        block: whether it stands on lines of its own.

    Returns:
        A `<math>` element; the TeX is its text for whoever copies it.

    Raises:
        ValueError: if there is a command that is not known.

    >>> mathml("a + b").startswith("<math")
    True
    """
    from latex2mathml.converter import convert

    known = tex.strip()
    for pattern, instead in INSTEAD:
        known = pattern.sub(instead, known)
    try:
        made = convert(known, display="block" if block else "inline")
    except Exception as error:  # the converter has a class of error for each thing it misses
        raise ValueError(f"{tex!r} is no equation that can be shown: {error}") from None
    if left := re.findall(r">(\\[a-zA-Z]+)<", made):
        raise ValueError(f"{tex!r} has a command that is not known: {', '.join(left)}")
    made = FUNCTION.sub(r'<mo lspace="0.1em" rspace="0.15em">\1</mo>', made)
    return made.replace("<math ", f'<math alttext="{escape(tex.strip())}" ', 1)


def in_html(page: str) -> str:
    """Turns what stands between dollars in the text of a page into MathML; code is left alone."""
    code = r"(<(?:pre|code|script|style)\b.*?</(?:pre|code|script|style)>)"
    parts = re.split(code, page, flags=re.DOTALL)
    parts[::2] = [_equations(part) for part in parts[::2]]
    return "".join(parts)


def _equations(text: str) -> str:
    from html import unescape

    text = re.sub(r"\$\$(.+?)\$\$", lambda m: mathml(unescape(m[1]), block=True), text, flags=re.S)
    return re.sub(
        r"(?<![\\$\w])\$([^$\s](?:[^$\n]*[^$\s])?)\$(?!\d)", lambda m: mathml(unescape(m[1])), text
    )


def setup(app) -> dict[str, bool]:
    """Makes it a renderer of Sphinx."""
    from docutils import nodes
    from sphinx.util.logging import getLogger

    log = getLogger(__name__)

    def shown(node, block: bool) -> str:
        try:
            return mathml(node.astext(), block=block)
        except ValueError as error:
            log.warning(str(error), location=node)
            return f"<code>{escape(node.astext())}</code>"

    def inline(self, node):
        self.body.append(shown(node, block=False))
        raise nodes.SkipNode

    def block(self, node):
        self.body.append(f'<div class="equation">{shown(node, block=True)}</div>')
        raise nodes.SkipNode

    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
