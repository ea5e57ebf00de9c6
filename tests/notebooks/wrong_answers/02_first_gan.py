"""Typical wrong answers to the exercises of lesson 02, each with words of the hint it meets."""

GROW = (
    "def grow(measured, kinds):\n"
    "    middle, spread = measured.mean(0), measured.std(0)\n"
    "    return lambda species, n: "
)

WRONG = {
    "Exercise 1": {
        "parameters = 16 * 64 + 64 + 64 * 64 + 64 + 64 * 64 + 64": "appended to the input",
        "parameters = 26 * 64 + 64 * 64 + 64 * 64": "each with biases",
    },
    "Exercise 2: evenness": {
        "def evenness(points):\n"
        "    shares = mixture.reached(points) / mixture.reached(points).sum()\n"
        "    return -(shares * shares.log()).sum().item() / 2.0794415": "must not become NaN",
        "def evenness(points):\n    return (mixture.reached(points) > 0).float().mean().item()": (
            "one mode alone"
        ),
    },
    "Exercise 3": {
        "sabotage = {'penalty_interval': 2}": "it still covers",
        "sabotage = {'r1': 0.0}": "leave r1 at 0.1",
    },
    "Exercise 4: flowers": {
        GROW + "((measured - middle) / spread)[kinds == species].repeat(10, 1)": (
            "a species' mean is off"
        ),
        GROW + "measured[torch.randint(len(measured), (n,))]": "a species' mean is off",
        GROW + "measured[kinds == species].mean(0).expand(n, 4)": "differ far less",
        GROW + "measured[:1] * 0": "n flowers, four lengths each",
    },
}
