"""What a model says of its styles and of its own making: a stranger may have written it.

Tables, cards, messages and sums read these facts, so each is of its kind or left out, and no name
can move a terminal's cursor or break a line.
"""

from typing import Any

from gan_lessons.text import is_plain

LONGEST = 255  # characters of a style's name: it was that of a folder
LONGEST_FACT = 1000
NUMBERS = {"steps", "images", "processes", "hours", "moved", "widened", "accuracy"}
LISTS = {"averaged", "confusion"}
ORIGIN = "from"


def are_styles(names: Any) -> bool:
    """Whether these can be a model's styles: plain names, at least one, no two alike."""
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return False
    plain = all(0 < len(name) <= LONGEST and is_plain(name) for name in names)
    return plain and 0 < len(set(names)) == len(names)


def facts_of(run: Any) -> dict[str, Any]:
    """The facts of a training's record, without those that are none.

    Args:
        run: what stands under "run" in a model's `config.json`: anything.

    Returns:
        Numbers where numbers are read, texts of one line, and under "from" a record that names its
        weights, if there is one.

    Example:
        >>> facts_of({"steps": 3, "hours": "many", "device": "CPU", "from": {"weights": "a b"}})
        {'steps': 3, 'device': 'CPU', 'from': {'weights': 'a b', 'steps': None}}
    """
    if not isinstance(run, dict):
        return {}
    facts = {key: value for key, value in run.items() if key != ORIGIN and _is_fact(key, value)}
    origin = facts_of(run.get(ORIGIN))
    if origin and isinstance(origin.get("weights"), str):
        facts[ORIGIN] = {"weights": origin["weights"], "steps": None} | origin
    elif run.get(ORIGIN) == {}:
        facts[ORIGIN] = {}
    return facts


def _is_fact(key: str, value: Any) -> bool:
    if key in LISTS:
        return isinstance(value, list)
    if key in NUMBERS:
        return value is None or (type(value) in (int, float) and abs(value) < 2**63)
    if isinstance(value, str):
        return len(value) <= LONGEST_FACT and is_plain(value)
    return True
