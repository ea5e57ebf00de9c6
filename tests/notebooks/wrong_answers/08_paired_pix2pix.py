"""Typical wrong answers to the exercises of lesson 08, each with words of the hint it meets."""

SEES = "def sees(layers):\n    return "
RULER = "def fools_the_ruler(x):\n    return "
EYE = "def fools_the_eye(x):\n    return "
BLEND = "def blend(first, second, share):\n    return "

WRONG = {
    "Exercise 1": {
        "best_absolute = 0.2": "who gains",
        "best_squared = 1.0": "slope of the mean square",
        "best_squared = -0.2": "slope of the mean square",
    },
    "Exercise 2": {
        SEES + "sum(kernel for kernel, _ in layers)": "adds two pixels",
        SEES + "1 + sum(kernel - 1 for kernel, _ in layers)": "a stride widens",
        SEES + "16 if len(layers) == 3 else 2 * len(layers) + 1": "walk from",
    },
    "Exercise 3": {
        RULER + "0.5 * x + 0.5": "the ruler has to prefer",
        EYE + "x": "the ruler has to prefer",
        EYE + "-x": "the eye has to prefer",
        RULER + "x[:40]": "one picture for each",
    },
    "Exercise 4": {
        BLEND + "share * first + (1 - share) * second": "share 0 is",
        BLEND + "first + share * second": "half-way lies",
        BLEND + "first if share < 0.5 else second": "half-way lies",
    },
}
