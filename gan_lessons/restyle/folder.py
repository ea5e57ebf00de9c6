"""Restyle many files into one folder: the results, a manifest of what came of what, a gallery."""

import errno
import math
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from PIL import Image
from torch import Tensor

from gan_lessons.files import OutputFolder
from gan_lessons.images.animation import encode_animation
from gan_lessons.images.gate import (
    ImageError,
    encode_image,
    open_image,
    open_layers,
    tensor_to_image,
    with_alpha,
)
from gan_lessons.images.pixels import ON_WHITE
from gan_lessons.interrupt import interruptible, out_of_memory
from gan_lessons.restyle.gallery import gallery_page
from gan_lessons.restyle.manifest import (
    GALLERY,
    MANIFEST,
    PREVIEWS,
    as_json,
    empty_manifest,
    entry_of,
    fill,
    reason_of,
    reserved,
    room,
    summary,
)
from gan_lessons.restyle.sources import distinct, find_sources
from gan_lessons.restyle.wish import Wish, check_cost, said_of_references
from gan_lessons.style_transfer import StyleTransfer
from gan_lessons.text import printable
from gan_lessons.walks import ENOUGH, blend

_RESULT = re.compile(r".+__.+__\d+\.(png|gif|webp)")
_PREVIEW = 640  # pixels on the longer side
_TOGETHER = 2**20  # pixels held as results at once
_LARGE = 4  # times the size of training, from where on we say so
_FEW = 20  # files, up to which each gets a line; of more, one line in two seconds
_TOO_LONG = "the name {} is too long there; name a folder of a shorter path, or rename the picture."

