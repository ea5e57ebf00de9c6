"""A model as one static folder: a page that restyles pictures inside the visitor's browser."""

import csv
import hashlib
from collections.abc import Callable
from pathlib import Path

import torch
from PIL import Image

from gan_lessons.data import emoji, letters
from gan_lessons.data.archive import read_index
from gan_lessons.data.build.packages import npm_package
from gan_lessons.data.load import load_dataset
from gan_lessons.export import onnx_graphs
from gan_lessons.files import OutputFolder, share
from gan_lessons.images.gate import encode_image, tensor_to_image
from gan_lessons.reading import read_regular
from gan_lessons.style_transfer import StyleTransfer
from gan_lessons.walks import farthest

PAGE = Path(__file__).parent / "page"
RUNTIME = ("onnxruntime-web", "1.30.0")
# The WebAssembly build alone. Any plain server will do: the headers that more than one thread needs
# are added in the browser (`web/headers.js`), and without them it runs on one. Scripts are written
# as `.js`, since many servers know no `.mjs`, and a browser runs no script that it is not told is
# one.
RUNTIME_FILES = {
    "ort.wasm.min.mjs": "219e6a1fc8a9938268d18efca3c91d310bd2f4a59bbd13744df5b2b7fc6cee3b",
    "ort-wasm-simd-threaded.mjs": (
        "e13f7f94fc51b4ca72b12faeb1ee95f4ace6dfbc8939bc718aabdc0a27c4299b"
    ),
    "ort-wasm-simd-threaded.wasm": (
        "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2"
    ),
}
LARGEST_FILE = 64 * 2**20  # bytes; the runtime itself has 13 MB
# Test pictures to begin with: what it shows, in which style.
SAMPLES = {
    "emoji_styles": (
        ("cat", "noto"),
        ("pineapple", "fluent"),
        ("crab", "twemoji"),
        ("rainbow", "noto_blob"),
        ("sandwich", "openmoji"),
        ("flying saucer", "fluent_flat"),
        ("horse", "emojione"),
    ),
    "painted_photos": (
        ("Mountain 13", "photo"),
        ("Beach 7", "photo"),
        ("Mysore Palace 2006", "photo"),
        ("Sea 1", "photo"),
        ("Garden at Bougival", "morisot"),
    ),
}
LETTERS_SHOWN = "RAGQ"  # of the plain typeface, where the model draws letters
SAMPLE_SIDE = 256  # pixels on the longer side
README = """# {name}, in a browser alone

Put this folder on any web server, or serve it from this machine:

    python -m http.server --directory {folder}

and open http://localhost:8000. Nothing has to be set on the server, and the page asks no other one
for anything: pictures are restyled on the visitor's device and stay there. Where the address begins
with https or is localhost, up to four of the device's cores share the work: `headers.js`, a service
worker, adds the two headers that browsers ask for. Elsewhere one does it.

| file | what |
|---|---|
| `index.html`, `*.js`, `style.css` | the page; Apache-2.0, of gan-lessons |
| `generator.onnx`, `mapping_network.onnx`, `style_encoder.onnx`, `model.json` | the model {name} |
| `runtime/` | {package} {version}, by Microsoft, MIT License |
| `samples/` | pictures to begin with, credited in `samples.json` and on the page |
| `alphabet.json` | the letters that a word can be typed in; empty but for models of letters |
"""


def write_page(
    model: StyleTransfer,
    out: str | Path,
    name: str,
    *,
    runtime: Path | None = None,
    report: Callable[[str], None] = print,
) -> Path:
    """Write the folder.

    Args:
        model: what the page restyles with.
        out: the folder.
        name: what to call the model.
        runtime: a folder that holds the package onnxruntime-web as `npm pack` names it; None
            fetches it.
        report: is told what happens.

    Returns:
        The path of `index.html`.

    Raises:
        ValueError: if the package cannot be had or is another one, or what exports is missing.
    """
    model.kind.check_draws("the page")
    folder = OutputFolder(out)
    report("fetching the runtime" if runtime is None else "taking the runtime")
    _write_runtime(folder, runtime)
    report("tracing the networks")
    onnx_graphs.write_graphs(model, folder, name)
    _write_samples(folder, model)
    for path in sorted(PAGE.iterdir()):
        if path.is_file():
            folder.write_bytes(path.name, path.read_bytes())
    package, version = RUNTIME
    text = README.format(name=name, folder=folder.root.name, package=package, version=version)
    folder.write_text("README.md", text)
    return folder.path("index.html")


