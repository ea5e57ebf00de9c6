"""What people answer wrongly in lesson 15, and the hint that each has to meet."""

WRONG = {
    "Exercise 1": {
        'drawn_again = {"result", "every_style"}': "which of them take the strength into account",
        'drawn_again = ["result"]': "a set of names",
        "drawn_again = set()": "which of them take the strength into account",
    },
    "Exercise 2": {
        # A straight line between the codes, as the explorer itself walks.
        """
def round_trip(state, count):
    ends = model.codes(state.here.style, count=2, seed=state.here.seed)
    return torch.lerp(ends[0], ends[1], torch.linspace(0, 1, count)[:, None])
""": "halfway, the angle to both ends is the same",
        # Lengths are forgotten.
        """
def round_trip(state, count):
    dim = model.config.model.latent_dim
    z0, z1 = (latent(Point(state.here.style, state.here.seed, k), dim) for k in (0, 1))
    z0, z1 = z0 / z0.norm(), z1 / z1.norm()
    z = torch.lerp(z0, z1, torch.linspace(0, 1, count)[:, None])
    y = torch.full((count,), model.styles.index(state.here.style))
    with torch.inference_mode():
        return model.networks["mapping_network"](z, y)
""": "at t = 0 it is the code of draw 1",
        "def round_trip(state, count):\n    return model.codes(style, count=2, seed=seed)": (
            "one row for each step"
        ),
    },
    "Exercise 3": {
        'hostile = "model=emoji64&style=openmoji&x=nan"': "it has all three",
        'hostile = "model=emoji64&picture=fluent/snail&style=openmoji&x=1"': "takes this one",
        'hostile = "model=emoji64&picture=fluent/snail&style=openmoji&rm=1"': "not for a number",
    },
    "Exercise 4": {
        "far = start": "further: try other styles",
        "far = 1.5": "a state, such as",
    },
}
