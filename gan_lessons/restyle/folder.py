"""Restyle many files into one folder: the results, a manifest of what came of what, a gallery."""

import json
import math
import os
import platform
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import PIL
import torch
from torch import Tensor

from gan_lessons import __version__
from gan_lessons.files import OutputFolder
from gan_lessons.images.gate import ImageError, encode_image, open_image, tensor_to_image
from gan_lessons.interrupt import interruptible
from gan_lessons.restyle.gallery import page
from gan_lessons.restyle.sources import distinct, find_sources
from gan_lessons.style_transfer import StyleTransfer
from gan_lessons.text import count_of, printable

MANIFEST, GALLERY = "manifest.json", "gallery.html"
FORMAT = "gan_lessons restyled files 1"
PREVIEWS = "gallery_files"  # sources, reduced, for the page: browsers do not show every format

_RESULT = re.compile(r".+__.+__\d+\.png")
_PREVIEW = 640  # pixels on the longer side
_TOGETHER = 2**20  # pixels held as results at once
_LARGE = 4  # times the size of training, from where on we say so
_FEW = 20  # files, up to which each gets a line; of more, one line in two seconds
_REASON = 512  # bytes kept for the reason that a file may be skipped for

Report = Callable[[str], None]


@dataclass(frozen=True)
class Wish:
    """What is asked of every picture; the fields are those of `StyleTransfer.restyle`."""

    styles: tuple[str, ...]
    count: int = 1
    seed: int = 0
    reference: str | Path | None = None
    size: int | None = None


def restyle_files(
    model: StyleTransfer,
    sources: Iterable[str | Path],
    out: str | Path,
    wish: Wish,
    *,
    name: str = "model",
    report: Report = print,
    warn: Report = print,
) -> dict[str, Any]:
    """Restyle files and whole folders into `STEM__STYLE__K.png`, K counting from 1.

    Sources that share a stem get numbers: `cat`, `cat-2`. Files of these names from an earlier run
    are replaced. A picture that cannot be read is skipped. Ctrl-C, a full disk or any other error
    ends the run, but what was made stays, and the manifest and the gallery list it: the room for
    both is taken before the first result.

    Args:
        model: what restyles.
        sources: pictures, and folders of pictures at any depth. Results that lie in such a folder
            because `out` does are left alone.
        out: the folder for everything; made where it does not exist.
        wish: styles, count, seed, reference and size.
        name: what the manifest calls the model.
        report: called with lines on what was done.
        warn: called with lines on what was skipped or may disappoint.

    Returns:
        The manifest: model, wish and versions; "sources" with the results of each; "skipped" with
        the reasons.

    Raises:
        ValueError: if a style is unknown, the reference unreadable, or there is no picture that
            could be restyled; no manifest and no gallery is written then.
        OSError: if the disk is full or the folder cannot be written.
        KeyboardInterrupt: on Ctrl-C or SIGTERM, after the picture in hand.
    """
    codes = torch.cat([model.codes(style, **_drawing(wish)) for style in wish.styles])
    paths, skipped = find_sources(sources, lambda *pair: written_by_us(*pair, Path(out)))
    for one in skipped:
        warn(f"skipped {one['file']}: {one['reason']}")
    stems = distinct([path.stem for path in paths])
    manifest = _empty_manifest(model, name, wish) | {"skipped": skipped}
    folder, failure = OutputFolder(out), None
    room = _room(manifest, wish, paths, stems)
    with (
        _reserved(folder, MANIFEST, room[0]) as listed,
        _reserved(folder, GALLERY, room[1]) as html,
    ):
        try:
            with interruptible() as stop:
                job = _Job(model, codes, wish, folder, manifest, stop.is_set, warn)
                _all(job, paths, stems, report)
        except BaseException as error:
            failure, manifest["stopped"] = error, _reason(error)
        if not manifest["sources"]:
            raise failure or ValueError("none of the pictures could be restyled")
        _fill(listed, _as_json(manifest))
        _fill(html, page(manifest))
    report(_summary(manifest, folder.root))
    if failure:
        raise failure
    return manifest


def written_by_us(path: Path, source: Path, out: Path) -> bool:
    """Whether a picture found in a source folder comes from an earlier run into `out`."""
    home, root, real = (Path(os.path.realpath(p)) for p in (out, source, path))
    if not real.is_relative_to(home):
        return False
    if home != root and home.is_relative_to(root):
        return True
    inner = real.relative_to(home).parts
    return inner[0] == PREVIEWS or (len(inner) == 1 and bool(_RESULT.fullmatch(inner[0])))


def out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory did not suffice, on whatever device."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


