"""What CycleGAN is, for all that trains, stores, uses and measures models."""

from gan_lessons.data.samples import PairBatch
from gan_lessons.models.architecture import Architecture, Column, Networks
from gan_lessons.models.cyclegan.networks import build
from gan_lessons.models.cyclegan.objective import CycleGAN
from gan_lessons.models.cyclegan.recipe import CycleGANRecipe
from gan_lessons.models.pairs import UNPAIRED
from gan_lessons.models.presets import smoke_and_full

SMOKE = {"model.width": 8, "model.blocks": 1, "model.critic_width": 8, "model.critic_depth": 1}


def sheet(
    networks: Networks, batch: PairBatch, recipe: CycleGANRecipe, styles: tuple[str, ...]
) -> list[Column]:
    """Sources and results, there and back."""
    source, target = recipe.data.source, recipe.data.target
    fake_b, fake_a = networks["a_to_b"](batch.x_a), networks["b_to_a"](batch.x_b)
    there = [Column(source, batch.x_a), Column(f"as {target}", fake_b, source=batch.x_a)]
    back = [Column(target, batch.x_b), Column(f"as {source}", fake_a, source=batch.x_b)]
    return there + back


ARCHITECTURE = Architecture(
    title="CycleGAN",
    about="CycleGAN (Zhu et al. 2017), which was not told what belongs together",
    recipe=CycleGANRecipe,
    presets=("smoke", "full"),
    preset=smoke_and_full(CycleGANRecipe, SMOKE),
    build=build,
    objective=CycleGAN,
    sheet=sheet,
    **UNPAIRED,
    note="The translator from source to target alone is kept: neither the one back nor the "
    "discriminators.",
)
