"""What `test_two_processes.py` has each of two launched processes do, and does alone itself.

Started by a launcher: `accelerate launch ... two_processes.py FOLDER`.
"""

import json
import math
import os
import signal
import sys
from pathlib import Path

import torch

from gan_lessons.config import TrainConfig
from gan_lessons.data.batches import Batches
from gan_lessons.data.samples import Pairs, Samples
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.files import OutputFolder
from gan_lessons.models.cut.objective import CUT
from gan_lessons.models.cut.recipe import CUTConfig, CUTRecipe
from gan_lessons.models.cyclegan.objective import CycleGAN
from gan_lessons.models.cyclegan.recipe import CycleGANConfig, CycleGANRecipe
from gan_lessons.models.dcgan.recipe import DCGANConfig, DCGANRecipe
from gan_lessons.models.gan import GAN
from gan_lessons.models.gan_loss import GANLoss
from gan_lessons.models.mlp.recipe import DenseGANRecipe, MLPConfig
from gan_lessons.models.pix2pix.objective import Pix2Pix
from gan_lessons.models.pix2pix.recipe import Pix2PixConfig, Pix2PixRecipe
from gan_lessons.models.stargan.objective import StarGAN
from gan_lessons.models.stargan.presets import preset
from gan_lessons.models.stargan.recipe import Config
from gan_lessons.training import checkpoint
from gan_lessons.training.loop import train
from gan_lessons.training.processes.distributed import ALONE, joined_processes
from gan_lessons.training.state import create_state

CPU, BATCH = torch.device("cpu"), 8
TINY = {
    "data.size": 16,
    "model.bottleneck": 4,
    "model.width": 4,
    "model.max_width": 8,
    "model.critic_width": 4,
    "model.critic_max_width": 8,
    "model.encoder_width": 4,
    "model.encoder_max_width": 8,
    "model.style_dim": 8,
    "model.latent_dim": 4,
    "model.mapping_width": 8,
    "loss.r1_interval": 2,
    "train.decay": 0.0,
    "train.precision": "fp64",
}


def short(**changes):
    settings = {"steps": 6, "batch": BATCH, "accumulate": 2, "decay": 0.0, "precision": "fp64"}
    return TrainConfig(**settings | {"log_every": 1, "checkpoint_every": 3, **changes})


