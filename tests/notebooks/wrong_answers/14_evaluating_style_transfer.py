"""Typical wrong answers to the exercises of lesson 14, each with words of the hint it meets."""

NOISE = "torch.randn(x.shape, generator=torch.Generator().manual_seed(0))"

WRONG = {
    "Exercise 1": {
        'leaders = leaders | {"content": "nearest training image"}': "content: what does",
        'leaders = leaders | {"kid": "colour transfer"}': "kid: what does",
        'exempt = {"style"}': "which figures ask only that",
    },
    "Exercise 2": {
        "def disguise(x):\n    return x": "several steps",
        f"def disguise(x):\n    return (x + 0.05 * {NOISE}.sign()).clamp(-1, 1)": "several steps",
        "def disguise(x):\n    return features.as_float(task.true)": "more than 16 of 255",
    },
    "Exercise 3": {
        "def interval(values):\n    return values.quantile(0.025), values.quantile(0.975)": (
            "of the means of 100 draws"
        ),
        "def interval(values):\n    return 0.0, 12.0": "the mean itself",
        "certain = not certain": "the lower end",
    },
}
