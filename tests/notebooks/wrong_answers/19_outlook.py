"""Typical wrong answers to the exercises of lesson 19, each with words of the hint it meets."""

HEUN = """\
@torch.no_grad()
def heun(v, z, n):
    x = z
    for k in range(n):
        now = torch.full((len(x),), k / n, dtype=x.dtype)
        here = v(x, now)
        there = v(x + here / n, {time})
        x = x + {walked}
    return {given}
"""
BROKEN = "def broken(starts, ends):\n    return "
OVER = "def translate(source, target):\n    return lambda points: "

WRONG = {
    "Exercise 1": {
        "sign = (0.0, 0.0)": "where is the middle?",
        "sign = (1.0, 1.0)": "where is the middle?",
        "least = 0.0": "what varies once z is known?",
        "least = 4.02": "a mean, not a sum",
        "least = 3.01": "what varies once z is known?",
    },
    "Exercise 2": {
        HEUN.format(time="now + 1 / n", walked="here / n", given="x"): "Euler's by 1 + h",
        HEUN.format(time="now + 1 / n", walked="(here + there) / n", given="x"): "h²/2",
        HEUN.format(time="now", walked="(here + there) / (2 * n)", given="x"): "time of arrival",
        HEUN.format(
            time="now + 1 / n", walked="(here + there) / (2 * n)", given="torch.stack([z, x])"
        ): "the last places alone",
    },
    "Exercise 3": {
        f"{BROKEN}starts, ends": "which end belongs to which start?",
        f"{BROKEN}starts, torch.zeros_like(ends)": "the same starts and the same ends",
        f"{BROKEN}torch.randn_like(starts), ends": "the same starts and the same ends",
        f"{BROKEN}starts[:100], ends[:100]": "the same starts and the same ends",
        "def broken(starts, ends):\n"
        "    order = torch.randperm(len(starts))\n"
        "    return starts[order], ends[order]": "which end belongs to which start?",
    },
    "Exercise 4": {
        f"{OVER}points": "few points end on the large ring",
        f"{OVER}2 * points[:1]": "a place for each point",
        f"{OVER}target[torch.randint(len(target), (len(points),))]": "at some bump or other",
    },
}
