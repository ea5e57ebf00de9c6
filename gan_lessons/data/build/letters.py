"""Building `letters`: which typefaces are taken, how they are drawn, and how they are split.

The families, and the domain of each, stand in `letter_families.csv`. Of a family as many fonts are
kept as differ visibly. Whole families are held out; those whose letters are nearly the same, or
that go back to one model, count as one.
"""

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from gan_lessons.data.archive import Member, write_set
from gan_lessons.data.build.packages import debian_package
from gan_lessons.data.build.typefaces import Family, Typeface, draw, read_licences
from gan_lessons.data.letters import ARCHIVE, COLUMNS, LETTERS, OVERVIEW, SIZE, STYLES
from gan_lessons.images import gate

PACKAGE = "texlive-fonts-extra"
FONTS = "usr/share/texlive/texmf-dist/fonts"
LICENCES = f"usr/share/doc/{PACKAGE}/Licenses.gz"

MOST_FONTS = 24
"""Of one family."""

SIBLINGS, TWINS = 0.09, 0.09
"""Share of their ink in which two fonts of one family may differ and still show the same thing, and
in which a held-out font has to differ from all that are trained on. Measured in cells of 4 by 4."""

SHARES = {"test": 0.14, "valid": 0.07}
"""Of the groups of families of each domain."""

_SMALL_CAPITALS = re.compile(r"SC\b|SC-|Small|Caps|LCDFJ")


def build_letters(
    out: Path,
    *,
    size: int = SIZE,
    source: Path | None = None,
    progress: Callable[[str], None] = print,
) -> Path:
    """Draw the typefaces and write the archive.

    Args:
        out: folder for the archive and the table of its typefaces.
        size: side of the pictures in pixels; there is one.
        source: folder with the package as `apt-get download` names it; without it the package is
            fetched (509 MB).
        progress: told what is being done, a line at a time.

    Returns:
        The archive.

    Raises:
        ValueError: for another size, or if the package is missing or another than the table says.
    """
    if size != SIZE:
        raise ValueError(f"letters comes at {SIZE} pixels, not {size}; leave --size out")
    progress(f"unpacking {PACKAGE}")
    with debian_package(PACKAGE, source) as tree:
        drawn = draw_families(tree, families(), progress)
    kept = [face for faces in drawn.values() for face in varied(faces)]
    progress(f"{len(kept)} of {sum(map(len, drawn.values()))} fonts differ visibly")
    chosen = divided(kept)
    progress(write_set(out, ARCHIVE, OVERVIEW, map(_member, chosen), COLUMNS))
    return out / ARCHIVE


def families() -> list[Family]:
    """The table of families, in its order."""
    with Path(__file__).with_name("letter_families.csv").open(encoding="utf-8") as handle:
        return [Family(**row) for row in csv.DictReader(handle)]


def draw_families(
    tree: Path, table: Sequence[Family], progress: Callable[[str], None] = print
) -> dict[str, list[Typeface]]:
    """Draw every font of the table that can be drawn and has a licence.

    Args:
        tree: the unpacked package.
        table: the families.
        progress: told after every fortieth family.

    Returns:
        The typefaces of each family by its name.

    Raises:
        ValueError: if a family of the table has no font in the package.
    """
    licences = read_licences(tree / LICENCES)
    drawn = {}
    for done, family in enumerate(table, start=1):
        faces = [
            face
            for path in _files(tree / FONTS, family)
            if (face := draw(path, family, licences(path.relative_to(tree / FONTS)))) is not None
        ]
        if not faces:
            raise ValueError(
                f"{PACKAGE} has no usable font of {family.family} ({family.fonts}): "
                "mend its row of letter_families.csv"
            )
        drawn[family.family] = faces
        if done % 40 == 0 or done == len(table):
            progress(f"{done} of {len(table)} families drawn")
    return drawn


def varied(faces: Sequence[Typeface]) -> list[Typeface]:
    """Of one family's typefaces those that differ visibly, at most `MOST_FONTS`.

    Args:
        faces: the family, all of it.

    Returns:
        The first, then always the one that is farthest from all that were taken, in file order.
    """
    ink = np.stack([face.ink for face in faces])
    taken, nearest = [0], differences(ink[0], ink)
    while len(taken) < min(MOST_FONTS, len(faces)) and nearest.max() > SIBLINGS:
        taken.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, differences(ink[taken[-1]], ink))
    return [faces[i] for i in sorted(taken)]


def divided(faces: Sequence[Typeface]) -> list[Typeface]:
    """Give each typeface its side of the split, and leave held-out near-twins out.

    Families of one model lie on one side. The models of each domain are ordered by a hash of
    their name, and the first are held out; one with several domains counts for the rarest.

    Args:
        faces: all typefaces.

    Returns:
        Those that are kept, in the same order.
    """
    counts = Counter(face.domain for face in faces)
    domains: dict[str, str] = {}
    for face in faces:
        rarest = min(domains.get(face.model, face.domain), face.domain, key=counts.__getitem__)
        domains[face.model] = rarest
    sides = {}
    for domain in STYLES:
        models = sorted((m for m, d in domains.items() if d == domain), key=_hash)
        test, valid = (round(share * len(models)) for share in SHARES.values())
        for place, model in enumerate(models):
            held = "test" if place < test else "valid"
            sides[model] = held if place < test + valid else "train"
    placed = [replace(face, split=sides[face.model]) for face in faces]
    trained = np.stack([face.ink for face in placed if face.split == "train"])
    return [
        face
        for face in placed
        if face.split == "train" or differences(face.ink, trained).min() >= TWINS
    ]


def differences(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Difference of ink as a share of all ink: 0 for the same picture, 1 without overlap.

    Args:
        one: ink of a typeface, `(26, 16, 16)`.
        others: ink of others, `(n, 26, 16, 16)`.

    Returns:
        `(n,)`.
    """
    return np.abs(others - one).sum((1, 2, 3)) / (others.sum((1, 2, 3)) + one.sum())


def _hash(model: str) -> str:
    return hashlib.sha256(f"letters/{model}".encode()).hexdigest()


def _files(fonts: Path, family: Family) -> list[Path]:
    """The fonts of a family, small capitals left out, in the order of their paths."""
    found = {path for pattern in family.fonts.split() for path in fonts.glob(pattern)}
    return sorted(
        path
        for path in found
        if path.suffix in (".otf", ".ttf", ".pfb") and not _SMALL_CAPITALS.search(path.stem)
    )


def _member(face: Typeface) -> Member:
    """The alphabet of a typeface as one strip of letters.

    An archive of 26,000 files weighs half as much again, for its table of contents alone.
    """
    strip = Image.fromarray(np.concatenate(list(face.letters), axis=1)).convert("RGB")
    row = {
        "file": f"images/{face.domain}/{face.name}.webp",
        "style": face.domain,
        "typeface": face.name,
        "family": face.family,
        "group": face.model,
        "split": face.split,
        "letters": "".join(one for one, there in zip(LETTERS, face.present) if there),
        "licence": face.licence,
        "source": f"{PACKAGE}: {face.file}",
    }
    return Member(row, gate.encode_image(strip, "WEBP", lossless=True, quality=75))