@dataclass
class _Job:
    """What restyling each file needs."""

    model: StyleTransfer
    codes: Tensor  # (styles x count, style_dim)
    wish: Wish
    folder: OutputFolder
    manifest: dict[str, Any]
    stopping: Callable[[], bool]
    warn: Report
    hinted: bool = False

    def restyle(self, path: Path, stem: str) -> None:
        """Write one picture's results, each listed as soon as it is whole."""
        preview = open_image(path)
        x = self.model.prepare(preview, self.wish.size)
        self.hint(path, x.shape[3], x.shape[2])
        preview.thumbnail((_PREVIEW, _PREVIEW))
        entry = _entry(path, stem)
        self.folder.write_bytes(entry["preview"], encode_image(preview, "WEBP"))
        names = _names(stem, self.wish)
        for result, picture in zip(names, self.pictures(x), strict=True):
            self.folder.write_bytes(result["file"], encode_image(tensor_to_image(picture)))
            if not entry["results"]:
                self.manifest["sources"].append(entry)
            entry["results"].append(result)
            self.stop_if_asked()

    def hint(self, path: Path, width: int, height: int) -> None:
        """Say once, before the work, that a picture is much larger than the model's own."""
        size = self.model.size
        if self.hinted or min(width, height) <= _LARGE * size:
            return
        self.hinted = True
        self.warn(
            f"{printable(path)} is worked on at {width} x {height} pixels, and the model was "
            f"trained at {size}: it shows its styles best near that, and changes little but "
            f"colours and edges of larger pictures; to compare, add --size {2 * size}"
        )

    def stop_if_asked(self) -> None:
        """End between two results, never within one."""
        if self.stopping():
            raise KeyboardInterrupt

    def pictures(self, x: Tensor) -> Iterator[Tensor]:
        """All styles of one picture, `(3, H, W)` each; many small ones pass together."""
        together = max(1, _TOGETHER // (x.shape[2] * x.shape[3]))
        for part in self.codes.split(together):
            yield from self.model.translate(x, part)

    def skip(self, path: Path, reason: str) -> None:
        """Say that a file is left out, and why."""
        self.manifest["skipped"].append({"file": printable(path), "reason": reason})
        self.warn(f"skipped {printable(path)}: {reason}")


def _all(job: _Job, paths: Sequence[Path], stems: Sequence[str], report: Report) -> None:
    said = -math.inf
    for number, (path, stem) in enumerate(zip(paths, stems, strict=True), 1):
        job.stop_if_asked()
        if len(paths) <= _FEW or time.monotonic() > said + 2 or number == len(paths):
            report(f"{number} of {len(paths)}: {printable(path)}")
            said = time.monotonic()
        try:
            job.restyle(path, stem)
        except ImageError as error:
            job.skip(path, f"{error.reason}; {error.advice}.")
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            job.skip(path, "there is not enough memory to restyle it; ask for a smaller --size.")


def _drawing(wish: Wish) -> dict[str, Any]:
    return {"count": wish.count, "seed": wish.seed, "reference": wish.reference}


def _empty_manifest(model: StyleTransfer, name: str, wish: Wish) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "model": {"name": name, "size": model.size, "run": model.run},
        "asked": {
            "styles": list(wish.styles),
            "count": wish.count,
            "seed": wish.seed,
            "reference": wish.reference and printable(wish.reference),
            "size": wish.size,
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


def _entry(path: Path, stem: str) -> dict[str, Any]:
    return {"file": printable(path), "preview": f"{PREVIEWS}/{stem}.webp", "results": []}


def _names(stem: str, wish: Wish) -> list[dict[str, Any]]:
    """The results of one source, in the order in which they are made."""
    # A style without "__" leaves one way to read a name, so no two results share one.
    styles = distinct([re.sub("_{2,}", "_", style).strip("_") for style in wish.styles])
    return [
        {"style": style, "seed": wish.seed, "index": k, "file": f"{stem}__{named}__{k}.png"}
        for style, named in zip(wish.styles, styles, strict=True)
        for k in range(1, wish.count + 1)
    ]


def _room(
    manifest: dict[str, Any], wish: Wish, paths: Sequence[Path], stems: Sequence[str]
) -> tuple[int, int]:
    """Bytes that manifest and gallery can take: those of full success, and a reason for each."""
    sources = [
        _entry(path, stem) | {"results": _names(stem, wish)}
        for path, stem in zip(paths, stems, strict=True)
    ]
    planned = manifest | {"sources": sources}
    more = _REASON * (len(paths) + 2)
    return len(_as_bytes(_as_json(planned))) + more, len(_as_bytes(page(planned))) + more


@contextmanager
def _reserved(folder: OutputFolder, name: str, size: int) -> Iterator[BinaryIO]:
    """A file whose room on the disk is taken at once; it appears when the block ends."""
    with folder.open(name) as handle:
        handle.write(b" " * size)
        handle.flush()
        os.fsync(handle.fileno())
        yield handle


def _fill(handle: BinaryIO, text: str) -> None:
    handle.seek(0)
    handle.write(_as_bytes(text))
    handle.truncate()


def _as_json(manifest: dict[str, Any]) -> str:
    return json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"


def _as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _reason(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted."
    # The system's own words: our sentence would put a path of this machine into the page.
    known = isinstance(error, OSError) and error.errno
    return f"{os.strerror(error.errno) if known else type(error).__name__}."


def _summary(manifest: dict[str, Any], root: Path) -> str:
    made = sum(len(source["results"]) for source in manifest["sources"])
    left_out = f", {len(manifest['skipped'])} skipped" if manifest["skipped"] else ""
    return (
        f"{count_of(made, 'result')} of {count_of(len(manifest['sources']), 'picture')}"
        f"{left_out}; see {root / GALLERY}"
    )
