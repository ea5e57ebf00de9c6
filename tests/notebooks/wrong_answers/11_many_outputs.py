"""Typical wrong answers to the exercises of lesson 11, each with words of the hint it meets."""

HEARD = "def heard(by_hue, by_shape):\n    return "
VIEW = "def wrong_view(x):\n    return "
STRONGER = "def stronger(s, middle, strength):\n    return "

WRONG = {
    "Exercise 1": {
        "expected_match = 1.0": "is one the nearest",
        "expected_worth = 1 / 8": "does its hue know",
    },
    "Exercise 2": {
        HEARD + "(by_hue.var(0) / by_shape.var(0)).mean().item()": "an encoder that says one thing",
        HEARD + "(by_hue.std(0).mean() / by_shape.std(0).mean()).item()": "variance over variance",
        HEARD + "(by_shape.var(0).mean() / by_hue.var(0).mean()).item()": "variance over variance",
    },
    "Exercise 3": {
        VIEW + "x": "it is awake",
        VIEW + "x * 0": "paintings of the batch",
    },
    "Exercise 4": {
        STRONGER + "strength * s": "at 0 all are",
        STRONGER + "s + strength * (s - middle)": "at 1 nothing",
    },
}
