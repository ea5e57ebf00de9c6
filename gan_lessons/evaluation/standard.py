"""The figures that papers quote, for those with a connection: KID on Inception, LPIPS on AlexNet.

Both networks are downloaded on first use, so nothing in the course rests on them: they stand in a
file of their own beside `results.json`. The Fréchet distance is left out, because a pair of styles
has too few pictures for it.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from gan_lessons.evaluation.bench import Bench
from gan_lessons.evaluation.contestants import NEAREST
from gan_lessons.evaluation.progress import weights_of
from gan_lessons.evaluation.protocol import Pair
from gan_lessons.files import OutputFolder
from gan_lessons.metrics.features import as_float
from gan_lessons.metrics.frechet import kernel_distance, standard
from gan_lessons.provenance import provenance
from gan_lessons.text import count_of

FILE, FORMAT = "standard.json", "gan_lessons standard 1"
TITLES = {"kid": "KID, Inception, x 1000", "lpips": "LPIPS, AlexNet, to the true drawing"}
BATCH = 32


@dataclass(frozen=True)
class Networks:
    """What has to be downloaded.

    Attributes:
        inception: from uint8 pictures `(N, 3, H, W)` to features `(N, D)`.
        lpips: torchmetrics' metric; takes pictures in [-1, 1].
    """

    inception: nn.Module
    lpips: Any

    @classmethod
    def load(cls, device: torch.device | str = "cpu") -> "Networks":
        """Both networks.

        Args:
            device: where to compute.

        Returns:
            The networks.

        Raises:
            ValueError: if a package or the connection is missing.
        """
        inception = standard("kid").inception
        return cls(inception.to(device).eval(), standard("lpips").to(device))

    @torch.inference_mode()
    def features(self, x: Tensor, device: torch.device | str) -> Tensor:
        """Inception's pooled features, on the CPU.

        Args:
            x: `(N, 3, H, W)`, in [-1, 1] or uint8.
            device: where the network is.

        Returns:
            `(N, D)`.
        """
        parts = (as_bytes(part).to(device) for part in x.split(BATCH))
        return torch.cat([self.inception(part).flatten(1).cpu() for part in parts])

    @torch.inference_mode()
    def apart(self, fake: Tensor, true: Tensor, device: torch.device | str) -> float:
        """Mean LPIPS of results to the true drawings.

        Args:
            fake: `(N, K, 3, H, W)`, K draws of each of N sources, in [-1, 1] or uint8.
            true: `(N, 3, H, W)`, likewise.
            device: where the network is.

        Returns:
            The mean over all draws.
        """
        true = true[:, None].expand(-1, fake.shape[1], -1, -1, -1).flatten(0, 1)
        self.lpips.reset()
        for x, y in zip(fake.flatten(0, 1).split(BATCH), true.split(BATCH)):
            x, y = (as_float(part).float().clamp(-1, 1).to(device) for part in (x, y))
            self.lpips.update(x, y)
        return self.lpips.compute().item()


def measure_standard(
    bench: Bench, networks: Networks, out: str | Path, *, report: Callable[[str], None] = print
) -> dict:
    """Measure all methods by the standard figures, under the protocol's first seed.

    Args:
        bench: that has measured the model.
        networks: from `Networks.load`.
        out: folder that gets `standard.json`.
        report: called with each line for people.

    Returns:
        What that file holds: the mean over the pairs by method, and each pair.
    """
    bed, plan, device = bench.bed, bench.protocol, bench.device
    report(f"standard figures: {count_of(len(bed.pairs), 'pair')} of styles, seed {plan.seeds[0]}")
    rows, real = [], {}
    for number, (source, target) in enumerate(bed.pairs, start=1):
        if target not in real:  # pairs into one target stand side by side
            real = {target: networks.features(bench.train(target).images, device)}
        found = one_pair(bench, networks, (source, target), real[target])
        rows.append({"source": source, "target": target, "figures": found})
        report(f"{number}/{len(bed.pairs)}  {source} to {target}")
    found = {
        "format": FORMAT,
        "titles": TITLES,
        "weights": weights_of(bench.model),
        "protocol": asdict(plan) | {"seeds": plan.seeds[:1], "measured_pairs": len(rows)},
        "data": {"name": bed.dataset.name, "split": bed.protocol.split, "resolution": bed.size},
        "computed": {"device": device, **provenance()},
        "figures": {name: mean(name, rows) for name in bench.methods},
        "pairs": rows,
    }
    OutputFolder(out).write_json(FILE, found)
    for name, own in found["figures"].items():
        report(f"{name}: " + ", ".join(f"{TITLES[key]} {own[key]:.3f}" for key in own))
    return found


def one_pair(
    bench: Bench, networks: Networks, pair: Pair, real: Tensor
) -> dict[str, dict[str, float]]:
    """Figures by method; training pictures are of the style by definition, and get no KID.

    As in `measures.measure`, sets hold one draw of each source.
    """
    task, found = bench.task(pair, bench.protocol.seeds[0]), {}
    for name, method in bench.methods.items():
        images = method(task)
        own = {}
        if task.paired:
            own["lpips"] = networks.apart(images, task.true, bench.device)
        if name != NEAREST and min(len(images), len(real)) > 1:
            features = networks.features(images[:, 0], bench.device)
            own["kid"] = 1000 * kernel_distance(real, features, seed=task.seed)[0]
        found[name] = own
    return found


def mean(name: str, rows: list[dict]) -> dict[str, float]:
    """Mean of each figure of a method over the pairs that have it."""
    own = [row["figures"][name] for row in rows]
    values = {key: [each[key] for each in own if key in each] for key in TITLES}
    return {key: sum(found) / len(found) for key, found in values.items() if found}


def as_bytes(x: Tensor) -> Tensor:
    """Pictures as uint8, those in [-1, 1] rounded."""
    return x if x.dtype == torch.uint8 else ((x.clamp(-1, 1) + 1) * 127.5).round().byte()
