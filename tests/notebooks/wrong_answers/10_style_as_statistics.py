"""Typical wrong answers to the exercises of lesson 10, each with words of the hint it meets."""

BETWEEN = (
    "def between(h, first, second, share):\n"
    "    mean, scale = adain.statistics(h)\n"
    "    one, two = adain.statistics(first), adain.statistics(second)\n"
)
LERP = "torch.lerp(one[{0}], two[{0}], share)"
MEAN, SCALE = LERP.format(0), LERP.format(1)

WRONG = {
    "Exercise 1": {
        "different = 64 * 64": "the same pair",
        "different = 64 * 63 // 2": "the same pair",
        "gram_factor = 3": "products of two maps",
        "gram_factor = 1": "products of two maps",
        "norm_factor = 3": "what becomes of the scale",
        "norm_factor = 1 / 3": "what becomes of the scale",
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
        "def impostor(x):\n    return x": "0.2 is another picture",
        "def impostor(x):\n    return x + 0.05": "0.2 is another picture",
        "def impostor(x):\n    return -x": "it sees the difference",
        "def impostor(x):\n    return x.flip(2)": "it sees the difference",
        "def impostor(x):\n    return x[0]": "of the same size",
    },
    "Exercise 4": {
        "def keep_colours(made, photo):\n    return made": "is the photograph's",
        "def keep_colours(made, photo):\n    return photo": "are the painting's",
        "def keep_colours(made, photo):\n    return (made + photo) / 2": "are the painting's",
        "def keep_colours(made, photo):\n    return made[:, :1]": "of the same size",
    },
}
