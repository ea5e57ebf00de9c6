"""What a training begins with where that is not chance: the weights of other models."""

from pathlib import Path

from gan_lessons.models import store
from gan_lessons.models.architecture import Architecture, Networks, architecture
from gan_lessons.models.store import Description
from gan_lessons.training.state import State


def take_weights(kind: Architecture, state: State, source: Path) -> list[str]:
    """Start networks and averages from stored weights; the optimisers stay fresh.

    Where the pictures have another size, so have the trunks of style encoder and discriminator,
    and these start anew; so does a discriminator that was not there or is not bundled.

    Returns:
        Names of the networks that start anew.
    """
    known = store.describe(source)
    if kind.grow and kind.grows(state.config, known.recipe):
        # A recipe may come from a stranger: what it names is read from here, and never fetched.
        others = [store.find(name, fetch=False) for name in kind.beside(state.config)]
        taken = kind.grow(state.networks, *map(used_networks, (source, *others)))
    else:
        taken = copy_weights(kind, state, source, known.styles)
    for name, average in state.averages.items():
        average.load_state_dict(state.networks[name].state_dict())
    state.origin = {"weights": source.name, **{k: known.run.get(k) for k in ("steps", "images")}}
    return [name for name in state.networks if name not in taken]


def used_networks(folder: Path) -> Networks:
    """The networks of a model that its use needs."""
    known = store.describe(folder)
    return store.read_networks(folder, known, architecture(known.architecture).used)


def copy_weights(
    kind: Architecture, state: State, source: Path, styles: tuple[str, ...]
) -> set[str]:
    """Load the stored networks that have this recipe's shapes; their names."""
    wanted = Description(state.config, styles)
    found = store.read_networks(source, wanted, tuple(state.networks), lenient=True)
    for name in kind.needed:
        if name not in found:
            raise ValueError(
                f"the weights in {source} have other shapes than this recipe's {name}; "
                "use the recipe in their config.json"
            )
    for name, network in found.items():
        state.networks[name].load_state_dict(network.state_dict())
    return set(found)
