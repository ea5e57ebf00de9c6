"""Results of the longer runs behind a lesson: kept one by one, with what made each of them.

A lesson's folder holds `results.json` for people and programs, weights in half precision, and a
card. Every result is stored as soon as it is there, so a run that is cut off goes on where it was.
"""

import hashlib
import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor, nn

from gan_lessons.course.labs import card
from gan_lessons.files import OutputFolder, share
from gan_lessons.provenance import provenance
from gan_lessons.text import parse_json, read_json

FILE = "results.json"
FORMAT = "gan_lessons lesson results 1"
PRESETS = ("smoke", "class", "full")
ADDED = ("cpu_seconds", "made")  # what the store writes into each result
DIGITS = 6  # significant, of a stored number
LARGEST = torch.finfo(torch.float16).max

Report = Callable[[str], None]


class Store:
    """One lesson's folder of results and weights.

    Args:
        root: the folder, made where it is missing; its name is the lesson's.
        preset: "smoke", "class" or "full".
        report: called with each line of progress.
        device: where the runs compute; they take it from here.
        about: what the card says the results are; by default what it said before.
        data: name of the bundled data set that the runs learn from; empty for made-up points.
        costs: CPU seconds of each result as far as they are known, for the progress lines.

    Raises:
        ValueError: if the preset is unknown, or the folder holds results of another one.
    """

    def __init__(
        self,
        root: str | Path,
        *,
        preset: str,
        report: Report = print,
        device: str | torch.device = "cpu",
        about: str = "",
        data: str = "",
        costs: dict[str, float] | None = None,
    ):
        if preset not in PRESETS:
            raise ValueError(f"no preset {preset!r}; use {', '.join(PRESETS)}")
        self.folder = OutputFolder(root)
        self.lesson, self.preset, self.report = Path(root).name, preset, report
        self.device, self.costs = torch.device(device), costs or {}
        self.making: str | None = None
        stored = read_store(self.folder.root)
        if stored["results"] and stored["preset"] != preset:
            raise ValueError(
                f"{self.folder.root} holds results of preset {stored['preset']}; "
                f"name another folder for preset {preset} with --out"
            )
        self.head = {
            "format": FORMAT,
            "lesson": self.lesson,
            "preset": preset,
            "about": about or stored["about"],
            "data": data or stored["data"],
        }

    def once(self, name: str, make: Callable[[], dict], *, precision: str = "fp32") -> dict:
        """Give the stored result of a name, or make and store it.

        Args:
            name: of the result; `/` and other signs are fine, it names no file.
            make: gives a dictionary of plain numbers, texts, lists, tensors or arrays.
            precision: what it computes in: "fp32", "bf16" or "fp16".

        Returns:
            The result as it is stored: numbers with 6 significant digits, NaN and infinities as
            None; with `cpu_seconds` of this process and `made`, which says by what.

        Raises:
            ValueError: if `make` gives no dictionary, or one that names what the store adds.
        """
        if (known := read_store(self.folder.root)["results"].get(name)) is not None:
            self.report(f"{self.lesson}: {name} is there")
            return known
        cost = f", about {self.costs[name]:.0f} CPU seconds" if name in self.costs else ""
        self.report(f"{self.lesson}: {name}{cost}")
        self.making, started, cpu = name, time.perf_counter(), time.process_time()
        try:
            made = make()
        finally:
            self.making = None
        cpu, seconds = time.process_time() - cpu, time.perf_counter() - started
        if not isinstance(made, dict) or set(made) & set(ADDED):
            raise ValueError(f"{name}: a result is a dictionary without {' and '.join(ADDED)}")
        result = plain(made) | {"cpu_seconds": round(cpu, 2)}
        result["made"] = {"preset": self.preset, **self._origin(), "precision": precision}
        if self.device.type != "cpu":
            result["made"]["seconds"] = round(seconds, 2)
        self._keep("results", name, result)
        self.report(f"{self.lesson}: {name} took {cpu:.1f} CPU seconds")
        return result

    def weights(self, name: str, network: nn.Module, config: dict) -> None:
        """Store a network in half precision as `NAME.safetensors`.

        Call it inside the function that `once` is given, so that weights and numbers are of one
        run.

        Args:
            name: of the file, without its ending.
            network: its parameters and buffers are stored.
            config: plain data from which the network can be built again.

        Raises:
            ValueError: if a number is not finite in half precision, or the name is no file name.
        """
        if Path(name).name != name:
            raise ValueError(f"{name!r} is no file name; use letters, digits, - and _")
        tensors = {key: _half(name, key, value) for key, value in network.state_dict().items()}
        described = plain(config)
        data = save(tensors, metadata={"format": "pt", "config": json.dumps(described)})
        path = self.folder.write_bytes(f"{name}.safetensors", data)
        entry = {
            "file": path.name,
            "bytes": len(data),
            "parameters": sum(p.numel() for p in network.parameters()),
            "sha256": hashlib.sha256(data).hexdigest(),
            "result": self.making,
            "config": described,
        }
        self._keep("weights", name, entry)

    def forget(self, name: str) -> None:
        """Drop a stored result, so that it is made anew."""
        stored = read_store(self.folder.root)
        stored["results"].pop(name, None)
        self._write(stored)

    def finish(self, module: str) -> None:
        """Note that all results of a module are there."""
        stored = read_store(self.folder.root)
        stored["complete"] = sorted({*stored["complete"], module})
        self._write(stored)

    def _origin(self) -> dict[str, Any]:
        gpu = torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else None
        return {"device": gpu or self.device.type, **provenance()}

    def _keep(self, section: str, name: str, entry: dict) -> None:
        # Again, because another run may have stored something meanwhile.
        stored = read_store(self.folder.root)
        stored[section][name] = entry
        self._write(stored)

    def _write(self, stored: dict) -> None:
        stored |= self.head
        self.folder.write_text(FILE, readable(stored) + "\n")
        self.folder.write_text("README.md", card.text(stored))


