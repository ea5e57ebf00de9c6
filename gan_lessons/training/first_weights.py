"""What a training begins with where that is not chance: the weights of other models.

Where the styles are others than the older model's, what each style has of its own (a row in the
heads of mapping network, style encoder and judges) is taken over by name; a new style begins with
the rows of the old one whose results look most like its pictures. All the rest stays.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from torch import Tensor

from gan_lessons.config import Recipe
from gan_lessons.data.style_dataset import StyleDataset
from gan_lessons.models import store
from gan_lessons.models.architecture import Architecture, Networks, architecture
from gan_lessons.models.store import Description
from gan_lessons.models.stored_tensors import shapes_of
from gan_lessons.text import printable
from gan_lessons.training.state import State

DOMAINS = "model.domains"  # the field of a recipe that says how many styles there are


def tuning_recipe(model: str | Path, data: str) -> Recipe:
    """The recipe by which a trained model goes on with other pictures.

    Args:
        model: as `store.find` takes it.
        data: a bundled set or a folder.

    Returns:
        The model's own recipe; of a kind that learns new styles, a short one.
    """
    known = store.describe(store.find(model))
    kind = architecture(known.architecture)
    recipe = known.recipe.override({"data.name": data})
    return kind.tune(recipe) if kind.tune else recipe


def take_weights(
    kind: Architecture,
    state: State,
    source: Path,
    dataset: StyleDataset,
    report: Callable[[str], None],
) -> None:
    """Start networks and averages from stored weights; the optimisers stay fresh.

    Where the pictures have another size, so have the trunks of style encoder and discriminator,
    and these start anew; so does a discriminator that was not there or is not bundled.

    Args:
        kind: of the model.
        state: before its first step; its networks change in place.
        source: folder of the older model.
        dataset: what is trained on.
        report: told which styles were taken over and which networks start anew.

    Raises:
        ValueError: if a network that is needed has other shapes.
    """
    known = store.describe(source)
    styles = kind.styles(state.config, dataset.styles)
    origin = {"weights": source.name, **{k: known.run.get(k) for k in ("steps", "images")}}
    if grows(kind, state.config, known):
        # A recipe may come from a stranger: what it names is read from here, and never fetched.
        others = [store.find(name, fetch=False) for name in kind.beside(state.config)]
        taken = kind.grow(state.networks, *map(used_networks, (source, *others)))
    elif styles == known.styles:
        taken = copy_weights(kind, state, source, known.styles, styles)
    else:
        origin["styles"] = begins = beginnings(kind, source, known, dataset)
        report(told(begins, known.styles))
        taken = copy_weights(kind, state, source, known.styles, tuple(begins.values()))
    for name, average in state.averages.items():
        average.load_state_dict(state.networks[name].state_dict())
    state.origin = origin
    if anew := [name for name in state.networks if name not in taken]:
        report(f"starting anew: {', '.join(anew)}")


def grows(kind: Architecture, recipe: Recipe, known: Description) -> bool:
    """Whether a training begins as a larger model of an older one."""
    return bool(kind.grow and kind.grows(recipe, known.recipe))


def used_networks(folder: Path) -> Networks:
    """The networks of a model that its use needs."""
    known = store.describe(folder)
    return store.read_networks(folder, known, architecture(known.architecture).used)


def beginnings(
    kind: Architecture, source: Path, known: Description, dataset: StyleDataset
) -> dict[str, str]:
    """For each style of a data set the old one that it begins as.

    Args:
        kind: of the older model; it has a `nearest`.
        source: folder of the older model.
        known: what stands beside its weights.
        dataset: with the styles that are wanted.

    Returns:
        Old styles by new ones, in domain order; one of the same name where there is one.
    """
    new = [style for style in dataset.styles if style not in known.styles]
    found = kind.nearest(used_networks(source), known.recipe, dataset, new) if new else {}
    return {
        style: known.styles[found[style]] if style in found else style for style in dataset.styles
    }


def told(begins: Mapping[str, str], old: tuple[str, ...]) -> str:
    """One line for people: which styles were taken over, which are new, which were left."""
    taken = [printable(style) for style in begins if style in old]
    new = [
        f"{printable(style)} (begins as {begins[style]})" for style in begins if style not in old
    ]
    left = [style for style in old if style not in begins]
    parts = {"taken over": taken, "new": new, "left": left}
    return "styles " + "; ".join(
        f"{name}: {', '.join(them) or 'none'}" for name, them in parts.items()
    )


def copy_weights(
    kind: Architecture,
    state: State,
    source: Path,
    old: tuple[str, ...],
    begins: tuple[str, ...],
) -> set[str]:
    """Load the stored networks that have this recipe's shapes, but for the number of styles.

    Args:
        kind: of the model.
        state: whose networks change in place.
        source: folder of the older model.
        old: its styles, in domain order.
        begins: for each style of the new model the old one that it begins as.

    Returns:
        Names of the networks that were loaded.

    Raises:
        ValueError: if one that is needed has other shapes.
    """
    older = state.config
    if begins != old:
        older = older.override({DOMAINS: len(old)})
    found = store.read_networks(
        source, Description(older, old), tuple(state.networks), lenient=True
    )
    for name in kind.needed:
        if name not in found:
            raise ValueError(
                f"the weights in {source} have other shapes than this recipe's {name}; "
                "use the recipe in their config.json"
            )
    rows = [old.index(style) for style in begins]
    for name, network in found.items():
        weights = network.state_dict()
        if begins != old:
            weights = with_rows(weights, rows, own_tensors(kind, older, name))
        state.networks[name].load_state_dict(weights)
    return set(found)


def own_tensors(kind: Architecture, recipe: Recipe, name: str) -> set[str]:
    """Names of a network's tensors that have a row for each style: those that grow with them."""
    more = recipe.override({DOMAINS: recipe.model.domains + 1})
    now, then = (
        shapes_of(kind.build(r.model, 0, (name,))[name].state_dict()) for r in (recipe, more)
    )
    return {key for key in now if now[key] != then[key]}


def with_rows(weights: Mapping[str, Tensor], rows: list[int], own: set[str]) -> dict[str, Tensor]:
    """A network's tensors, those with a row for each style in the rows that are asked for."""
    return {key: value[rows] if key in own else value for key, value in weights.items()}
