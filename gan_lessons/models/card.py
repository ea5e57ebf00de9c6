"""The model card: what a model does, what made it, what it must not be used for."""

from gan_lessons.models.stargan.presets import command
from gan_lessons.models.stargan.recipe import Config

TEMPLATE = """---
library_name: gan-lessons
license: {licence}
tags: [style-transfer, gan, stargan-v2]
---

# {name}

Turns one image into many: {count} styles, and many results in each style.

    from gan_lessons import StyleTransfer
    model = StyleTransfer.load("{name}")
    pictures = model.restyle("picture.png", "{style}", count=4, seed=0)

Styles: {styles}.

## What made these weights

| | |
|---|---|
| data | {data}, training split, {size} x {size} pixels |
| steps | {steps} of {batch} source images ({images} images seen) |
| time | {hours} hours on {device}, {precision} |
| started from | {origin} |
| recipe | {recipe} |
| code | gan_lessons {gan_lessons}, commit {commit} |
| versions | torch {torch}, torchvision {torchvision}, Python {python} |
| SHA-256 of `model.safetensors` | `{digest}` |

Optimised by the recipe in `config.json`; averaged weights, stored in half precision. The log is
in `log.jsonl`, one line every {log_every} steps; `samples/` shows held-out images on the way: each
row a source, then two draws of every style. The same recipe, from random weights:

    {command}

## Limits

The model knows the styles and the kind of picture it was trained on, at its training size. Other
pictures get the colours and shading of the styles, not new drawings. It was made for teaching.
"""

RUN = ("steps", "images", "hours", "device", "precision", "recipe")
CODE = ("gan_lessons", "commit", "torch", "torchvision", "python")
LICENCES = {"emoji_styles": "cc-by-sa-4.0", "painted_photos": "gpl-3.0"}


def model_card(name: str, styles: tuple[str, ...], config: Config, made: dict, digest: str) -> str:
    """Write a model's card.

    Args:
        name: the model's or run's name.
        styles: in domain order.
        config: the recipe.
        made: what `run.provenance` says of the run, as far as it is known.
        digest: SHA-256 of the weights' file, in hexadecimal.

    Returns:
        Markdown with the hub's front matter.
    """
    origin = made.get("from")
    known = {key: made.get(key) for key in (*RUN, *CODE)}
    facts = {key: "not recorded" if fact is None else fact for key, fact in known.items()}
    return TEMPLATE.format(
        name=name,
        licence=LICENCES.get(config.data.name, "other"),
        count=len(styles),
        style=styles[0],
        styles=", ".join(styles),
        data=config.data.name,
        size=config.data.size,
        batch=config.train.batch,
        log_every=config.train.log_every,
        command=command(config),
        digest=digest,
        origin=f"{origin['weights']} ({origin['steps']} steps)" if origin else "random weights",
        **{key: f"{fact:,}" if isinstance(fact, int) else fact for key, fact in facts.items()},
    )
