"""Typical wrong answers to the exercises of lesson 12, each with words of the hint it meets."""

LOSS = "def attached_adv_d(b):\n    x_fake = G(b.x_real, proof.styles(b))\n"
OWN = "real = torch.cat([D(b.x_ref, b.y_trg), D(b.x_real, b.y_org)])"
SUM = "return softplus(-real).mean() + softplus(D(x_fake, b.y_trg)).mean()"
SHARE = (
    "def share(pair):\n"
    "    x, true = (drawing(pair[0], name)[None] for name in ('noto', pair[1]))\n"
    "    fake = model.translate(x, model.codes(pair[1], seed=seed))\n"
)
FAR = "max(((c, y) for c in concepts for y in model.styles if y != 'noto'), key=share)"

WRONG = {
    "Exercise 1": {
        "heads_with_gradient = [1, 2, 5]": "write down every picture",
        "heads_with_gradient = [0, 2, 7]": "write down every picture",
        "heads_with_gradient = [0, 1, 2, 3, 4, 5, 6, 7]": "write down every picture",
    },
    "Exercise 2": {
        "moves_g = True": "which weights does D's optimiser own",
        f"{LOSS}    x_fake = x_fake.detach()\n    {OWN}\n    {SUM}": "still cuts G off",
        f"{LOSS}    real = D(b.x_ref, b.y_trg)\n    {SUM}": "the value is that of adv_d",
        f"{LOSS}    {OWN}\n    return softplus(-D(x_fake, b.y_trg)).mean()": "that of adv_d",
    },
    "Exercise 3": {
        "closer = ('snail', 'noto')": "another style",
        "closer = ('grinning face', 'fluent_ink')": "a held-out concept",
        f"closer = {FAR}": "another pair comes closer",
        f"{SHARE}    return ((fake - true).abs().mean() / (x - true).abs().mean()).item()": (
            "of the translation, over that of the source"
        ),
        f"{SHARE}    return perceptual.distance(x, true).item()": "over that of the source",
    },
}
