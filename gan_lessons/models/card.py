"""The model card: what a model does, what made it, what it must not be used for."""

import json
import shlex
from typing import Any

from gan_lessons.config import Recipe
from gan_lessons.images.movement import STILL, UNMOVED
from gan_lessons.models.architecture import architecture

TEMPLATE = """---
library_name: gan-lessons
license: {licence}
tags: [{tags}]
---

# {name}

{about}.
{use}
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

Optimised by the recipe in `recipe.yaml`; averaged weights, stored in half precision. The log is
in `log.jsonl`, one line every {log_every} steps; `samples/` shows held-out images on the way.
Again:

    gan-lessons train --recipe recipe.yaml{start} --out runs/again

## Limits

{limits}
"""
USE = """
    from gan_lessons import StyleTransfer
    model = StyleTransfer.load("{name}")  # the path of this folder
    pictures = model.restyle("picture.png", {style}{asked})

Styles: {styles}.
"""
RUN = ("steps", "images", "hours", "device", "precision", "recipe")
CODE = ("gan_lessons", "commit", "torch", "torchvision", "python")
LICENCES = {"emoji_styles": "cc-by-sa-4.0", "painted_photos": "gpl-3.0"}
MADE_FOR = "It was made for teaching."


def model_card(
    name: str, styles: tuple[str, ...], recipe: Recipe, run: dict[str, Any], digest: str
) -> str:
    """Write a model's card.

    Args:
        name: the model's or run's name.
        styles: that it can be asked for.
        recipe: of the training.
        run: what is known of how it was made.
        digest: SHA-256 of the weights' file, in hexadecimal.

    Returns:
        Markdown with the hub's front matter.
    """
    kind, origin = architecture(recipe.architecture), run.get("from")
    known = {key: run.get(key) for key in (*RUN, *CODE)}
    facts = {key: "not recorded" if fact is None else fact for key, fact in known.items()}
    asked = ', reference="painting.png"' if kind.needs_reference else ""
    asked = ", count=4, seed=0" if kind.draws else asked
    as_code = json.dumps(styles[0], ensure_ascii=False)
    use = USE.format(name=name, style=as_code, styles=", ".join(styles), asked=asked)
    limits = " ".join(filter(None, (unmoved(run), kind.note, MADE_FOR)))
    return TEMPLATE.format(
        name=name,
        about=kind.about,
        tags=f"style-transfer, {recipe.architecture}",
        use=use if kind.use else "",
        licence=LICENCES.get(recipe.data.name, "other"),
        data=recipe.data.name,
        size=recipe.data.size,
        batch=recipe.train.batch,
        log_every=recipe.train.log_every,
        digest=digest,
        origin=f"{origin['weights']} ({origin['steps']} steps)" if origin else "random weights",
        start=f" --init-from {shlex.quote(origin['weights'])}" if origin else "",
        limits=limits,
        **{key: f"{fact:,}" if isinstance(fact, int) else fact for key, fact in facts.items()},
    )


def unmoved(run: dict[str, Any]) -> str:
    """What to say of a model that has learnt nothing; empty for all others.

    Args:
        run: what is known of how it was made.

    Returns:
        A sentence, or nothing.
    """
    moved = run.get("moved")
    if not isinstance(moved, int | float) or moved >= STILL:
        return ""
    return f"After {run.get('steps')} steps this model {UNMOVED}. Train it longer."
