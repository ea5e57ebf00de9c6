"""Typical wrong answers to the exercises of lesson 04, each with words of the hint it meets."""

AVERAGE = "def average_d(real, fake):\n    return "
HINGE = "def hinge_with_r1(D, x_real, x_fake, gamma):\n"
SLOPE = (
    "    x_real = x_real.detach().requires_grad_()\n"
    "    (gradient,) = torch.autograd.grad(D(x_real).sum(), x_real, create_graph=True)\n"
    "    r1 = gradient.flatten(1).square().sum(dim=1).mean() / 2\n"
)
PRICES = "    price = relu(1 - D(x_real)).mean() + relu(1 + D(x_fake)).mean()\n"
GROWTH = "def growth(gamma, h, a=0.5):\n    J = torch.tensor([[0.0, a], [-a, -gamma]])\n    return "

WRONG = {
    "Exercise 4": {
        "calm_nonsaturating = 0.0": "circles forever",
        "calm_nonsaturating = 0.5": "still imaginary",
        "calm_wasserstein = 1.0": "still imaginary",
        "calm_wasserstein = 4.0": "a smaller gamma would do",
    },
    "Exercise 1": {
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
    "Exercise 2": {
        f"{HINGE}{SLOPE}{PRICES}    return price + gamma * gradient.square().sum()": (
            "gamma / 2 times 25"
        ),
        f"{HINGE}{SLOPE}    return relu(1 - D(x_real)) + relu(1 + D(x_fake)) + gamma * r1": (
            "one number for the whole batch"
        ),
        f"{HINGE}{PRICES.replace('1 - ', '1 + ', 1)}    return price": "real ones want 1 or more",
        f"{HINGE}{PRICES.replace('relu', 'softplus')}    return price": "logits of 0 cost 1",
        f"{HINGE}{PRICES}    return price": "gamma / 2 times 25",
        f"{HINGE}{SLOPE.replace('flatten(1).', '')}{PRICES}    return price + gamma * r1": (
            "pictures, too"
        ),
        f"{HINGE}{SLOPE.replace(', create_graph=True', '')}{PRICES}"
        "    return price + gamma * r1": "has to reach the weights",
        f"{HINGE}{PRICES}    x_real = x_fake\n{SLOPE}    return price + gamma * r1": (
            "at the real samples"
        ),
    },
    "Exercise 5": {
        f"{GROWTH}torch.linalg.eigvals(torch.eye(2) + h * J).abs().max()": "give a float",
        f"{GROWTH}torch.linalg.eigvals(torch.eye(2) + h * J).real.max().item()": (
            "take the absolute value"
        ),
        f"{GROWTH}1 + h * torch.linalg.eigvals(J).abs().max().item()": "eigenvalues of I + h J",
        "gamma_that_breaks = 5.0": "still comes home",
        "gamma_that_breaks = 0.0": "not the lack of it",
    },
}