Report = Callable[[str], None]


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

    With several references it is `STEM__STYLE__REFERENCE__K.png`, and a walk is
    `STEM__STYLE__STYLE__K.gif`, or what else was asked for. Sources that share a stem get numbers:
    `cat`, `cat-2`. Files of these names from an earlier run are replaced. A picture that cannot be
    read is skipped, and so is a result whose name is too long. Ctrl-C, a full disk or any other
    error ends the run, but what was made stays, and the manifest and the gallery list it: the room
    for both is taken before the first result.

    Args:
        model: what restyles.
        sources: pictures, and folders of pictures at any depth. Results that lie in such a folder
            because `out` does are left alone.
        out: the folder for everything; made where it does not exist.
        wish: what is asked of each picture.
        name: what the manifest calls the model.
        report: called with lines on what was done.
        warn: called with lines on what was skipped or may disappoint.

    Returns:
        The manifest: model, wish and versions; "sources" with the results of each; "skipped" with
        the reasons.

    Raises:
        ValueError: if a style is unknown, a reference unreadable, the disk too small for what is
            asked, or there is no picture that could be restyled; no manifest and no gallery is
            written then.
        OSError: if the disk is full or the folder cannot be written.
        KeyboardInterrupt: on Ctrl-C or SIGTERM, after the picture in hand.
    """
    paths, skipped = find_sources(sources, lambda *pair: written_by_us(*pair, Path(out)))
    for one in skipped:
        warn(f"skipped {one['file']}: {one['reason']}")
    if cost := check_cost(model, wish, paths, Path(out)):
        report(cost)
    codes = wish.codes(model)
    for line in said_of_references(wish, model.styles):
        report(line)
    stems = distinct([path.stem for path in paths])
    manifest = empty_manifest(model, name, wish) | {"skipped": skipped}
    folder, failure = OutputFolder(out), None
    sizes = room(manifest, wish, paths, stems)
    with (
        reserved(folder, MANIFEST, sizes[0]) as listed,
        reserved(folder, GALLERY, sizes[1]) as html,
    ):
        try:
            with interruptible() as stop:
                job = _Job(model, codes, wish, folder, manifest, stop.is_set, warn)
                job.show_references()
                _all(job, paths, stems, report)
        except BaseException as error:
            failure, manifest["stopped"] = error, reason_of(error)
        if not manifest["sources"]:
            raise failure or ValueError("none of the pictures could be restyled")
        fill(listed, as_json(manifest))
        fill(html, gallery_page(manifest))
    report(summary(manifest, folder.root))
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


@dataclass
class _Job:
    """What restyling each file needs."""

    model: StyleTransfer
    codes: Tensor  # (pictures, style_dim), see `Wish.codes`
    wish: Wish
    folder: OutputFolder
    manifest: dict[str, Any]
    stopping: Callable[[], bool]
    warn: Report
    hinted: bool = False

    def restyle(self, path: Path, stem: str) -> None:
        """Write one picture's results, each listed as soon as it is whole."""
        preview, alpha, remarks = open_layers(path)
        x = self.model.prepare(preview, self.wish.size)
        self.hint(path, x.shape[3], x.shape[2])
        alpha = None if self.wish.animation else alpha
        self.check_walk(path, x)
        preview.thumbnail((_PREVIEW, _PREVIEW))
        entry = entry_of(path, stem) | self.told(path, remarks, kept=alpha is not None)
        self.folder.write_bytes(entry["preview"], encode_image(preview, "WEBP"))
        for result, data in zip(self.wish.names(stem), self.files(x, alpha), strict=True):
            if self.written(path, result["file"], data):
                if not entry["results"]:
                    self.manifest["sources"].append(entry)
                entry["results"].append(result)
            self.stop_if_asked()

    def told(self, path: Path, remarks: Sequence[str], *, kept: bool) -> dict[str, list[str]]:
        """Say what was decided on the way in, and give it for the manifest."""
        said = [remark for remark in remarks if not (kept and remark == ON_WHITE)]
        for remark in said:
            self.warn(f"{printable(path)}: {remark}")
        return {"remarks": said} if said else {}

    def written(self, path: Path, file: str, data: bytes) -> bool:
        """Write one result; one whose name the disk does not take is skipped."""
        try:
            self.folder.write_bytes(file, data)
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
            self.skip(path, _TOO_LONG.format(file))
            return False
        return True

    def show_references(self) -> None:
        """Write a preview of each reference for the page."""
        for source, one in zip(self.wish.references, self.manifest["asked"]["references"]):
            preview = open_image(source)
            preview.thumbnail((_PREVIEW, _PREVIEW))
            self.folder.write_bytes(one["preview"], encode_image(preview, "WEBP"))

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

    def check_walk(self, path: Path, x: Tensor) -> None:
        """Refuse a walk whose pictures do not fit into memory together, as they have to."""
        height, width = x.shape[2:]
        if self.wish.animation and self.wish.frames * height * width > ENOUGH:
            reason = f"{self.wish.frames} pictures of {width} x {height} pixels fill the memory"
            raise ImageError(printable(path), reason, "ask for a smaller --size or fewer --frames")

    def stop_if_asked(self) -> None:
        """End between two results, never within one."""
        if self.stopping():
            raise KeyboardInterrupt

    def files(self, x: Tensor, alpha: Image.Image | None) -> Iterator[bytes]:
        """All results of one picture, encoded, in the order of their names.

        What shone through the picture shines through its results; walks lie on white.
        """
        pictures = (tensor_to_image(picture) for picture in self.pictures(x))
        if not self.wish.animation:
            for picture in pictures:
                yield encode_image(with_alpha(picture, alpha) if alpha else picture)
            return
        for _ in range(self.wish.count):
            walk = list(islice(pictures, self.wish.frames))
            yield encode_animation(walk, self.wish.animation)

    def pictures(self, x: Tensor) -> Iterator[Tensor]:
        """All styles of one picture, `(3, H, W)` each; many small ones pass together."""
        together = max(1, _TOGETHER // (x.shape[2] * x.shape[3]))
        for part in self.codes.split(together):
            yield from blend(x, self.model.translate(x, part), self.wish.strength)

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
        except OSError as error:  # of its preview
            if error.errno != errno.ENAMETOOLONG:
                raise
            job.skip(path, _TOO_LONG.format(f"{stem}.webp"))
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            job.skip(path, "there is not enough memory to restyle it; ask for a smaller --size.")
