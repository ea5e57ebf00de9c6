"""Pictures among a lesson's stored results: small files beside `results.json`."""

import hashlib
from typing import Any

from torch import Tensor

from gan_lessons.course.labs.store import Store
from gan_lessons.files import share
from gan_lessons.images.gate import open_image
from gan_lessons.images.pixels import encode_image, image_to_tensor, tensor_to_image


def keep(store: Store, name: str, x: Tensor) -> dict[str, Any]:
    """Store a picture as `NAME.webp`.

    Call it inside the function that `Store.once` is given, and return what it gives with the
    result, so that the picture and its numbers are of one run.

    Args:
        store: the lesson's folder of results.
        name: of the file, without its ending: letters, digits, - and _.
        x: `(3, H, W)` in [-1, 1].

    Returns:
        The file's name, its size in bytes and its SHA-256.
    """
    data = encode_image(tensor_to_image(x), "WEBP", quality=90)
    path = store.folder.write_bytes(f"{name}.webp", data)
    return {"file": path.name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def picture(lesson: str, name: str) -> Tensor:
    """Read a picture that came with the course.

    Args:
        lesson: such as "10_style_as_statistics".
        name: as `keep` was given it.

    Returns:
        `(1, 3, H, W)` in [-1, 1].

    Raises:
        ValueError: if there is no such picture.
    """
    path = share("data") / "lessons" / lesson / f"{name}.webp"
    if not path.is_file():
        command = f"python -m gan_lessons.course.labs {lesson[:2]}"
        raise ValueError(
            f"no picture {name!r} of {lesson} came with the course; make it with: {command}"
        )
    return image_to_tensor(open_image(path))[None]
