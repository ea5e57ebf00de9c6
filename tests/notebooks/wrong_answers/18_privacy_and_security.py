"""Typical wrong answers to the exercises of lesson 18, each with words of the hint it meets."""

CLIP = "def clipped(gradients, most):\n    "
ALONE = "(most / g.flatten(1).norm(dim=1)).view([len(g)] + [1] * (g.dim() - 1))"
NOISE = "def noise_for(target, rate, rounds):\n    return "

WRONG = {
    "Exercise 1": {
        "expected_tries = 4096": "the first seed takes one try",
        "expected_tries = 12": "the first seed takes one try",
    },
    "Exercise 2": {
        CLIP + f"return {{n: g * {ALONE}.clamp(max=1) for n, g in gradients.items()}}": (
            "all layers count together"
        ),
        CLIP + f"return {{n: g * {ALONE} for n, g in gradients.items()}}": "short gradient is left",
        CLIP + "return {n: g.mean(dim=0) for n, g in gradients.items()}": "same layers and shapes",
    },
    "Exercise 3": {
        "def unmask(noisy):\n    return noisy": "try the seeds",
        "def unmask(noisy):\n    return noisy / noisy.norm()": "try the seeds",
        "def unmask(noisy):\n    return None": "a gradient of 64 numbers",
    },
    "Exercise 4": {
        NOISE + "1.5": "still above the target",
        NOISE + "100.0": "less noise would do",
    },
}
