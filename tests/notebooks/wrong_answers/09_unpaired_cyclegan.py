"""Typical wrong answers to the exercises of lesson 09, each with words of the hint it meets."""

FOUND = "def found(queries, keys):\n    "
HIDE = "def hide(cover, secret):\n    return "
UNCOVER = "def uncover(sent, cover):\n    return "
DOTS = "nearest = (queries @ keys.transpose(1, 2)).argmax(dim=2)\n    "
SHARE = "return (nearest == torch.arange(nearest.shape[1])).float().mean().item()"
LOUD = "def least_strength(quality):\n    return "

WRONG = {
    "Exercise 1": {
        "expected_cycle = 2.0": "negative of a negative",
        "expected_identity = 0.0": "how far is x",
        "expected_identity = 1.0": "how far is x",
    },
    "Exercise 2": {
        FOUND + DOTS + SHARE: "finds all of its own",
        FOUND + "return 1.0": "moved by one place",
        FOUND + "return 1 / queries.shape[1]": "finds all of its own",
    },
    "Exercise 3": {
        HIDE + "0.5 * cover + 0.5 * secret": "can be seen",  # pragma: allowlist secret
        HIDE + "cover": "does not come back",
        UNCOVER + "sent": "does not come back",
        HIDE + "cover[:4]": "one picture for each",
    },
    "Exercise 4": {
        LOUD + "0.1": "one strength for all",
        LOUD + "1 / quality": "at this strength",
        LOUD + "quality / 100": "the rougher",
    },
}
