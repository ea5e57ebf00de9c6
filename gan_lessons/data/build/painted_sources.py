"""Where the pictures of `painted_photos` lie in their packages, and what is known of each."""

import fnmatch
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from gan_lessons.data.archive import split_of
from gan_lessons.data.build.credits import Credit, credit_for, debian_credits, readme_credits
from gan_lessons.data.build.jigsaw import EDGE, assemble
from gan_lessons.data.build.painted_works import (
    ANIMALS_AND_MONUMENTS,
    BACKGROUNDS,
    CREDITED_AS,
    JIGSAWS,
    LEFT_OUT,
    NOT_LANDSCAPES,
    THEME,
    TWINS,
    Work,
)
from gan_lessons.data.build.rcc import read_rcc
from gan_lessons.images import gate

SKY, GCOMPRIS, WORDPRESS = PACKAGES = (
    "endless-sky-data",
    "gcompris-qt-data",
    "wordpress-theme-twentytwentyone",
)

_RCC = "usr/share/gcompris-qt/rcc"
_LAND = "usr/share/games/endless-sky/images/land"
_OILS = "usr/share/wordpress/wp-content/themes/twentytwentyone/assets/images"


@dataclass(frozen=True)
class Picture:
    """One image on its way into the archive; without a licence it is left out."""

    style: str
    key: str
    group: str
    split: str
    title: str
    author: str
    licence: str | None
    source: str
    image: Image.Image


def pictures(sky: Path, gcompris: Path, wordpress: Path) -> Iterator[Picture]:
    """All pictures of the three unpacked packages that belong to the set.

    Args:
        sky: where endless-sky-data is unpacked.
        gcompris: where gcompris-qt-data is unpacked.
        wordpress: where wordpress-theme-twentytwentyone is unpacked.

    Yields:
        Photographs, then paintings.
    """
    yield from landscapes(sky)
    yield from animals_and_monuments(gcompris / _RCC)
    yield from oils(wordpress / _OILS)
    yield from backgrounds(gcompris / _RCC)
    yield from jigsaws(gcompris / _RCC)


def landscapes(root: Path) -> Iterator[Picture]:
    """The landscapes of Endless Sky, credited by the package's copyright file."""
    text = root / f"usr/share/doc/{SKY}/copyright"
    credits = debian_credits(text.read_text(encoding="utf-8"))
    for path in sorted((root / _LAND).glob("*.jpg")):
        if any(fnmatch.fnmatchcase(path.stem, pattern) for pattern in NOT_LANDSCAPES):
            continue
        credit = credit_for(f"images/land/{path.name}", credits)
        title = re.sub(r"(\d+).*", r" \1", path.stem).capitalize()
        source = f"{SKY}: images/land/{path.name}"
        yield from _photo("land", path.stem, title, credit, source, path.read_bytes())


def animals_and_monuments(folder: Path) -> Iterator[Picture]:
    """The photographs of GCompris, credited by the README in each resource folder."""
    for activity in ANIMALS_AND_MONUMENTS:
        files = read_rcc(folder / f"{activity}.rcc")
        readme = next(name for name in files if name.endswith("/README"))
        home = readme.removesuffix("README")
        credits = readme_credits(files[readme].decode("utf-8"))
        kind = activity.removeprefix("explore_").split("_")[0].removesuffix("s")
        for name in sorted(name for name in files if name.endswith(".webp")):
            short = name.removeprefix(home)
            credit = credits.get(CREDITED_AS.get(short, short), Credit())
            stem = Path(name).stem
            title = credit.title or stem.replace("_", " ")
            source = credit.url or f"{GCOMPRIS}: {activity}.rcc {short}"
            yield from _photo(kind, stem, title, credit, source, files[name])


def oils(folder: Path) -> Iterator[Picture]:
    """The oils that the WordPress theme shows; its readme puts them in the public domain."""
    for style, works in THEME.items():
        for work in works:
            image = gate.open_image(folder / work.place)
            yield _painting(style, work, image, "public domain", f"{WORDPRESS}: {work.place}")


def backgrounds(folder: Path) -> Iterator[Picture]:
    """The paintings that GCompris keeps in one piece."""
    files = read_rcc(folder / "details.rcc")
    home = "gcompris/src/activities/details/resource/image"
    credits = readme_credits(files[f"{home}/README"].decode("utf-8"))
    for style, works in BACKGROUNDS.items():
        for work in works:
            name = f"{work.place}_background.webp"
            image = gate.open_image(files[f"{home}/{name}"], name=name)
            # Some scans keep a line of the paper at their edge.
            inner = image.crop((EDGE, EDGE, image.width - EDGE, image.height - EDGE))
            source = f"{GCOMPRIS}: details.rcc {name}"
            yield _painting(style, work, inner, credits[name].licence, source)


def jigsaws(folder: Path) -> Iterator[Picture]:
    """The paintings and prints that GCompris keeps in pieces."""
    files = read_rcc(folder / "paintings.rcc")
    home = "gcompris/src/activities/paintings/resource"
    credits = readme_credits(files[f"{home}/image/README"].decode("utf-8"))
    licences = {credit.licence for credit in credits.values()}
    licence = licences.pop() if len(licences) == 1 else None
    for style, works in JIGSAWS.items():
        for work in works:
            image = assemble(files, f"{home}/board/{work.place}.qml")
            yield _painting(style, work, image, licence, f"{GCOMPRIS}: paintings.rcc {work.place}")


def _photo(
    kind: str, stem: str, title: str, credit: Credit, source: str, data: bytes
) -> Iterator[Picture]:
    if stem in LEFT_OUT:
        return
    group = TWINS.get(stem, stem)
    yield Picture(
        style="photo",
        key=f"{kind}-{stem}",
        group=f"{kind}-{group}",
        split=split_of(f"{kind}-{group}", "painted_photos"),
        title=title,
        author=credit.author,
        licence=credit.licence,
        source=source,
        image=gate.open_image(data, name=stem),
    )


def _painting(
    style: str, work: Work, image: Image.Image, licence: str | None, source: str
) -> Picture:
    return Picture(
        style=style,
        key=work.key,
        group=work.key,
        split=work.split,
        title=work.title,
        author=work.author,
        licence=licence,
        source=source,
        image=image,
    )
