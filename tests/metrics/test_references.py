"""Measures of references and draws, on cases whose answer is known."""

import pytest
import torch

from gan_lessons.evaluation.baselines import colour_transfer, palette
from gan_lessons.images.colour import visible
from gan_lessons.metrics.diversity import same_palettes
from gan_lessons.metrics.features import perceive
from gan_lessons.metrics.perceptual import apart
from gan_lessons.metrics.references import (
    Scale,
    consistency,
    diversity_of_what_is_right,
    each_by_itself,
    match,
    spread,
    style_statistics,
    worth,
)

SOURCES, REFERENCES, WIDTH = 6, 10, 32


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def x_ref():
    """Ten references that differ in colour and in hatching, `(10, 3, 48, 48)` in [-1, 1]."""
    random = chance()
    colours = torch.rand(REFERENCES, 3, 1, 1, generator=random) * 1.6 - 0.9
    across = torch.arange(48.0).expand(48, 48)
    waves = torch.stack([(across * (0.2 + 0.25 * k)).sin() for k in range(REFERENCES)])
    return (colours + 0.3 * waves[:, None]).clamp(-1, 0.8)


@pytest.fixture(scope="module")
def squares(x_ref):
    """The references as pictures on white paper."""
    paper = torch.ones_like(x_ref)
    paper[:, :, 6:42, 6:42] = x_ref[:, :, 6:42, 6:42]
    return paper


@pytest.fixture(scope="module")
def sources():
    """Discs of several radii on white paper, `(6, 3, 48, 48)`."""
    y, x = torch.meshgrid(torch.arange(48.0), torch.arange(48.0), indexing="ij")
    away = ((y - 24) ** 2 + (x - 24) ** 2).sqrt()
    radii = torch.linspace(15, 22, SOURCES)
    return torch.where(away < radii[:, None, None], -0.2, 1.0)[:, None].expand(-1, 3, -1, -1)


def scaled(x, scale):
    """Statistics of `(N, K, 3, H, W)`."""
    groups = style_statistics(x.flatten(0, 1))
    return scale(groups).unflatten(0, x.shape[:2])


@pytest.fixture(scope="module")
def scale(x_ref):
    return Scale(style_statistics(x_ref))


def filled(sources, x_ref):
    """An oracle of style: every source filled with what each reference is made of."""
    inked = visible(sources)[:, None]
    return torch.where(inked, x_ref[None], sources[:, None])


def test_a_sleeping_encoder_scores_one_a_tenth_and_nothing(sources, x_ref, scale):
    asleep = sources[:, None].expand(-1, REFERENCES, -1, -1, -1)
    features = perceive(asleep.flatten(0, 1)).unflatten(0, asleep.shape[:2])
    to_truth = apart(features, perceive(x_ref[:SOURCES])[:, None])
    assert worth(to_truth[:, 0], to_truth) == pytest.approx(1, abs=1e-6)
    assert match(scaled(asleep, scale), scaled(x_ref[None], scale)[0]).tolist() == (
        pytest.approx([1 / REFERENCES] * SOURCES)
    )
    assert spread(features, real=2.4) == pytest.approx(0, abs=1e-6)
    repainted = same_palettes(asleep)
    matched = perceive(repainted.flatten(0, 1)).unflatten(0, asleep.shape[:2])
    assert spread(matched, real=2.4) == pytest.approx(0, abs=1e-6)


def test_an_oracle_of_style_is_matched_by_its_references(sources, x_ref, squares):
    scale = Scale(style_statistics(squares))
    references = scaled(squares[None], scale)[0]
    oracle = match(scaled(filled(sources, x_ref), scale), references).mean().item()
    assert oracle > 0.9
    turned = squares.flip(3).roll(3, 3)  # the same style, elsewhere
    assert match(scaled(turned[None], scale), references).item() == 1
    palettes = [palette(one[None]) for one in squares]
    recoloured = [colour_transfer(sources, one) for one in palettes]
    colours = match(scaled(torch.stack(recoloured, dim=1), scale), references).mean().item()
    assert 1 / REFERENCES < colours < oracle  # hatching is part of these styles


