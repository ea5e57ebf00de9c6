"""Typical wrong answers to the exercises of lesson 16, each with words of the hint it meets."""

WRONG = {
    "Exercise 1": {
        "numbers = 24 + 24 * 24": "the same pair",
        "numbers = 24 + 24 * 23 // 2": "the same pair",
        "palette_changes = True": "does not ask where",
        "manner_changes = False": "light from above",
    },
    "Exercise 2": {
        "def towards(x, reference, share):\n    return x": "means at",
        "def towards(x, reference, share):\n    return x.lerp(reference, share)": "spreads at",
        "def towards(x, reference, share):\n    return reference": "share 0 changes nothing",
    },
    "Exercise 3": {
        "def forger(photo, work):\n    return photo": "from the work's",
        "def forger(photo, work):\n    return (photo + work) / 2": "from the work's",
        "def forger(photo, work):\n    return work": "than the work itself",
        "def forger(photo, work):\n    return work[0]": "of the same size",
    },
}
