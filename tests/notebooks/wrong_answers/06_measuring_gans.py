"""Typical wrong answers to the exercises of lesson 06, each with words of the hint it meets."""

RBF = "def rbf_distance(x, y, width):\n"
KERNEL = "    k = lambda a, b: torch.exp(-torch.cdist(a, b).square() / (2 * width**2))\n"
MEANS = "    own = lambda s: (k(s, s).sum() - len(s)) / (len(s) * (len(s) - 1))\n"
BETTER = "def better(a, b, lower=True):\n"
NAME = "    first = a[0] < b[0] if lower else a[0] > b[0]\n"
CLOSE = '        return "undecided"\n'

WRONG = {
    "Exercise 1": {
        "distance = 18": "not by the difference of variances",
        "distance = 5": "add up over the dimensions",
        "distance = 10**0.5": "add up over the dimensions",
    },
    "Exercise 2": {
        f"{RBF}{KERNEL}    return (k(x, x).mean() + k(y, y).mean() - 2 * k(x, y).mean()).item()": (
            "leave out each sample with itself"
        ),
        f"{RBF}    width = 1.0\n{KERNEL}{MEANS}"
        "    return (own(x) + own(y) - 2 * k(x, y).mean()).item()": "width",
        f"{RBF}{KERNEL}{MEANS}    return (own(x) + own(y)).item()": "near each other",
    },
    "Exercise 3": {
        "fooling = more": "too many lie on",
        "fooling = more[:100]": "500 points",
        "fooling = torch.zeros(500, 2)": "compare mean and torch.cov",
        "fooling = 5 * torch.randn(500, 2, generator=torch.Generator().manual_seed(1)) + 20": (
            "compare mean and torch.cov"
        ),
    },
    "Exercise 4": {
        f"{BETTER}    lower = not lower\n{NAME}    return 'a' if first else 'b'": "lower is better",
        f"{BETTER}    return 'a' if a[0] < b[0] else 'b'": "here higher is better",
        f"{BETTER}{NAME}    return 'a' if first else 'b'": "both spreads count",
        f"{BETTER}{NAME}    if abs(a[0] - b[0]) <= a[1] + b[1]:\n{CLOSE}"
        "    return 'a' if first else 'b'": "squares add up",
        f"{BETTER}{NAME}    if abs(a[0] - b[0]) <= 2 * (a[1] + b[1]):\n{CLOSE}"
        "    return 'a' if first else 'b'": "do not simply add up",
    },
}
