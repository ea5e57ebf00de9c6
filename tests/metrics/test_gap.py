import pytest
import torch
from torch.nn.functional import normalize

from gan_lessons.metrics import gap
from gan_lessons.metrics.frechet import kernel_distance
from gan_lessons.metrics.gap import Ground, Results, Weights, kernel_means

WIDE = 16


def pictures(count, crops, around, seed=0, apart=1.0):
    """Features of crops: pictures differ by `apart`, the crops of one by a tenth."""
    chance = torch.Generator().manual_seed(seed)
    own = around + apart * torch.randn(count, 1, WIDE, generator=chance)
    return own + 0.1 * torch.randn(count, crops, WIDE, generator=chance)


def axis(number, length=4.0):
    x = torch.zeros(WIDE)
    x[number] = length
    return x


@pytest.fixture
def painter():
    """Twelve photographs, six training works and three held-out ones."""
    photos, works = pictures(12, 3, axis(0)), pictures(9, 5, axis(1), seed=1)
    train = torch.tensor([1.0] * 6 + [0] * 3).double()
    return photos, works, train, 1 - train


def once(photos, works):
    return Weights(torch.ones(1, photos).double(), torch.ones(1, works).double())


def share(photos, works, results, train, held, of=None):
    """How far results `(N, K, C, D)` go, as a share."""
    ground, weights = Ground.of(photos, works), once(len(photos), len(works))
    shares = of if of is not None else torch.ones(1, results.shape[1]).double()
    made = Results.of(results, works)
    way = gap.closed(ground, made, weights, shares=shares, held=held)
    return (way / gap.gap(ground, weights, train=train, held=held)).item()


def test_the_kernel_is_that_of_kid_on_features_of_one_length():
    a, b = torch.randn(2, 3, 2, WIDE, generator=torch.Generator().manual_seed(0)).unbind(0)
    one = torch.dot(normalize(a[1, 0], dim=0), normalize(b[2, 1], dim=0))
    single = kernel_means(a[1:2, :1], b[2:3, 1:])
    assert single.item() == pytest.approx((one.item() + 1) ** 3, rel=1e-5)
    assert kernel_means(a, b)[1, 2] == pytest.approx(
        kernel_means(a.flatten(0, 1)[:, None], b.flatten(0, 1)[:, None])[2:4, 4:6].mean().item()
    )


def test_of_one_crop_a_picture_it_is_the_unbiased_kid():
    photos, works = pictures(8, 1, axis(0)), pictures(8, 1, axis(1), seed=1)
    flat = [normalize(x[:, 0], dim=1) * WIDE**0.5 for x in (works, photos)]
    wanted, _ = kernel_distance(*flat, subsets=1, subset=8)
    found = gap.start(Ground.of(photos, works), held=torch.ones(8))
    assert found == pytest.approx(wanted, rel=1e-4)


def test_untouched_photographs_have_gone_no_way_and_training_works_all_of_it(painter):
    photos, works, train, held = painter
    assert share(photos, works, photos[:, None], train, held) == pytest.approx(0, abs=1e-9)
    as_results = works[:6, None]
    ground, weights = Ground.of(photos[:6], works), once(6, 9)
    made = Results.of(as_results, works)
    way = gap.closed(ground, made, weights, shares=torch.ones(1, 1).double(), held=held)
    assert (way / gap.gap(ground, weights, train=train, held=held)).item() == pytest.approx(1)


def test_new_pictures_of_the_painter_go_all_the_way_and_what_goes_astray_goes_back(painter):
    photos, works, train, held = painter
    new = pictures(200, 1, axis(1), seed=5)[:, None]
    many = pictures(200, 3, axis(0), seed=6)
    assert share(many, works, new, train, held) == pytest.approx(1, abs=0.2)
    assert share(many, works, pictures(200, 1, axis(2), seed=7)[:, None], train, held) < 0.1
    half = pictures(200, 1, (axis(0) + axis(1)) / 2**0.5, seed=8)[:, None]
    assert 0.2 < share(many, works, half, train, held) < 0.9


def test_crops_of_one_picture_do_not_count_as_alike(painter):
    """Many crops of few works would look like a cluster of their own to a plain KID."""
    photos, works, train, held = painter
    narrow = [pictures(9, 5, axis(1), seed=s) for s in range(40)]
    found = []
    for own in narrow:
        ground = Ground.of(photos, own)
        way = gap.gap(ground, once(12, 9), train=train, held=held).item()
        found.append(gap.start(ground, held=held) - way)
    floor = sum(found) / len(found)
    plain = [
        kernel_distance(
            *(normalize(x.flatten(0, 1), dim=1) * WIDE**0.5 for x in (own[6:], own[:6])), subsets=1
        )[0]
        for own in narrow
    ]
    assert abs(floor) < 0.2 * sum(plain) / len(plain)  # training and held-out works are of a kind


def test_results_by_a_reference_count_as_often_as_it_does(painter):
    photos, works, train, held = painter
    two = torch.stack([photos, pictures(12, 3, axis(1), seed=9)], dim=1)
    ends = [
        share(photos, works, two, train, held, of=torch.tensor([weights]).double())
        for weights in ([1, 0], [0, 1])
    ]
    assert ends[0] == pytest.approx(0, abs=1e-9) and ends[1] > 0.6
    assert ends[0] < share(photos, works, two, train, held) < ends[1]


def test_a_bootstrap_draws_pictures_and_its_first_row_counts_each_once():
    groups = torch.tensor([1] * 6 + [2] * 2)
    found = Weights.drawn(5, groups, 300, (0, 1))
    assert (found.photos[0] == 1).all() and (found.works[0] == 1).all()
    assert (found.photos.sum(dim=1) == 5).all()
    assert (found.works[:, :6].sum(dim=1) == 6).all() and (found.works[:, 6:].sum(dim=1) == 2).all()
    assert ((found.works[:, :6] > 0).sum(dim=1) > 1).all()  # distances need two
    alone = (found.works[1:, 6:] == 2).any(dim=1).double().mean()
    assert alone.item() == pytest.approx(0.5, abs=0.1)
    again, other = Weights.drawn(5, groups, 300, (7, 1)), Weights.drawn(5, groups, 300, (0, 2))
    assert torch.equal(again.works, found.works) and not torch.equal(again.photos, found.photos)
    assert torch.equal(other.photos, found.photos) and not torch.equal(other.works, found.works)


def test_a_picture_that_was_drawn_twice_is_that_picture_twice(painter):
    photos, works, train, held = painter
    counts = torch.tensor([[2.0, 0, 1] + [1] * 9]).double()
    weights = Weights(counts, torch.ones(1, 9).double())
    found = gap.gap(Ground.of(photos, works), weights, train=train, held=held)
    rows = [0, *range(2, 12)]
    w = counts[0, rows]
    kernel = Ground.of(photos[rows], works)
    pairs = w[:, None] * w * (1 - torch.eye(11))
    among = (pairs * kernel.photos).sum() / pairs.sum()
    across = (w @ kernel.across[:, 6:].mean(dim=1)) / w.sum()
    own, h = kernel.works[:6, :6], kernel.works[:6, 6:].mean()
    inner = (own.sum() - own.diag().sum()) / 30
    assert found.item() == pytest.approx((among - 2 * across - inner + 2 * h).item())
