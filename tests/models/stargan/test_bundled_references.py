"""The bundled model in which references count: they do, and draws differ."""

import pytest
import torch

from gan_lessons import StyleTransfer, load_dataset, tensor_to_image
from gan_lessons.metrics import diversity, references
from gan_lessons.metrics.features import embed
from gan_lessons.metrics.style import judge

STYLE = "twemoji"


@pytest.fixture(scope="module")
def emoji():
    return load_dataset("emoji_styles")


def pictures(emoji, split: str, style: str, count: int) -> torch.Tensor:
    x = emoji.subset(split, style).images
    return x[:: len(x) // count][:count].float() / 127.5 - 1


def results(model: StyleTransfer, x: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
    """Each of N sources by each of K codes: (N, K, 3, H, W)."""
    made = [model.translate(one[None].expand(len(codes), -1, -1, -1), codes) for one in x]
    return torch.stack(made)


def spread(made: torch.Tensor, real: torch.Tensor) -> float:
    seen = torch.stack([embed(row)[0] for row in made])
    usual = diversity.diversity(embed(real)[0][None]).mean().item()
    return references.spread(seen, usual)


@pytest.mark.slow
def test_references_and_draws_decide_what_a_result_looks_like(emoji):
    model = StyleTransfer.load("emoji64_references", device="cpu", precision="fp32")
    asleep = StyleTransfer.load("emoji64", device="cpu", precision="fp32")
    sources = pictures(emoji, "test", "noto", 3)
    held_up = pictures(emoji, "train", STYLE, 6)
    shown = [tensor_to_image(x) for x in held_up]
    by_reference, by_draw, before = (
        spread(results(one, sources, codes), held_up)
        for one, codes in (
            (model, model.codes(STYLE, reference=shown)),
            (model, model.codes(STYLE, count=6, seed=0)),
            (asleep, asleep.codes(STYLE, reference=shown)),
        )
    )
    assert before < 0.01, "the sleeping model is what this one is compared with"
    assert by_reference > 0.1
    assert by_draw > 0.04


@pytest.mark.slow
def test_the_mean_code_of_a_style_has_its_look(emoji):
    model = StyleTransfer.load("emoji64_references", device="cpu", precision="fp32")
    known, sources = judge(), pictures(emoji, "test", "emojione", 12)
    z = torch.randn(200, model.config.model.latent_dim, generator=torch.Generator().manual_seed(0))
    means = model.networks["mapping_network"].every(z).mean(dim=1)
    shares = []
    for style in ("noto", "openmoji", "fluent_flat", "fluent_ink"):
        code = means[model.styles.index(style)][None]
        made = model.translate(sources, code.expand(len(sources), -1))
        shares.append(known.share(made, style))
    assert sum(shares) / len(shares) > 0.6  # without a first pass 0.4 and less