def test_worth_is_the_ratio_of_means_and_zero_for_an_oracle():
    usual = torch.rand(SOURCES, REFERENCES, generator=chance()) + 1
    assert worth(torch.zeros(SOURCES), usual) == 0
    halved = usual.mean(dim=1) / 2
    assert worth(halved, usual) == pytest.approx(0.5)
    assert worth(usual[:, 0] * 2, usual[:, 0]) == pytest.approx(2)  # misled by the truth


def test_match_follows_the_reference_and_not_its_place():
    references = torch.randn(REFERENCES, WIDTH, generator=chance())
    order = torch.randperm(REFERENCES, generator=chance(1))
    near = references + 0.01 * torch.randn(3, REFERENCES, WIDTH, generator=chance(2))
    assert match(near, references).tolist() == [1, 1, 1]
    assert match(near[:, order], references[order]).tolist() == [1, 1, 1]
    moved = (order == torch.arange(REFERENCES)).float().mean().item()
    assert match(near[:, order], references).tolist() == pytest.approx([moved] * 3)
    own = torch.randn(3, REFERENCES, WIDTH, generator=chance(3))  # a set for each source
    assert match(own + 0.01, own).tolist() == [1, 1, 1]


def test_match_of_noise_is_chance():
    results = torch.randn(2000, REFERENCES, WIDTH, generator=chance())
    references = torch.randn(2000, REFERENCES, WIDTH, generator=chance(1))
    assert match(results, references).mean().item() == pytest.approx(0.1, abs=0.01)


def test_spread_of_real_pictures_is_one_and_of_half_as_wide_a_quarter():
    real = torch.randn(50, 8, WIDTH, generator=chance())
    width = 2.0 * WIDTH  # E |a - b|^2 of two normal vectors
    assert spread(real, width) == pytest.approx(1, abs=0.05)
    assert spread(real / 2, width) == pytest.approx(0.25, abs=0.02)  # distances are squares


def test_recoloured_results_spread_and_lose_it_when_palettes_are_matched(sources, x_ref):
    flat = torch.where(
        visible(sources)[:, None],
        x_ref.mean(dim=(2, 3), keepdim=True)[None],
        sources[:, None],
    )

    def wide(x):
        return spread(perceive(x.flatten(0, 1)).unflatten(0, x.shape[:2]), real=1.0)

    assert wide(flat) > 0.05
    assert wide(same_palettes(flat)) < 0.1 * wide(flat)


def letters(typefaces, count=26, letter=3.0, width=1.0, seed=0):
    """Statistics in which a letter and a typeface add up, `(M, L, D)`."""
    of_letter = letter * torch.randn(count, WIDTH, generator=chance(100))
    of_face = torch.randn(typefaces, 1, WIDTH, generator=chance(seed))
    return of_letter + width * of_face


def test_as_many_typefaces_as_there_are_is_the_right_diversity():
    real = letters(40).transpose(0, 1)
    drawn = letters(30, seed=1).transpose(0, 1)
    assert diversity_of_what_is_right(list(drawn), list(real)) == pytest.approx(1, abs=0.15)
    tame = letters(30, width=0.5, seed=1).transpose(0, 1)
    assert diversity_of_what_is_right(list(tame), list(real)) == pytest.approx(0.25, abs=0.05)
    one = letters(1, seed=1).expand(30, -1, -1).transpose(0, 1)
    assert diversity_of_what_is_right(list(one), list(real)) == pytest.approx(0, abs=1e-6)
    wild = letters(30, width=2.0, seed=1).transpose(0, 1)
    assert diversity_of_what_is_right(list(wild), list(real)) > 3


def test_letters_may_be_missing_from_some_typefaces():
    real = list(letters(12).transpose(0, 1))
    fewer = [real[0][:7], *real[1:]]
    assert diversity_of_what_is_right(real, fewer) == pytest.approx(1, abs=0.05)
    assert each_by_itself(fewer, real).coverage == pytest.approx(1)


