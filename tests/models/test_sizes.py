"""Full recipes take a step as they are, and no recipe is taken whose first step would fail."""

from pathlib import Path

import pytest
import torch
from torch.overrides import TorchFunctionMode

from gan_lessons.data.load import load_dataset
from gan_lessons.data.samples import Pairs
from gan_lessons.models.architecture import architecture
from gan_lessons.models.recipes import read_recipe
from gan_lessons.training.state import create_state
from gan_lessons.training.step import train_step

MODELS = Path(__file__).parents[2] / "data" / "models"
RECIPES = [path for path in sorted(MODELS.rglob("recipe.yaml")) if "emoji128" not in path.parts]
CPU = torch.device("cpu")
ONE = {"train.batch": 2, "train.precision": "fp32"}
SIZES = (8, 9, 12, 16, 17, 20, 24, 32, 36, 40, 48, 63, 64)
HALVED = [
    ("pix2pix", "depth", 3, 1), ("pix2pix", "depth", 2, 3), ("pix2pix", "depth", 6, 1),
    ("cyclegan", "halvings", 1, 1), ("cyclegan", "halvings", 2, 3), ("cyclegan", "halvings", 3, 2),
    ("cut", "halvings", 1, 1), ("cut", "halvings", 2, 3), ("cut", "halvings", 3, 2),
]  # fmt: skip


class Indexed(TorchFunctionMode):
    """Finds `h[index]` on the way of gradients, which threads add up in the order they come."""

    found = False

    def __torch_function__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if func is torch.Tensor.__getitem__ and type(result.grad_fn).__name__ == "IndexBackward0":
            self.found = True
        return result


def step(kind, recipe, batches) -> None:
    objective = kind.objective(recipe)
    train_step(objective, create_state(objective, recipe, CPU, "fp32"), batches(0), 0)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["adain", "classifier", "cut", "cyclegan", "pix2pix", "stargan"])
def test_the_full_recipe_takes_a_step(name):
    kind = architecture(name)
    recipe = kind.preset("full", "emoji_styles").override(ONE)
    step(kind, recipe, kind.batches(recipe, load_dataset("emoji_styles"), CPU))


@pytest.mark.slow
@pytest.mark.parametrize("path", RECIPES, ids=lambda path: str(path.parent.relative_to(MODELS)))
def test_the_recipe_of_a_bundled_model_takes_a_step(path):
    recipe = read_recipe(path).override(ONE)  # emoji128's set is not built here
    kind = architecture(recipe.architecture)
    dataset = load_dataset(recipe.data.name, size=recipe.data.size)
    with Indexed() as indexed:
        step(kind, recipe, kind.batches(recipe, dataset, CPU))
    assert not indexed.found, "use index_select or gather: their sums have one order"


def test_indexing_is_seen():
    table = torch.zeros(3, 2, requires_grad=True)
    with Indexed() as indexed:
        table.index_select(0, torch.tensor([0, 0]))
        assert not indexed.found
        table[torch.tensor([0, 0])]
    assert indexed.found


@pytest.mark.parametrize(("name", "field", "times", "critic"), HALVED)
def test_a_size_that_cannot_be_halved_so_often_is_refused(name, field, times, critic):
    kind, taken = architecture(name), []
    shape = {f"model.{field}": times, "model.critic_depth": critic}
    recipe = kind.preset("smoke", "emoji_styles").override(ONE | shape | {"data.size": 64})
    for size in SIZES:
        try:
            recipe = recipe.override({"data.size": size})
        except ValueError as error:
            assert f"={times} asks for" in str(error) or f"={critic} asks for" in str(error)
            continue
        x = torch.rand(2, 2, 3, size, size, generator=torch.Generator().manual_seed(size))
        batches = Pairs(*x, paired=name == "pix2pix", batch=2, latent=512, seed=0)
        step(kind, recipe, batches)
        taken.append(size)
    factor = 2**times
    even = [s for s in SIZES if s % factor == 0 and s >= 3 * 2**critic]
    assert taken == [s for s in even if name == "pix2pix" or s >= 2 * factor]
