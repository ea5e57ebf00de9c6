"""The manifest of restyled files: what came of what; its room on the disk is taken beforehand."""

import json
import math
import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import PIL
import torch

from gan_lessons import __version__
from gan_lessons.files import OutputFolder
from gan_lessons.restyle.gallery import gallery_page
from gan_lessons.restyle.wish import Wish
from gan_lessons.style_transfer import StyleTransfer
from gan_lessons.text import count_of, printable

MANIFEST, GALLERY = "manifest.json", "gallery.html"
FORMAT = "gan_lessons restyled files 2"
PREVIEWS = "gallery_files"  # sources, reduced, for the page: browsers do not show every format

_REASON = 512  # bytes kept for the reason that a file may be skipped for


def empty_manifest(model: StyleTransfer, name: str, wish: Wish) -> dict[str, Any]:
    """The manifest before the first picture: model, wish and versions."""
    return {
        "format": FORMAT,
        "model": {"name": name, "size": model.size, "run": finite(model.run)},
        "asked": {
            "styles": list(wish.styles),
            "count": wish.count,
            "seed": wish.seed,
            "references": [
                {"file": printable(reference), "preview": f"{PREVIEWS}/references/{number}.webp"}
                for number, reference in enumerate(wish.references, 1)
            ],
            "strength": wish.strength,
            "truncation": model.truncation,
            "size": wish.size,
            "animation": wish.animation,
            "frames": wish.frames if wish.animation else None,
            "device": model.device.type,
            "precision": model.precision,
        },
        "versions": {
            "gan_lessons": __version__,
            "torch": torch.__version__,
            "pillow": PIL.__version__,
            "python": platform.python_version(),
        },
        "stopped": None,
        "sources": [],
        "skipped": [],
    }


def entry_of(path: Path, stem: str) -> dict[str, Any]:
    """What the manifest says of a source before its first result."""
    return {"file": printable(path), "preview": f"{PREVIEWS}/{stem}.webp", "results": []}


def room(
    manifest: dict[str, Any], wish: Wish, paths: Sequence[Path], stems: Sequence[str]
) -> tuple[int, int]:
    """Bytes that manifest and gallery can take: those of full success, and a reason for each.

    Both are laid out for it, since escapes make lengths hard to foretell: some 10 us a result,
    where restyling takes a thousand times as long.
    """
    sources = [
        entry_of(path, stem) | {"results": wish.names(stem)}
        for path, stem in zip(paths, stems, strict=True)
    ]
    planned = manifest | {"sources": sources}
    more = _REASON * (len(paths) + 2)
    return len(_as_bytes(as_json(planned))) + more, len(_as_bytes(gallery_page(planned))) + more


@contextmanager
def reserved(folder: OutputFolder, name: str, size: int) -> Iterator[BinaryIO]:
    """A file whose room on the disk is taken at once; it appears when the block ends."""
    with folder.open(name) as handle:
        handle.write(b" " * size)
        handle.flush()
        os.fsync(handle.fileno())
        yield handle


def fill(handle: BinaryIO, text: str) -> None:
    """Write into a file whose room was taken, and give back what is left of it."""
    handle.seek(0)
    handle.write(_as_bytes(text))
    handle.truncate()


def finite(value: Any) -> Any:
    """A value for JSON, which knows no NaN and no infinity: null in their place.

    >>> finite({"loss": [1.0, math.nan, {"deep": -math.inf}]})
    {'loss': [1.0, None, {'deep': None}]}
    """
    if isinstance(value, dict):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def as_json(manifest: dict[str, Any]) -> str:
    """The manifest as it is written."""
    return json.dumps(manifest, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def reason_of(error: BaseException) -> str:
    """Why a run stopped early, without anything of this machine."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted."
    # The system's own words: our sentence would put a path of this machine into the page.
    known = isinstance(error, OSError) and error.errno
    return f"{os.strerror(error.errno) if known else type(error).__name__}."


def summary(manifest: dict[str, Any], root: Path) -> str:
    """The last line of a run."""
    made = sum(len(source["results"]) for source in manifest["sources"])
    left_out = f", {len(manifest['skipped'])} skipped" if manifest["skipped"] else ""
    return (
        f"{count_of(made, 'result')} of {count_of(len(manifest['sources']), 'picture')}"
        f"{left_out}; see {root / GALLERY}"
    )
