"""A GAN in the plane that is played step by step: what the live playground shows, without widgets.

The networks, losses and updates are the package's own; nothing here is a model of a GAN.
"""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from gan_lessons.config import TrainConfig, require
from gan_lessons.data.samples import Samples
from gan_lessons.data.toy import Mixture, ring
from gan_lessons.models.gan import GAN
from gan_lessons.models.gan_loss import FAMILIES, GANLoss
from gan_lessons.models.mlp.recipe import DenseGANRecipe, MLPConfig
from gan_lessons.training.state import create_state
from gan_lessons.training.step import update

BATCH, POINTS, SHOWN = 256, 5120, 400  # samples a step, in the data, on the screen
SHARE = 0.01  # of the samples that have to lie near a mode for it to count as reached
LIVE = {"lr_g", "lr_d", "d_steps", "family"}  # what may change in the middle of a game


@dataclass(frozen=True)
class Rules:
    """Everything that a game depends on."""

    modes: int = 8  # Gaussians on a ring of radius 2
    family: str = "nonsaturating"  # of the losses
    lr_g: float = 2e-3
    lr_d: float = 2e-3
    d_steps: int = 1  # updates of D for each of G
    beta1: float = 0.5  # momentum of both optimisers
    r1: float = 0.1  # gamma of the penalty on D's slope at the data
    depth: int = 2  # hidden layers of D, of 64 units each; G has two
    seed: int = 0

    def __post_init__(self):
        require(1 <= self.modes <= 16, f"modes: 1 to 16 expected, got {self.modes}")
        known = ", ".join(FAMILIES)
        require(self.family in FAMILIES, f"family: {known} expected, got {self.family!r}")
        for name in ("lr_g", "lr_d"):
            value = getattr(self, name)
            require(0 < value <= 1, f"{name}: a learning rate in (0, 1] expected, got {value}")
        require(1 <= self.d_steps <= 10, f"d_steps: 1 to 10 expected, got {self.d_steps}")


PRESETS = {
    "converge": Rules(),
    # D learns slowly: G settles where D believes most, until D finds out, and moves on.
    "collapse": Rules(lr_g=1e-3, lr_d=1e-4, r1=0.0),
    # A linear D can only say where to go, never that one has arrived.
    "oscillate": Rules(modes=1, family="wasserstein", lr_g=5e-4, lr_d=5e-3, r1=0.0, depth=0),
}


@dataclass(frozen=True)
class Frame:
    """What is to be seen after a step."""

    step: int
    real: Tensor  # (SHOWN, 2)
    fake: Tensor  # (SHOWN, 2)
    pull: Tensor  # (SHOWN, 2), where each generated point would have to go to fool D more
    surface: Tensor  # (S, S), how real D thinks each place is, 0 to 1; rows from below to above
    loss_d: tuple[float, ...]  # one for each step so far
    loss_g: tuple[float, ...]
    reached: int  # modes with a share of the samples near them
    near: float  # share of the samples that lie near a mode


class Game:
    """A generator and a discriminator that one steps by hand; equal seeds give equal games.

    Args:
        rules: the whole game.
        reach: half the side of the square that is shown.
        cells: places along the side at which D is asked.
    """

    def __init__(self, rules: Rules | None = None, *, reach: float = 3.2, cells: int = 40):
        self.rules, self.reach, self.cells = rules or Rules(), reach, cells
        line = torch.linspace(-reach, reach, cells)
        rows, columns = torch.meshgrid(line, line, indexing="ij")
        self.places = torch.stack([columns, rows], dim=-1).reshape(-1, 2)
        self.reset()

    def reset(self) -> None:
        """Begin again, by the rules as they are now."""
        rules = self.rules
        self.mixture: Mixture = ring(rules.modes, radius=2.0 if rules.modes > 1 else 0.0)
        self.data, _ = self.mixture.sample(POINTS, torch.Generator().manual_seed(rules.seed))
        recipe = DenseGANRecipe(
            MLPConfig(discriminator_depth=rules.depth),
            GANLoss(family=rules.family, r1=rules.r1),
            TrainConfig(
                lr=rules.lr_g, discriminator_lr=rules.lr_d, beta1=rules.beta1, seed=rules.seed,
                weight_decay=0.0, precision="fp32",
            ),
        )  # fmt: skip
        self.objective = GAN(recipe)
        self.state = create_state(self.objective, recipe, torch.device("cpu"))
        latent = recipe.model.latent_dim
        self.batches = Samples(self.data, batch=BATCH, latent=latent, seed=rules.seed)
        chance = torch.Generator().manual_seed(rules.seed + 1)
        self.z = torch.randn(SHOWN, latent, generator=chance)
        self.steps, self.drawn = 0, 0  # steps of G; batches drawn
        self.losses: dict[str, list[float]] = {"adv_d": [], "adv_g": []}

    def change(self, **rules: Any) -> None:
        """Change the rules; learning rates, D's steps and losses at once, others by a new game.

        Args:
            **rules: fields of `Rules`.

        Raises:
            ValueError: if a value is out of range; the game goes on as it was.
        """
        before, self.rules = self.rules, replace(self.rules, **rules)
        if any(getattr(before, n) != getattr(self.rules, n) for n in before.__dict__.keys() - LIVE):
            self.reset()
        for phase, lr in (("D", self.rules.lr_d), ("G", self.rules.lr_g)):
            for group in self.state.optimisers[phase].param_groups:
                group["full_lr"] = lr
        self.objective.for_d, self.objective.for_g = FAMILIES[self.rules.family]
        self.objective.loss = replace(self.objective.loss, family=self.rules.family)

    def step(self, count: int = 1) -> None:
        """Let D learn `d_steps` times and then G once, `count` times over.

        Raises:
            FloatingPointError: if a loss is no longer finite; the game stays where it broke.
        """
        d, g = self.objective.phases
        for _ in range(count):
            for _ in range(self.rules.d_steps):
                terms = self._update(d)
            terms |= self._update(g)
            self.steps += 1
            for name, values in self.losses.items():
                values.append(terms[name].item())
            if not all(torch.isfinite(value) for value in terms.values()):
                raise FloatingPointError(
                    f"a loss is no longer finite after step {self.steps}; lower a learning rate "
                    "and reset"
                )

    def _update(self, phase) -> dict[str, Tensor]:
        batch = self.batches(self.drawn)
        self.drawn += phase.name == "D"
        return update(self.objective, self.state, phase, batch, 0, 1.0)

    def frame(self) -> Frame:
        """What is to be seen now."""
        judge = self.objective.networks["discriminator"]
        with torch.no_grad():
            fake = self.objective.networks["generator"](self.z)
            surface = judge(self.places).sigmoid().view(self.cells, self.cells)
        points = fake.clone().requires_grad_()
        with torch.enable_grad():
            (slope,) = torch.autograd.grad(judge(points).sum(), points)
        counts = self.mixture.reached(fake)
        return Frame(
            step=self.steps,
            real=self.data[:SHOWN],
            fake=fake,
            pull=slope,
            surface=surface,
            loss_d=tuple(self.losses["adv_d"]),
            loss_g=tuple(self.losses["adv_g"]),
            reached=int((counts >= SHARE * SHOWN).sum()),
            near=counts.sum().item() / SHOWN,
        )