def _write_runtime(folder: OutputFolder, source: Path | None) -> None:
    """Take from the package what the page needs, if it is what it was when this was written."""
    name, version = RUNTIME
    try:
        with npm_package(name, version, source) as package:
            for file, digest in RUNTIME_FILES.items():
                data = read_regular(package / "dist" / file, LARGEST_FILE)
                if hashlib.sha256(data).hexdigest() != digest:
                    raise ValueError(f"its {file} is not the one of version {version}")
                folder.write_bytes(f"runtime/{written_as(file)}", data)
    except (ValueError, FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise ValueError(
            f"the runtime for browsers could not be taken from the npm package {name} ({error}); "
            f"where there is a connection, run `npm pack {name}@{version}`, "
            "then name the folder that holds it with --runtime DIR"
        ) from None


def written_as(file: str) -> str:
    """What a file of the runtime is called in the folder."""
    return file.replace(".mjs", ".js")


def _write_samples(folder: OutputFolder, model: StyleTransfer) -> None:
    """Pictures to begin with; only of bundled sets, since a user's own are nobody's business."""
    name, samples = model.config.data.name, []
    if name == letters.NAME:
        chosen = [(f"letter {each}", each, x) for each, x in letters.plain_alphabet().items()]
        chosen = [one for one in chosen if one[1] in LETTERS_SHOWN]
    elif name in SAMPLES:
        test = load_dataset(name, size=model.size).subset("test")
        chosen = [(title, style, test.find(title, style)) for title, style in SAMPLES[name]]
    else:
        chosen = []
    for title, style, x in chosen:
        picture = tensor_to_image(x)
        picture.thumbnail((SAMPLE_SIDE, SAMPLE_SIDE), Image.Resampling.LANCZOS)
        file = f"samples/{title}-{style}.png".lower().replace(" ", "-")
        folder.write_bytes(file, encode_image(picture))
        shown = title if name == letters.NAME else f"{title}, {style.replace('_', ' ')}"
        about = {"credit": _credit(name, title, style), "style": _opening(model, picture)}
        samples.append({"file": file, "title": shown, **about})
    folder.write_json("samples.json", samples)
    _write_alphabet(folder, model)


def _opening(model: StyleTransfer, picture: Image.Image) -> int:
    """The number of the style that changes a picture most: what the page shows it in first."""
    x = model.prepare(picture)
    codes = torch.cat([model.codes(style) for style in model.styles])
    return farthest(x, model.translate(x, codes))


def _write_alphabet(folder: OutputFolder, model: StyleTransfer) -> None:
    """Letters for the line that a word is typed in, where the model draws letters."""
    files = {}
    if model.config.data.name == letters.NAME:
        for letter, x in letters.plain_alphabet().items():
            files[letter] = f"letters/{letter}.png"
            folder.write_bytes(files[letter], encode_image(tensor_to_image(x)))
    folder.write_json("alphabet.json", files)


def _credit(name: str, title: str, style: str) -> str:
    if name == letters.NAME:
        rows = read_index(share("data", name, letters.ARCHIVE))
        licence = next(row["licence"] for row in rows if row["typeface"] == letters.PLAIN)
        return f"{letters.PLAIN}, {licence}"
    if name == "emoji_styles":
        _, _, licence, author = emoji.SOURCES[style]
        return f"{author}, {licence}"
    with share("data", name, "index.csv").open(encoding="utf-8", newline="") as rows:
        row = next(row for row in csv.DictReader(rows) if row["title"] == title)
    return ", ".join(filter(None, (row["author"], row["licence"])))
