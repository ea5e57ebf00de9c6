"""From the GAN loss to style transfer: the models, data and tools behind the lessons.

The public names are imported when they are first asked for, so that `import gan_lessons` costs
next to nothing beyond PyTorch.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOME = {
    "StyleTransfer": "style_transfer",
    "load_dataset": "data.load",
    "StyleDataset": "data.style_dataset",
    "open_image": "images.gate",
    "ImageError": "images.gate",
    "image_to_tensor": "images.gate",
    "tensor_to_image": "images.gate",
    "claim": "course.claims",
    "record": "course.claims",
    "check": "course.checks",
}

__all__ = ["__version__", *_HOME]


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
