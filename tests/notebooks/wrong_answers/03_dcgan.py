"""Typical wrong answers to the exercises of lesson 03, each with words of the hint it meets."""

SMOOTH = "def smooth_doubling(before, after):\n    return nn.Sequential("
CONV = "nn.Conv2d(before, after, 3, padding=1, bias=False)"
NEAREST = "nn.Upsample(scale_factor=2)"
INFLUENCE = "def influence(generator, z):\n    with torch.no_grad():\n        "

WRONG = {
    "Exercise 1": {
        "weights_at_64 = sum(p.numel() for p in dcgan.Generator("
        "DCGANConfig(size=64, latent_dim=100, width=16, max_width=128)).parameters())": (
            "leave out batch norm"
        ),
        "weights_at_64 = 100 * 128 * 16 + 9 * (128 * 64 + 64 * 32 + 32 * 16 + 16 * 3)": (
            "a kernel has 4 x 4 weights"
        ),
        "largest_layer = 2": "compare the products",
    },
    "Exercise 2": {
        f"{SMOOTH}{NEAREST}, {CONV})": ("a ramp must stay even"),
        f"{SMOOTH}nn.ConvTranspose2d(before, after, 3, 2, 1, 1, bias=False))": (
            "a constant must stay a constant"
        ),
        f"{SMOOTH}nn.Upsample(scale_factor=2, mode='bilinear'), "
        "nn.Conv2d(before, after, 3, padding=1))": "no bias",
        f"{SMOOTH}{CONV})": "sides doubled",
    },
    "Exercise 3": {
        f"{INFLUENCE}fresh = torch.randn_like(z)\n"
        "        return (generator(z)[0] - generator(fresh)[0]).abs().mean().item()": ("keep z[0]"),
        f"{INFLUENCE}return (generator(z)[0] - generator(z)[0]).abs().mean().item()": (
            "replace the other latents"
        ),
        f"{INFLUENCE}return generator(z)[0]": "give one number",
    },
}
