"""What all tests share: the same threads and course files everywhere, and the built wheel."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Before PyTorch is imported: it reads the number of threads once.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# The tests are about this checkout, whatever the shell that runs them has set.
os.environ.pop("GAN_LESSONS_DATA", None)

from hypothesis import settings  # noqa: E402

ROOT = Path(__file__).parent.parent

# Machines differ in speed by a factor of ten; a slow one is no failure.
settings.register_profile("course", deadline=None, print_blob=True)
settings.load_profile("course")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def tracked(root) -> list[Path]:
    """The files that git tracks, relative to the checkout."""
    # In a container the checkout often belongs to another user, which git refuses by default.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("this is no git checkout")
    return [Path(name) for name in listed.stdout.split("\0") if name and (root / name).is_file()]


@pytest.fixture(scope="session")
def wheel(root, tmp_path_factory) -> Path:
    """The wheel, built from the checkout."""
    return build_wheel(root, tmp_path_factory.mktemp("wheel"))


def build_wheel(project: Path, out: Path) -> Path:
    """Builds the wheel of a project with what is installed here, so without a network."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    command += ["--no-build-isolation", "--wheel-dir", str(out), str(project)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="session")
def installed(wheel, tmp_path_factory) -> Path:
    """A folder that holds the package as installed from the wheel, and nothing else."""
    target = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*command, "--target", str(target), str(wheel)], check=True, capture_output=True)
    return target


@pytest.fixture(scope="session")
def tiny_dataset():
    """Twelve things, each drawn as a disc, a square and stripes: three styles of 32 px."""
    import torch

    from gan_lessons.data.style_dataset import StyleDataset

    def draw(style: str, thing: int) -> torch.Tensor:
        y, x = torch.meshgrid(torch.arange(32), torch.arange(32), indexing="ij")
        down, right = y - (10 + thing % 4 * 4), x - (10 + thing // 4 * 6)
        size = 6 + thing % 3
        if style == "discs":
            inside, ink, paper = down**2 + right**2 < size**2, (200, 30, 40), (255, 255, 255)
        elif style == "squares":
            square = down.abs().maximum(right.abs()) < size
            inside, ink, paper = square, (30, 60, 210), (250, 230, 90)
        else:
            near = down.abs().maximum(right.abs()) < size + 4
            inside, ink, paper = near & ((x + thing) % 4 < 2), (240, 240, 240), (10, 90, 40)
        colours = torch.tensor([paper, ink], dtype=torch.uint8)
        return colours[inside.long()].permute(2, 0, 1)

    styles, things = ("discs", "squares", "stripes"), range(12)
    parts = ["train"] * 8 + ["valid"] * 2 + ["test"] * 2
    return StyleDataset(
        name="tiny",
        styles=styles,
        images=torch.stack([draw(style, thing) for style in styles for thing in things]),
        labels=torch.arange(3).repeat_interleave(len(things)),
        keys=tuple(f"thing {thing}" for thing in things) * 3,
        splits=tuple(parts) * 3,
    )


@pytest.fixture(scope="session")
def drawn_set(tiny_dataset, tmp_path_factory) -> Path:
    """The tiny set as a user would have it, split by folders."""
    from PIL import Image

    home = tmp_path_factory.mktemp("set") / "drawings"
    for i, key in enumerate(tiny_dataset.keys):
        side = "test" if tiny_dataset.splits[i] == "test" else "train"
        path = home / side / tiny_dataset.styles[tiny_dataset.labels[i]] / f"{key}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(tiny_dataset.images[i].permute(1, 2, 0).numpy()).save(path)
    return home


@pytest.fixture(scope="session")
def tiny_config():
    """A recipe for `tiny_dataset` that takes a twentieth of a second a step."""
    from gan_lessons.models.stargan.presets import preset

    return preset("smoke", data="tiny", domains=3).override(
        {
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
            "train.steps": 12,
            "train.batch": 4,
            "train.precision": "fp32",
            "train.log_every": 2,
            "train.sample_every": 4,
            "train.checkpoint_every": 4,
        }
    )


@pytest.fixture(scope="session")
def tiny_model(tiny_dataset, tiny_config, tmp_path_factory) -> Path:
    """The folder of a run on `tiny_dataset`: a real model that has hardly been trained."""
    from gan_lessons.training.run import train_by_recipe

    folder = tmp_path_factory.mktemp("models") / "tiny"
    recipe = tiny_config.override({"train.steps": 4})
    train_by_recipe(recipe, folder, dataset=tiny_dataset, device="cpu", report=lambda line: None)
    return folder


@pytest.fixture(scope="session")
def vivid_model(tiny_model, tmp_path_factory) -> Path:
    """The folder of a model whose styles and draws differ at first sight, unlike `tiny_model`'s."""
    import torch

    from gan_lessons.style_transfer import StyleTransfer

    model = StyleTransfer.load(tiny_model, device="cpu", precision="fp32")
    random = torch.Generator().manual_seed(0)
    for name, size in (("generator", 0.1), ("mapping_network", 4.0)):
        *_, last = (p for n, p in model.networks[name].named_parameters() if n.endswith("weight"))
        last.copy_(size * torch.randn(last.shape, generator=random))
    folder = tmp_path_factory.mktemp("models") / "vivid"
    model.save(folder)
    return folder


@pytest.fixture(scope="session")
def letters_model(tiny_config, tmp_path_factory) -> Path:
    """The folder of a small model of `letters`, with random weights that change a picture."""

    from gan_lessons.data import letters
    from gan_lessons.models.stargan.architecture import USED
    from gan_lessons.models.stargan.networks import build
    from gan_lessons.style_transfer import StyleTransfer

    own = {
        "data.name": letters.NAME,
        "data.size": letters.SIZE,
        "model.domains": 5,
        "model.generator": "outlines",
        "model.bottleneck": 8,
        "model.width": 8,
    }
    config = tiny_config.override(own)
    networks = build(config.model, seed=3)
    chosen = {name: networks[name] for name in USED}
    folder = tmp_path_factory.mktemp("models") / "hands"
    StyleTransfer(chosen, styles=letters.STYLES, config=config, device="cpu").save(folder)
    return folder
