"""What CUT is, for all that trains, stores, uses and measures models."""

from gan_lessons.data.samples import PairBatch
from gan_lessons.models.architecture import Architecture, Column, Networks
from gan_lessons.models.cut.networks import build
from gan_lessons.models.cut.objective import CUT
from gan_lessons.models.cut.recipe import CUTRecipe
from gan_lessons.models.pairs import UNPAIRED
from gan_lessons.models.presets import smoke_and_full

SMOKE = {
    "model.width": 8,
    "model.blocks": 1,
    "model.critic_width": 8,
    "model.critic_depth": 1,
    "model.projected": 16,
}


def sheet(
    networks: Networks, batch: PairBatch, recipe: CUTRecipe, styles: tuple[str, ...]
) -> list[Column]:
    """Sources and results."""
    made = Column(f"as {recipe.data.target}", networks["a_to_b"](batch.x_a), source=batch.x_a)
    return [Column(recipe.data.source, batch.x_a), made]


ARCHITECTURE = Architecture(
    title="CUT",
    about="CUT (Park et al. 2020), which finds every patch again in its source",
    recipe=CUTRecipe,
    presets=("smoke", "full"),
    preset=smoke_and_full(CUTRecipe, SMOKE),
    build=build,
    objective=CUT,
    sheet=sheet,
    **UNPAIRED,
    note="The translator alone is kept, without the discriminator and the projection.",
)