def drawn(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def points(recipe):
    latent, classes = recipe.model.latent_dim, torch.arange(20) % 3
    return Samples(drawn(20, 2), classes, batch=recipe.train.batch, latent=latent, seed=0)


def pictures(recipe):
    latent = recipe.model.latent_dim
    return Samples(drawn(20, 3, 8, 8), batch=recipe.train.batch, latent=latent, seed=0)


def pairs(recipe):
    a, b = drawn(20, 3, 16, 16), drawn(20, 3, 16, 16, seed=1)
    paired = isinstance(recipe, Pix2PixRecipe)
    return Pairs(a, b, paired=paired, batch=recipe.train.batch, latent=12, seed=0)


def styled(recipe):
    images = ((drawn(24, 3, 16, 16) + 1) * 127).to(torch.uint8)
    dataset = StyleDataset(
        name="noise",
        styles=("a", "b", "c"),
        images=images,
        labels=torch.arange(3).repeat_interleave(8),
        keys=tuple(str(i) for i in range(8)) * 3,
        splits=("train",) * 24,
    )
    return Batches(dataset, recipe.data, batch=recipe.train.batch, latent_dim=4, seed=0)


def stargan():
    tiny = preset("smoke", data="noise", domains=3).override(TINY)
    return Config(tiny.data, tiny.model, tiny.loss, short())


MLP = MLPConfig(latent_dim=3, generator_width=6, discriminator_width=5)
CLASSY = MLPConfig(latent_dim=3, classes=3, condition="embedding", spectral=True)
LAZY = GANLoss("relativistic", r1=1, r2=1, penalty_interval=2)
SMALL = CycleGANConfig(size=16, width=4, blocks=1, critic_width=4, critic_depth=1, buffer=6)
PATCHES = CUTConfig(width=4, blocks=1, critic_width=4, critic_depth=1, projected=6, places=4)
UNET = Pix2PixConfig(depth=3, width=4, critic_width=4, critic_depth=1)
CASES = {
    "stargan": (StarGAN, stargan(), styled),
    "mlp, lazy R1 and R2, spectral": (GAN, DenseGANRecipe(CLASSY, LAZY, short()), points),
    "mlp, WGAN-GP": (
        GAN,
        DenseGANRecipe(MLP, GANLoss("wasserstein", gp=10, critic_steps=2), short()),
        points,
    ),
    "pix2pix": (Pix2Pix, Pix2PixRecipe(UNET, train=short()), pairs),
    "cyclegan": (CycleGAN, CycleGANRecipe(SMALL, train=short()), pairs),
    "cut": (CUT, CUTRecipe(PATCHES, train=short()), pairs),
}
NORMED = (GAN, DCGANRecipe(DCGANConfig(size=8, latent_dim=3, width=4), train=short()), pictures)


def sit(case, steps, folder, processes=ALONE, *, objective=None, batches=None, step=None):
    """Train to a step in a folder, going on from its checkpoint where there is one.

    Returns:
        The state, what was told, and the steps at which this process wrote something.
    """
    kind, config, data = case
    config = config.override({"train.steps": steps})
    objective = (objective or kind)(config)
    state = create_state(objective, config, CPU, processes=processes)
    path = folder / checkpoint.FILE
    if path.exists():
        state.restore(checkpoint.read(path))
    state.step = state.step if step is None else step
    told, wrote = [], []
    train(
        objective,
        state,
        batches(config) if batches else data(config),
        OutputFolder(folder),
        on_sample=lambda s: wrote.append(s.step),
        on_checkpoint=lambda s: wrote.append(s.step),
        report=told.append,
    )
    return state, told, wrote


def fails(action):
    """What an error says."""
    try:
        action()
    except (ValueError, FloatingPointError) as error:
        return f"{type(error).__name__}: {error}"


def ill(rank):
    """An objective of which one term is no number, in the second process and at step 3 alone."""

    class Ill(GAN):
        def generator_terms(self, batch, step):
            terms = super().generator_terms(batch, step)
            weight, value = terms["adv_g"]
            return {"adv_g": (weight, value * math.nan if rank == 1 and step == 2 else value)}

    return Ill


def stopping(rank):
    """Batches in the midst of which the second process is asked to stop, at step 3."""

    def make(recipe):
        batches = points(recipe)

        def draw(step):
            if rank == 1 and step == 2:
                os.kill(os.getpid(), signal.SIGTERM)
            return batches(step)

        return draw

    return make


def averaged(processes):
    """Gradients after averaging: of a weight that one process reaches, of none, of an overflow."""
    weights = [torch.nn.Parameter(torch.zeros(2)) for _ in range(3)]
    if processes.main:
        weights[0].grad = torch.tensor([1.0, 3.0])
    weights[2].grad = torch.tensor([1.0, math.inf if processes.main else 1.0])
    processes.average_gradients(weights)
    return [None if w.grad is None else [str(v) for v in w.grad.tolist()] for w in weights]


def main(home):
    """All that takes two processes, in one launch: starting Python is what costs."""
    seen = {}
    with joined_processes("cpu") as processes:
        rank = processes.rank
        for name, case in CASES.items():
            sit(case, 6, home / "two" / name, processes)
            sit(case, 3, home / "two, then one" / name, processes)
            sit(case, 6, home / "one, then two" / name, processes)
        plain = CASES["mlp, WGAN-GP"]
        state, told, wrote = sit(plain, 6, home / "stopped", processes, batches=stopping(rank))
        seen["stopped"] = [state.step, wrote, told[-1]]
        seen["ill"] = fails(lambda: sit(plain, 6, home / "ill", processes, objective=ill(rank)))
        seen["other step"] = fails(lambda: sit(plain, 6, home / "other", processes, step=rank))
        recipe = plain[1].override({"train.batch": 6})
        seen["six"] = fails(lambda: sit((GAN, recipe, points), 6, home / "six", processes))
        seen["normed"] = sit(NORMED, 1, home / "normed", processes)[1][0]
        seen["averaged"] = averaged(processes)
        seen["same"] = processes.same(f"of {rank}")
    (home / f"seen{rank}.json").write_text(json.dumps(seen))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]))
