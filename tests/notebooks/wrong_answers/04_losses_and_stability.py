"""Typical wrong answers to the exercises of lesson 04, each with words of the hint it meets."""

AVERAGE = "def average_d(real, fake):\n    return "
GROWTH = "def growth(gamma, h, a=0.5):\n    J = torch.tensor([[0.0, a], [-a, -gamma]])\n    return "

WRONG = {
    "Exercise 1": {
        "calm_nonsaturating = 0.0": "circles forever",
        "calm_nonsaturating = 0.5": "still imaginary",
        "calm_wasserstein = 1.0": "still imaginary",
        "calm_wasserstein = 4.0": "a smaller gamma would do",
    },
    "Exercise 2": {
        f"{AVERAGE}softplus(fake.mean() - real) + softplus(fake - real.mean()).mean()": (
            "one number for the whole batch"
        ),
        f"{AVERAGE}softplus(fake.mean() - real.mean())": "two terms",
        f"{AVERAGE}2 * softplus(fake - real).mean()": "or a new order, must change nothing",
        f"{AVERAGE}softplus(real.mean() - fake).mean() + softplus(real - fake.mean()).mean()": (
            "judged higher"
        ),
        f"{AVERAGE}softplus(-real).mean() + softplus(fake).mean()": "must change nothing",
        f"{AVERAGE}softplus(fake.mean() - real).mean() + "
        "softplus(fake - real.detach().mean()).mean()": "takes a gradient too",
    },
    "Exercise 3": {
        f"{GROWTH}torch.linalg.eigvals(torch.eye(2) + h * J).abs().max()": "give a float",
        f"{GROWTH}torch.linalg.eigvals(torch.eye(2) + h * J).real.max().item()": (
            "take the absolute value"
        ),
        f"{GROWTH}1 + h * torch.linalg.eigvals(J).abs().max().item()": "eigenvalues of I + h J",
        "gamma_that_breaks = 5.0": "still comes home",
        "gamma_that_breaks = 0.0": "not the lack of it",
    },
}
