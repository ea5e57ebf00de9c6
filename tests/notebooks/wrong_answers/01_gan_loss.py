"""Typical wrong answers to the exercises of lesson 01, each with words of the hint it meets."""

WRONG = {
    "Exercise 1": {
        "probability = 0.5": "with a weight of 3 on the real term",
        "probability = 3": "lies between 0 and 1",
    },
    "Exercise 2: cross-entropy on logits": {
        "def cross_entropy(logits, labels):\n"
        "    d = logits.sigmoid()\n"
        "    return -(labels * d.log() + (1 - labels) * (1 - d).log()).mean()": (
            "no exponential of a large positive number"
        ),
        "def cross_entropy(logits, labels):\n"
        "    return (1 + logits.exp()).log() - labels * logits": "one number for the whole batch",
        "def cross_entropy(logits, labels):\n"
        "    return F.softplus(logits * (1 - 2 * labels)).mean()": "compare with the definition",
    },
    "Exercise 3: a meter of divergence": {
        "def estimate_jsd(real, fake):\n    return -losses.nonsaturating_d(real, fake)": (
            "logits of 0 mean"
        ),
        "def estimate_jsd(real, fake):\n"
        "    return math.log(4) - losses.nonsaturating_d(real, fake)": "divergence log 2",
    },
    "Exercise 4: smoothed labels": {
        "def smoothed_optimum(p, q, label):\n    return p / (p + q)": "another value scores higher",
        "def smoothed_optimum(p, q, label):\n    return label * p / (label * p + q)": (
            "another value scores higher"
        ),
    },
    "Exercise 5": {
        "far_mean, far_width = 6.0, 1.0": "a width of 1.5 or more",
        "far_mean, far_width = 2.0, 1.5": "look at the picture of the slopes",
        "far_mean, far_width = 0.0, 2.0": "both slopes vanish",
    },
}
