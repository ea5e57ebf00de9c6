"""What the docstrings of `models` and `models.stargan` tell a stranger to read is what is there."""

import re
from pathlib import Path

from gan_lessons import models
from gan_lessons.models import stargan, store
from gan_lessons.models.listing import names


def named(text: str) -> list[str]:
    return re.findall(r"`(\w+)`", text)


def modules(package) -> set[str]:
    return {path.stem for path in Path(package.__file__).parent.glob("*.py")} - {"__init__"}


def test_the_order_for_the_style_transfer_model_names_every_module_once():
    told = [name for name in named(stargan.__doc__) if name not in store.all_bundled()]
    assert sorted(told) == sorted(modules(stargan))


def test_the_folders_that_are_no_whole_models_are_named():
    folders = {path.parent.name for path in Path(models.__file__).parent.glob("*/networks.py")}
    (others,) = re.findall(r"The others\s+\(([^)]*)\)", models.__doc__)
    assert set(named(others)) == folders - set(names())
