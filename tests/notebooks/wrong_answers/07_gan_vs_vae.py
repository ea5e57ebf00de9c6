"""Typical wrong answers to the exercises of lesson 07, each with words of the hint it meets."""

PASTE = "def paste(seen, drawn):\n    return "
HEAD = "def tamed(network, count, tau):\n"
CHANCE = "generator=torch.Generator().manual_seed(seed)"
TAMED = f"{HEAD}    z = torch.randn(count, four_models.LATENT, {CHANCE})\n    return "

WRONG = {
    "Exercise 1": {
        "guess = 1.0": "half of the pixels punish",
        "guess = -1.0\nbest_psnr = 6.02": "half of the pixels punish",
        "best_psnr = 0.0": "what is the mean squared error",
        "best_psnr = 10.0": "what is the mean squared error",
    },
    "Exercise 2": {
        f"{PASTE}drawn": "outside the hole nothing may change",
        f"{PASTE}seen.images": "inside the hole stands what was drawn",
        f"{PASTE}seen.images + drawn": "outside the hole nothing may change",
        f"{PASTE}seen.operation(drawn)": "outside the hole nothing may change",
        f"{PASTE}drawn[:1]": "one picture for each",
    },
    "Exercise 3": {
        "unclear = [10.0, 10.0, 10.0]": "move them further apart",
        "unclear = [-9.0, 10.0, 29.0]": "have to be positive",
        "clear = [1.0, 10.0, 19.0]": "move them nearer together",
        "clear = [19.0, 20.0, 21.0]": "both need the same mean",
        "unclear = [1.0, 19.0]": "three seeds each",
    },
    "Exercise 4": {
        f"{TAMED}network(z).detach()": "tau = 0 leaves one latent",
        f"{TAMED}network(tau * z[:1]).detach()": "one picture for each latent",
        f"{TAMED}tau * network(z).detach()": "tau belongs to the latents",
        f"{HEAD}    z = torch.randn(count, four_models.LATENT)\n"
        "    return network(tau * z).detach()": "same seed",
    },
}
