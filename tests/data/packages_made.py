"""Small packages of the kinds that the data sets are built from, made for the tests."""

import io
import json
import struct
import subprocess
import tarfile
import zlib
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from gan_lessons.data.build.painted_works import ANIMALS_AND_MONUMENTS, BACKGROUNDS, JIGSAWS, THEME
from gan_lessons.data.emoji import SOURCES


def npm_package(folder: Path, name: str, version: str, files: dict[str, object]) -> Path:
    """Writes `NAME-VERSION.tgz` as `npm pack` would; values become JSON."""
    path = folder / f"{name.lstrip('@').replace('/', '-')}-{version}.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for file_name, value in files.items():
            data = json.dumps(value).encode()
            entry = tarfile.TarInfo(f"package/{file_name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


def emoji_packages(folder: Path) -> None:
    """All eight families, with three concepts that all have and one that three lack."""
    shapes = {
        "red-apple": '<circle cx="40" cy="60" r="30" fill="COLOUR"/>',
        "one-oclock": '<rect x="10" y="20" width="60" height="100" fill="COLOUR"/>',
        "man-artist": '<path d="M10 10H90V50Z" fill="COLOUR"/>',
        "artist": '<path d="M10 10H90V60Z" fill="COLOUR"/>',
    }
    keys = ("1f34e", "1f550-fe0f", "1f468-200d-1f3a8", "1f9d1-200d-1f3a8")
    for number, (style, (package, version, *_)) in enumerate(SOURCES.items()):
        colour = "currentColor" if style == "fluent_ink" else f"#{16 * number + 15:02x}4080"
        names = list(shapes)[: 3 if style in ("noto_blob", "emojione", "twemoji") else 4]
        icons = {name: {"body": shapes[name].replace("COLOUR", colour)} for name in names}
        files = {"icons.json": {"icons": icons, "width": 128, "height": 128}}
        if style not in ("noto_blob", "emojione", "fluent"):
            files["chars.json"] = dict(zip(keys, names))
        npm_package(folder, package, version, files)


def rcc(files: dict[str, bytes], version: int = 1, *, packed: bool = True) -> bytes:
    """A Qt resource container; `packed` compresses all but the small files."""
    tree: dict = {}
    for path, data in files.items():
        *folders, name = PurePosixPath(path).parts
        place = tree
        for folder in folders:
            place = place.setdefault(folder, {})
        place[name] = data
    nodes, contents, names = [], bytearray(), bytearray()
    waiting = [("", tree)]
    following = 1
    while waiting:
        name, value = waiting.pop(0)
        name_at = len(names)
        names += struct.pack(">HI", len(name.encode("utf-16-be")) // 2, 0) + name.encode(
            "utf-16-be"
        )
        if isinstance(value, dict):
            node = struct.pack(">IHII", name_at, 2, len(value), following)
            waiting += value.items()
            following += len(value)
        else:
            squeeze = packed and len(value) > 60
            node = struct.pack(">IHHHI", name_at, int(squeeze), 0, 1, len(contents))
            stored = struct.pack(">I", len(value)) + zlib.compress(value) if squeeze else value
            contents += struct.pack(">I", len(stored)) + stored
        nodes.append(node + (b"" if version == 1 else bytes(8)))
    start = 20
    body = b"".join(nodes)
    offsets = (start, start + len(body), start + len(body) + len(contents))
    return b"qres" + struct.pack(">4I", version, *offsets) + body + bytes(contents) + bytes(names)


def encoded(pixels: np.ndarray, kind: str = "WEBP") -> bytes:
    """An array as a file, without loss where the kind allows it."""
    data = io.BytesIO()
    options = {"lossless": True} if kind == "WEBP" else {}
    Image.fromarray(pixels).save(data, kind, **options)
    return data.getvalue()


def jigsaw(pixels: np.ndarray, name: str, board: tuple[int, int]) -> tuple[bytes, dict[str, bytes]]:
    """Cuts a picture into four pieces with a tab each; returns the board's text and the pieces."""
    height, width = pixels.shape[:2]
    middle, centre = height // 2, width // 2
    owner = np.zeros((height, width), int)
    owner[middle:] += 2
    owner[:, centre:] += 1
    owner[middle - 6 : middle + 6, 8:16] = 0  # a tab of the first piece, reaching into the third
    left, top = (board[0] - width) // 2, (board[1] - height) // 2
    entries, pieces = [], {}
    for number in range(4):
        rows, columns = np.where(owner == number)
        y0, y1, x0, x1 = rows.min(), rows.max() + 1, columns.min(), columns.max() + 1
        alpha = (owner[y0:y1, x0:x1] == number) * 255
        pieces[f"image/{name}_{number}.webp"] = encoded(
            np.dstack([pixels[y0:y1, x0:x1], alpha]).astype(np.uint8)
        )
        x, y = (left + (x0 + x1) / 2) / board[0], (top + (y0 + y1) / 2) / board[1]
        entries.append(
            f'{{ "pixmapfile" : "image/{name}_{number}.webp",\n"x" : "{x:.5f}",\n"y" : "{y:.5f}" }}'
        )
    text = f'[{{ "pixmapfile": "image/bg.svg", "width": {board[0]}, "height": {board[1]} }},\n'
    return (text + ",\n".join(entries) + "]").encode(), pieces


def picture(seed: int, width: int = 120, height: int = 80) -> np.ndarray:
    """A smooth picture of its own, `(height, width, 3)`."""
    y, x = np.mgrid[0:height, 0:width] / 20
    phases = np.random.default_rng(seed).uniform(0, 6, (3, 2))
    waves = [np.sin(x + a) + np.cos(y * 1.3 + b) for a, b in phases]
    return (127.5 + 60 * np.stack(waves, axis=2)).clip(0, 255).astype(np.uint8)


def debian_packages(folder: Path) -> None:
    """The three packages of `painted_photos`, with every work that is looked for in them."""
    sky = {
        "usr/share/doc/endless-sky-data/copyright": _COPYRIGHT,
        **{
            f"usr/share/games/endless-sky/images/land/{name}.jpg": encoded(picture(i), "JPEG")
            for i, name in enumerate(("beach0", "beach1-someone", "secret7", "nasa0", "desert0"))
        },
    }
    theme = "usr/share/wordpress/wp-content/themes/twentytwentyone/assets/images"
    oils = {
        f"{theme}/{work.place}": encoded(picture(20 + i, 90, 110), "JPEG")
        for i, work in enumerate(THEME["morisot"])
    }
    resources = {
        f"usr/share/gcompris-qt/rcc/{name}.rcc": data for name, data in _resources().items()
    }
    for name, files in (
        ("endless-sky-data", sky),
        ("gcompris-qt-data", resources),
        ("wordpress-theme-twentytwentyone", oils),
    ):
        _debian_package(folder, name, files)


def _resources() -> dict[str, bytes]:
    found = {}
    for i, activity in enumerate(ANIMALS_AND_MONUMENTS):
        home = f"gcompris/src/activities/{activity}/resource"
        readme = _README.format(name="cow.webp", other="bad.webp")
        photos = {"cow.webp": encoded(picture(40 + i)), "bad.webp": encoded(picture(50 + i))}
        files = {f"{home}/README": readme.encode()}
        found[activity] = rcc(files | {f"{home}/{name}": data for name, data in photos.items()})
    home = "gcompris/src/activities/details/resource/image"
    names = [f"{work.place}_background.webp" for work in BACKGROUNDS["van_gogh"]]
    listed = "\n".join(["License: Public domain", *names])
    files = {f"{home}/{name}": encoded(picture(60 + i)) for i, name in enumerate(names)}
    found["details"] = rcc(files | {f"{home}/README": listed.encode()}, version=2)
    home = "gcompris/src/activities/paintings/resource"
    files = {f"{home}/image/README": b"License: GPLv3 or later\nFiles:\n  a.webp\n"}
    for i, work in enumerate(work for works in JIGSAWS.values() for work in works):
        text, pieces = jigsaw(picture(70 + i), work.key, (140, 100))
        files |= {f"{home}/board/{work.place}.qml": text}
        files |= {f"{home}/{name}": data for name, data in pieces.items()}
    found["paintings"] = rcc(files)
    return found


def _debian_package(folder: Path, name: str, files: dict[str, bytes]) -> None:
    tree = folder / f"tree-{name}"
    control = (
        f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: Nobody\nDescription: x\n"
    )
    for path, data in {**files, "DEBIAN/control": control.encode()}.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(data)
    command = ["dpkg-deb", "--root-owner-group", "--build", str(tree), f"{folder}/{name}_1_all.deb"]
    subprocess.run(command, check=True, capture_output=True)


_COPYRIGHT = b"""Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: images/land/*
Copyright: Various
License: public-domain
 Given away.

Files: images/land/*-someone*
Copyright: Some One (some@one.example)
License: CC-BY-SA-4.0

Files:
 images/land/secret*
Copyright: Nobody Knows
License: All-rights-reserved
"""

_README = """Copyright: A. Farmer
License: CC-BY 4.0
Source: https://commons.wikimedia.org/wiki/File:A_fine_cow.jpg
Files:
{name}

Files: {other}
Copyright: B. Miser
License: CC-BY-NC 2.0
"""
