"""Measuring unit by unit: each is written down at once, so that nothing is measured twice."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any, Protocol

from gan_lessons.files import OutputFolder
from gan_lessons.reading import read_regular
from gan_lessons.style_transfer import StyleTransfer
from gan_lessons.text import duration, parse_json

PARTIAL = "partial.jsonl"
_LONGEST = 2**30  # bytes of it: a line a unit, of some kilobytes
Row = dict[str, dict[str, float]]  # contestant to measures
Unit = tuple[tuple[str, ...], int]  # what is measured, such as a pair of styles, and the seed
Report = Callable[[str], None]


class Bench(Protocol):
    """What can be measured unit by unit."""

    def units(self) -> list[Unit]:
        """All of them, in the order of work."""

    def measure(self, what: tuple[str, ...], seed: int) -> Row:
        """Measure one."""

    def forecast(self, units: list[Unit]) -> float:
        """Seconds that some will take."""

    def named(self, unit: Unit) -> str:
        """One of them in words."""


def work(bench: Bench, done: "Partial", report: Report) -> None:
    """Measure what is not measured yet, and say how much is left."""
    left = [unit for unit in bench.units() if unit not in done.rows]
    if left:
        report(
            f"this will take {duration(bench.forecast(left))}; it can be stopped and gone on with"
        )
    started = time.monotonic()
    for number, unit in enumerate(left, start=1):
        used = time.process_time()
        try:
            row = bench.measure(*unit)
            done.add(unit, row, time.process_time() - used)
        except KeyboardInterrupt:
            report(
                f"stopped after {number - 1} of {len(left)}; the same command goes on from there"
            )
            raise
        seconds_left = (time.monotonic() - started) / number * (len(left) - number)
        report(f"{number}/{len(left)}  {bench.named(unit)}  {duration(seconds_left)} left")


def fingerprint_of(model: StyleTransfer, plan: Any, data: str, *more: Any) -> str:
    """What a partial result must agree on to be gone on with.

    Args:
        model: that is measured.
        plan: how much; a dataclass.
        data: name of the set.
        more: plain data on which figures hang besides: their form, what stands beside the model.

    Returns:
        A SHA-256.
    """
    on = [data, model.precision, model.device.type]
    told = json.dumps([asdict(plan), weights_of(model), *on, *more])
    return hashlib.sha256(told.encode()).hexdigest()


def weights_of(model: StyleTransfer) -> str:
    """SHA-256 of a model's networks."""
    digest = hashlib.sha256()
    for name, network in sorted(model.networks.items()):
        digest.update(name.encode())
        for value in network.state_dict().values():
            digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


class Partial:
    """What is measured already, kept in one file, a line for each unit."""

    def __init__(self, folder: OutputFolder, fingerprint: str):
        self.folder, self.rows, self.cpu_seconds = folder, {}, 0.0
        lines = list(self.read())
        if not lines:
            folder.append_line(PARTIAL, json.dumps({"of": fingerprint}))
        elif lines[0] != {"of": fingerprint}:
            raise ValueError(
                f"{folder.root} holds the evaluation of other weights or by another protocol; "
                "name another folder"
            )
        for line in lines[1:]:
            self.rows[tuple(line["pair"]), line["seed"]] = line["figures"]
            self.cpu_seconds += line["cpu_seconds"]

    def read(self) -> Iterator[dict]:
        """Whole lines; what a kill cut short is measured again."""
        path = self.folder.root / PARTIAL
        stored = read_regular(path, _LONGEST).decode("utf-8", "replace") if path.exists() else ""
        for text in stored.splitlines():
            try:
                yield parse_json(text)
            except ValueError:
                continue

    def add(self, unit: Unit, row: Row, cpu_seconds: float) -> None:
        """Write down one unit."""
        line = {"pair": unit[0], "seed": unit[1], "figures": row, "cpu_seconds": cpu_seconds}
        self.cpu_seconds += cpu_seconds
        self.folder.append_line(PARTIAL, json.dumps(line))
        self.rows[unit] = row