def test_real_letters_cover_real_letters_and_one_typeface_covers_few():
    real = [torch.randn(60, 4, generator=chance(i)) for i in range(3)]
    same = each_by_itself(real, real)
    assert same.coverage == same.precision == 1
    others = each_by_itself(real, [torch.randn(60, 4, generator=chance(9 + i)) for i in range(3)])
    assert others.coverage > 0.9 and others.precision > 0.9
    one = each_by_itself(real, [x[:1] + 1e-4 * torch.arange(9.0)[:, None] for x in real])
    assert one.coverage < 0.3 and one.precision == 1
    swapped = each_by_itself([real[0], real[1] + 50], [real[1] + 50, real[0]])
    assert swapped.coverage == swapped.precision == 0  # the right set of pictures, wrong letters


def test_letters_of_one_typeface_are_consistent_and_mixed_ones_are_not():
    real = letters(30)
    assert consistency(real, real) == pytest.approx(0, abs=1e-5)
    assert consistency(letters(5, seed=7), real) == pytest.approx(0, abs=1e-5)
    rows = (torch.arange(30)[:, None] + torch.arange(26)) % 30
    mixed = real[rows, torch.arange(26)]  # each letter from another typeface
    assert consistency(mixed, real) == pytest.approx(1, abs=0.02)
    noisy = real + torch.randn(real.shape, generator=chance(8))  # what a real alphabet leaves
    assert 0.4 < consistency(noisy, noisy) < 0.6


def test_statistics_do_not_hang_on_type_batch_or_paper(x_ref, scale):
    whole = scale(style_statistics(x_ref))
    parts = scale(style_statistics(x_ref, batch=3))
    torch.testing.assert_close(parts, whole, rtol=1e-3, atol=1e-4)
    as_bytes = scale(style_statistics(((x_ref + 1) * 127.5).round().byte()))
    assert (as_bytes - whole).norm(dim=1).max() < 0.15 * whole.std(dim=0).norm()
    ink = style_statistics(torch.ones(1, 3, 48, 48))[-1]
    assert torch.equal(ink, torch.zeros(1, 6))  # nothing is drawn, so nothing is coloured


def test_groups_count_alike_on_the_pictures_of_the_scale(x_ref):
    groups = style_statistics(x_ref)
    scale = Scale(groups)
    own = [
        (g / w - (g / w).mean(dim=0)).square().sum(dim=1).mean()
        for g, w in zip(groups, scale.width)
    ]
    torch.testing.assert_close(torch.stack(own), torch.full((len(own),), 0.9), atol=0.1, rtol=0)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda t: worth(t(2), t(3)), "the same sources"),
        (lambda t: worth(t(2), t(2) * 0), "worth says nothing"),
        (lambda t: match(t(2, 3, 4), t(2, 4, 4)), "one result for each"),
        (lambda t: match(t(2, 1, 4), t(1, 4)), "2 references or more"),
        (lambda t: spread(t(2, 3, 4), 0.0), "must differ"),
        (lambda t: spread(t(2, 1, 4), 1.0), "2 draws or more"),
        (lambda t: diversity_of_what_is_right([t(3, 4)], []), "the same things"),
        (lambda t: diversity_of_what_is_right([t(3, 4)], [t(3, 4) * 0]), "nothing is diverse"),
        (lambda t: each_by_itself([t(3, 4)], [t(3, 4)]), "neighbours need more"),
        (lambda t: consistency(t(2, 3, 4), t(2, 5, 4)), "the same letters"),
        (lambda t: consistency(t(2, 3, 4), t(1, 3, 4)), "two typefaces"),
        (lambda t: consistency(t(2, 3, 4), t(2, 3, 4) * 0), "are one"),
        (lambda t: Scale([t(1, 4)]), "two pictures or more"),
    ],
)
def test_what_cannot_be_told_is_refused(call, told):
    with pytest.raises(ValueError, match=told):
        call(lambda *shape: torch.rand(*shape, generator=chance()))
