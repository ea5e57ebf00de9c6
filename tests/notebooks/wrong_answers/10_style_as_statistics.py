"""Typical wrong answers to the exercises of lesson 10, each with words of the hint it meets."""

BETWEEN = (
    "def between(h, first, second, share):\n"
    "    (mean, scale), one, two = map(adain.statistics, (h, first, second))\n"
)
LERP = "torch.lerp(one[{0}], two[{0}], share)"
MEAN, SCALE = LERP.format(0), LERP.format(1)

WRONG = {
    "Exercise 1": {
        "expected = 4.0": "missed if every draw misses it",
        "expected = 10 / 4": "missed if every draw misses it",
        "expected = 4 * (1 - (1 / 4) ** 10)": "missed if every draw misses it",
        "enough = 12.8": "a whole number of draws",
        "enough = 40": "twenty are more than enough",
        "enough = 10": "more draws are needed",
        "enough = 16": "fewer are enough",
    },
    "Exercise 2": {
        f"{BETWEEN}    return h * {SCALE} + {MEAN}": "plain AdaIN",
        f"{BETWEEN}    return (h - mean) * {SCALE} + {MEAN}": "plain AdaIN",
        f"{BETWEEN}    return (h - mean) / scale * one[1] + one[0]": "at 1: plain AdaIN",
        "def between(h, first, second, share):\n    mixed = torch.lerp(first, second, share)\n"
        "    return adain.adain(h, mixed)": "so does the scale",
        "def between(h, first, second, share):\n"
        "    return adain.adain(h, first if share < 0.5 else second)": "lies half-way",
        f"{BETWEEN}    return ((h - mean) / scale * {SCALE} + {MEAN})[:1]": "one map for each map",
    },
    "Exercise 3": {
        "def cheat(x):\n    return x, x": "true drawings differ by",
        "def cheat(x):\n    return x, x.flip(3)": "true drawings differ by",
        "def cheat(x):\n    return x, -x": "another style, says the classifier",
        "def cheat(x):\n    return x[:1], x[1:2]": "two pictures for each emoji",
    },
}
