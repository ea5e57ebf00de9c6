"""Where models are found: with the course, in a folder, on the Hugging Face hub."""

from collections.abc import Sequence
from pathlib import Path

from gan_lessons.files import share
from gan_lessons.training import weights


def find(name: str | Path) -> Path:
    """The folder of a model.

    Args:
        name: a folder; the name of a bundled model; or "owner/name" on the Hugging Face hub.

    Returns:
        A folder on this machine.

    Raises:
        ValueError: if there is no such model; the sentence lists the bundled ones.
    """
    folder, text = Path(name), str(name)
    if folder.is_dir():
        return folder
    if folder.exists():
        raise ValueError(f"{text} is a file; give the folder of a model, with config.json in it")
    if text in bundled():
        return share("data", "models", text)
    if text.count("/") == 1 and not text.startswith((".", "/", "~")):
        return _from_hub(text)
    raise ValueError(
        f"no model {text!r}: expected a folder, 'owner/name' on the Hugging Face hub, or one of "
        f"the bundled models ({', '.join(bundled())})"
    )


def bundled() -> Sequence[str]:
    """Names of the models that come with the course."""
    try:
        home = share("data", "models")
    except ValueError:
        return []
    return sorted(p.name for p in home.iterdir() if (p / weights.CONFIG).is_file())


def _from_hub(name: str) -> Path:
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError
    except ImportError:
        raise ValueError(
            f"no folder {name!r} here; to look on the Hugging Face hub, "
            "install it with: pip install huggingface_hub"
        ) from None
    try:
        return Path(
            snapshot_download(name, allow_patterns=[weights.FILE, weights.CONFIG, "README.md"])
        )
    except (HfHubHTTPError, HFValidationError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(
            f"no folder {name!r} here, and the Hugging Face hub did not give it ({reason})"
        ) from None
