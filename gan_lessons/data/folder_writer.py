"""The way back: a loaded set as pictures in folders, which `load_dataset` reads."""

from pathlib import Path

from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.files import OutputFolder
from gan_lessons.images.gate import encode_image, tensor_to_image


def write_folders(dataset: StyleDataset, out: str | Path) -> int:
    """Writes a set as folders that `load_dataset` reads: `SPLIT/STYLE/KEY.png`.

    Args:
        dataset: any set; where it has series, `SPLIT/STYLE/SERIES/KEY.png`.
        out: a folder, made if need be.

    Returns:
        How many pictures were written.
    """
    folder = OutputFolder(out)
    for row, key in enumerate(dataset.keys):
        series = (dataset.series[row],) if dataset.series else ()
        style = dataset.styles[dataset.labels[row]]
        name = "/".join((dataset.splits[row], style, *series, f"{key.replace('/', '-')}.png"))
        folder.write_bytes(name, encode_image(tensor_to_image(dataset.images[row])))
    return len(dataset)