def results(lesson: str) -> dict[str, dict]:
    """Read the bundled results of a lesson.

    Args:
        lesson: such as "03_dcgan".

    Returns:
        Each result by its name, as `Store.once` gave it.

    Raises:
        ValueError: if there are none; the sentence names the command that makes them.
    """
    found = read_store(_home(lesson))["results"]
    if not found:
        raise ValueError(_missing(lesson))
    return found


def load_weights(lesson: str, name: str, network: nn.Module) -> nn.Module:
    """Fill a network with a lesson's bundled weights; nothing stored is executed.

    Args:
        lesson: such as "03_dcgan".
        name: as `Store.weights` was given it.
        network: of the same shapes; changed in place.

    Returns:
        The network, in float32 and in evaluation mode.

    Raises:
        ValueError: if there are no such weights, the file is damaged, or the shapes differ.
    """
    path = _weights_file(lesson, name)
    try:
        network.load_state_dict({k: _full(v) for k, v in load_file(path).items()})
    except SafetensorError:
        raise ValueError(f"{path} is damaged; fetch the course again") from None
    except RuntimeError:
        raise ValueError(
            f"{name} of {lesson} has other layers than this network; "
            f"build it from weights_config({lesson!r}, {name!r})"
        ) from None
    return network.eval()


def weights_config(lesson: str, name: str) -> dict:
    """Read what `Store.weights` was told about a network, from which it can be built again."""
    with safe_open(_weights_file(lesson, name), framework="pt") as file:
        return parse_json(file.metadata()["config"])


def read_store(folder: Path) -> dict[str, Any]:
    """Read a folder's results.

    Args:
        folder: of a lesson.

    Returns:
        What `results.json` holds: "results", "weights", "complete", "preset", "about" and more;
        empty where there is no such file.

    Raises:
        ValueError: if the file is damaged.
    """
    empty = {"preset": "", "about": "", "data": "", "complete": [], "results": {}, "weights": {}}
    path = folder / FILE
    if not path.is_file():
        return empty
    try:
        stored = read_json(path)
        if stored["format"] == FORMAT:
            return empty | stored
    except (ValueError, KeyError, TypeError):
        pass  # said below
    raise ValueError(f"{path} is damaged; restore it, or name another folder with --out")


def plain(value: Any) -> Any:
    """Turn tensors, arrays and tuples into what JSON knows, and round.

    >>> plain({"loss": torch.tensor([1.23456789, float("nan")]), "steps": 3})
    {'loss': [1.23457, None], 'steps': 3}
    """
    if isinstance(value, Tensor) or hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    if value is None or isinstance(value, str | int | bool):
        return value
    raise ValueError(f"a result holds a {type(value).__name__}; give numbers, texts and lists")


def readable(value: Any, indent: int = 0) -> str:
    """Write JSON for people: each named value on a line, each list of plain values on one."""
    inner, outer = " " * (indent + 1), " " * indent
    if isinstance(value, dict) and value:
        lines = [f"{inner}{_text(k)}: {readable(v, indent + 1)}" for k, v in value.items()]
    elif isinstance(value, list) and any(isinstance(part, dict | list) for part in value):
        lines = [inner + readable(part, indent + 1) for part in value]
    else:
        return _text(value)
    opened, closed = "{}" if isinstance(value, dict) else "[]"
    return f"{opened}\n" + ",\n".join(lines) + f"\n{outer}{closed}"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _half(name: str, key: str, value: Tensor) -> Tensor:
    value = value.detach().cpu().contiguous()
    if not value.is_floating_point():
        return value
    if not bool((value.abs() <= LARGEST).all()):
        raise ValueError(f"{name}: {key} holds numbers that half precision does not; not stored")
    return value.half()


def _full(value: Tensor) -> Tensor:
    return value.float() if value.is_floating_point() else value


def _home(lesson: str) -> Path:
    return share("data") / "lessons" / lesson


def _weights_file(lesson: str, name: str) -> Path:
    path = _home(lesson) / f"{name}.safetensors"
    if not path.is_file():
        raise ValueError(_missing(lesson, f"no weights {name!r} of {lesson}"))
    return path


def _missing(lesson: str, what: str = "") -> str:
    command = f"python -m gan_lessons.course.labs {lesson[:2]}"
    return f"{what or f'no results of {lesson}'} came with the course; make them with: {command}"
