"""The page that shows restyled pictures: one file of HTML, readable from a folder or a server."""

from collections.abc import Iterator
from html import escape
from itertools import groupby
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from gan_lessons.text import count_of

_STYLE = """
:root { color-scheme: light dark; --page: #f6f5f2; --card: #fff; --ink: #1f1e1c;
  --soft: #6b6862; --line: #e3e0da; --gap: clamp(.6rem, 2vw, 1.2rem); }
@media (prefers-color-scheme: dark) {
  :root { --page: #161615; --card: #222120; --ink: #eceae6; --soft: #a19d95; --line: #35332f; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 84rem; padding: clamp(1rem, 4vw, 3rem); background: var(--page);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: clamp(1.5rem, 5vw, 2.2rem); line-height: 1.2; margin: 0 0 .3em; font-weight: 650; }
h2 { font-size: 1.05rem; margin: 0 0 .8em; overflow-wrap: anywhere; font-weight: 600; }
p, li { color: var(--soft); overflow-wrap: anywhere; }
a { color: inherit; }
.work { display: grid; grid-template-columns: minmax(8rem, 15rem) 1fr; gap: calc(2 * var(--gap));
  padding: calc(1.5 * var(--gap)) 0; border-top: 1px solid var(--line); }
.work > * { min-width: 0; }
.source { align-self: start; position: sticky; top: var(--gap); }
.styles { display: grid; gap: var(--gap); align-content: start;
  grid-template-columns: repeat(auto-fill, minmax(var(--wide), 1fr)); }
figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: .5rem; }
figcaption { font-size: .85rem; color: var(--soft); padding: .35rem .15rem 0;
  overflow-wrap: anywhere; }
.row { display: grid; gap: .4rem; grid-template-columns: repeat(var(--across), 1fr); }
.after { display: flex; align-items: center; gap: .4rem; padding-top: .25rem; }
.after img { width: 1.6rem; flex: none; }
.row a { display: block; min-width: 0; }
img { display: block; width: 100%; height: auto; border-radius: .3rem; background: #fff; }
a:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
footer { border-top: 1px solid var(--line); font-size: .85rem; padding-top: .5rem; }
@media (max-width: 44rem) {
  .work { grid-template-columns: 1fr; }
  .source { position: static; justify-self: center; width: min(60%, 15rem); }
}
"""


def gallery_page(manifest: dict[str, Any]) -> str:
    """Lay out what `restyle_files` made.

    Args:
        manifest: as `restyle_files` returns it; its files are named relative to the page.

    Returns:
        HTML that loads nothing but those files, with every name escaped.
    """
    asked, model = manifest["asked"], manifest["model"]
    across = min(asked["count"], 4)
    references = {one["file"]: one["preview"] for one in asked["references"]}
    # A group wants some 6 rem for each picture in it; of single ones, two fit on a phone.
    least = "min(45%, 10.5rem)" if across == 1 else f"min(100%, {6 * across + 2}rem)"
    wide = f"--across: {across}; --wide: {least}"
    body = "\n".join(
        [
            f"<h1>{_title(manifest)}</h1>",
            f"<p>{_how(asked, model)}</p>",
            *(_work(source, references, wide) for source in manifest["sources"]),
            *_skipped(manifest["skipped"]),
            _footer(manifest),
        ]
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{_title(manifest)}</title>\n<link rel="icon" href="data:,">\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _title(manifest: dict[str, Any]) -> str:
    pictures, styles = count_of(len(manifest["sources"]), "picture"), manifest["asked"]["styles"]
    if manifest["asked"]["animation"]:
        return escape(f"{pictures} on the way from {styles[0]} to {styles[1]}")
    return f"{pictures} in {count_of(len(styles), 'style')}"


def _how(asked: dict[str, Any], model: dict[str, Any]) -> str:
    seed, references = f"seed {asked['seed']}", asked["references"]
    if asked["animation"]:
        text = f"{count_of(asked['count'], 'walk')} of each picture, {asked['frames']} steps long"
        text += f", between styles drawn with {seed}"
    else:
        per = "style and reference" if len(references) > 1 else "style"
        names = ", ".join(one["file"] for one in references)
        taken = f"taken from {names}" if references else "drawn"
        text = f"{count_of(asked['count'], 'result')} for each {per}, styles {taken} with {seed}"
    if asked["strength"] != 1:
        text += f", at strength {asked['strength']:g}"
    if asked["truncation"] != 1:
        text += f", at truncation {asked['truncation']:g}"
    return escape(f"Restyled by {model['name']}, {text}. Choose a picture to see it at full size.")


def _work(source: dict[str, Any], references: dict[str, str], wide: str) -> str:
    name = source["file"]
    groups = groupby(source["results"], key=lambda one: (one["style"], one.get("reference")))
    styles = "\n".join(
        _group(name, style, reference, references, list(results))
        for (style, reference), results in groups
    )
    return (
        '<section class="work">\n<div class="source">\n'
        f"<h2>{escape(name)}</h2>\n<figure>{_image(source['preview'], f'{name}, the source')}"
        "<figcaption>source</figcaption></figure>\n</div>\n"
        f'<div class="styles" style="{wide}">\n{styles}\n</div>\n</section>'
    )


def _group(
    name: str,
    style: str,
    reference: str | None,
    references: dict[str, str],
    results: list[dict[str, Any]],
) -> str:
    """The results of one source in one style, and where there are several, by one reference."""
    after = f" after {reference}" if reference else ""
    pictures = "".join(
        _link(one["file"], f"{name} in the style {style}{after}, result {one['index']}")
        for one in results
    )
    caption = escape(style)
    if reference in references:
        shown = _image(references[reference], f"the reference {reference}")
        caption += f'<span class="after">{shown}{escape(PurePath(reference).name)}</span>'
    return f'<figure><div class="row">{pictures}</div><figcaption>{caption}</figcaption></figure>'


def _link(file: str, alt: str) -> str:
    return f'<a href="{escape(quote(file))}">{_image(file, alt)}</a>'


def _image(file: str, alt: str) -> str:
    return f'<img src="{escape(quote(file))}" alt="{escape(alt)}" loading="lazy">'


def _skipped(skipped: list[dict[str, str]]) -> Iterator[str]:
    if skipped:
        items = "".join(
            f"<li>{escape(one['file'])}: {escape(one['reason'])}</li>" for one in skipped
        )
        yield f"<section>\n<h2>{count_of(len(skipped), 'file')} left out</h2>\n<ul>{items}</ul>"
        yield "</section>"


def _footer(manifest: dict[str, Any]) -> str:
    made = ", ".join(f"{name} {version}" for name, version in manifest["versions"].items())
    stopped = f"Stopped early: {manifest['stopped']} " if manifest["stopped"] else ""
    return (
        f"<footer><p>{escape(stopped)}Made with {escape(made)}. "
        'What came of what, and how to make it again: <a href="manifest.json">manifest.json</a>.'
        "</p></footer>"
    )
