"""What the tests of trainings share: one thread, and how two runs are compared."""

import json
from pathlib import Path

import pytest


@pytest.fixture
def one_thread():
    """Sums in one order: what is compared bit by bit must not depend on idle processors."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def contents():
    """All that a run left behind, but times: two runs with equal contents are the same run."""
    from gan_lessons.training import checkpoint, history

    def read(folder: Path) -> dict[str, bytes]:
        found = {f"saved{k}": v for k, v in leaves(checkpoint.read(folder / checkpoint.FILE))}
        for number, line in enumerate(history.read(folder / history.FILE)):
            del line["seconds_per_step"]
            found[f"log {number}"] = repr(line)
        for path in sorted(folder.glob("samples/*.png")):
            found[path.name] = path.read_bytes()
        found["weights"] = (folder / "model.safetensors").read_bytes()
        described = json.loads((folder / "config.json").read_text())
        del described["run"]["hours"], described["run"]["commit"]  # somebody may commit meanwhile
        return found | {"config": repr(described)}

    return read


def leaves(value, path=""):
    """All values of nested parts with their paths, tensors as bytes; the clock is left out."""
    import torch

    if isinstance(value, list | tuple):
        value = dict(enumerate(value))
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, f"{path}/{key}")
    elif isinstance(value, torch.Tensor):
        yield path, value.contiguous().numpy().tobytes()
    elif path != "/seconds":
        yield path, repr(value)
