"""Models on the Hugging Face hub."""

from collections.abc import Sequence
from pathlib import Path


def fetch(name: str, files: Sequence[str]) -> Path:
    """Download a model, or find it where it was downloaded before.

    Args:
        name: "owner/name".
        files: names of what is wanted of it; nothing else is fetched.

    Returns:
        A folder on this machine.

    Raises:
        ValueError: if the package that asks the hub is missing, or the hub does not give it.
    """
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError
    except ImportError:
        raise ValueError(
            f"no folder {name!r} here; to look on the Hugging Face hub, "
            "install it with: pip install huggingface_hub"
        ) from None
    try:
        return Path(snapshot_download(name, allow_patterns=list(files)))
    except (HfHubHTTPError, HFValidationError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(
            f"no folder {name!r} here, and the Hugging Face hub did not give it ({reason})"
        ) from None
