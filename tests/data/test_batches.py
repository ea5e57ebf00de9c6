from collections import Counter
from dataclasses import fields

import pytest
import torch
from torch.nn import functional as F

from gan_lessons.config import DataConfig
from gan_lessons.data.batches import Batches, generator_at
from gan_lessons.data.style_dataset import StyleDataset

ROWS = 60
STYLES = ("one", "two", "three")


class Lazy:
    """Ragged pictures that are made when asked for, and remember who was asked."""

    def __init__(self, sizes):
        self.sizes, self.asked = sizes, Counter()

    def __len__(self):
        return len(self.sizes)

    def __getitem__(self, index):
        self.asked[index] += 1
        height, width = self.sizes[index]
        y = torch.arange(height, dtype=torch.uint8)[:, None].expand(-1, width)
        x = torch.arange(width, dtype=torch.uint8)[None].expand(height, -1)
        return torch.stack([y, x, torch.full_like(x, index)])


def dataset_of(images, splits=None):
    return StyleDataset(
        name="numbered",
        styles=STYLES,
        images=images,
        labels=torch.arange(ROWS) % 3,
        keys=tuple(map(str, range(ROWS))),
        splits=splits or tuple("valid" if i % 10 > 7 else "train" for i in range(ROWS)),
    )


def numbered():
    """Images whose every pixel is their row number."""
    rows = torch.arange(ROWS, dtype=torch.uint8)
    return dataset_of(rows[:, None, None, None].expand(-1, 3, 8, 8))


def batches_of(dataset, *, batch=8, seed=0, split="train", **data):
    settings = DataConfig(**{"name": "numbered", "size": 8, **data})
    return Batches(dataset, settings, batch=batch, latent_dim=4, seed=seed, split=split)


def rows_of(x):
    return ((x[:, 2, 0, 0] + 1) * 127.5).round().int().tolist()


def same(one, other):
    return all(getattr(one, f.name).equal(getattr(other, f.name)) for f in fields(one))


def test_a_batch_has_the_documented_shapes_and_ranges(tiny_dataset):
    batch = batches_of(tiny_dataset, size=16)(0)
    assert len(batch) == 8
    for x in (batch.x_real, batch.x_ref, batch.x_ref2):
        assert x.shape == (8, 3, 16, 16) and x.dtype == torch.float32
        assert x.min() > -1.0001 and x.max() < 1.0001 and x.max() - x.min() > 1
    assert batch.z_trg.shape == batch.z_trg2.shape == (8, 4)
    assert batch.uniform.shape == (8, 3, 5)
    assert batch.uniform.min() >= 0 and batch.uniform.max() < 1


def test_a_batch_is_a_function_of_seed_and_step():
    crops = {"crop_scale": 0.5, "flip": True}
    first, second = (batches_of(numbered(), seed=3, **crops) for _ in range(2))
    in_order = [first(step) for step in range(5)]
    torch.manual_seed(99)  # global randomness has no say
    for step in (4, 0, 3, 3, 1, 2):
        assert same(second(step), in_order[step])
    other = batches_of(numbered(), seed=4, **crops)
    for one, two in ((in_order[0], in_order[1]), (in_order[0], other(0))):
        assert not one.z_trg.equal(two.z_trg)
        assert not one.x_real.equal(two.x_real)
        assert not one.uniform.equal(two.uniform)


def test_no_draw_of_a_batch_repeats_another():
    batch = batches_of(numbered(), batch=64)(0)
    assert not batch.z_trg.equal(batch.z_trg2)
    assert not batch.x_ref.equal(batch.x_ref2)
    assert not batch.y_org.equal(batch.y_trg)
    assert len(batch.uniform.unique()) > 0.99 * batch.uniform.numel()
    assert batch.z_trg.std().item() == pytest.approx(1, abs=0.15)


def test_no_two_steps_or_seeds_share_their_randomness():
    numbers = {
        torch.rand(1, generator=generator_at(seed, step), dtype=torch.float64).item()
        for seed in (-1, 0, 1, 2, 12345)
        for step in range(400)
    }
    assert len(numbers) == 5 * 400


@pytest.mark.parametrize("split", ["train", "valid"])
def test_only_rows_of_the_split_are_used_and_all_of_them(split):
    dataset = numbered()
    batches = batches_of(dataset, split=split, batch=16)
    used = set()
    for step in range(60):
        batch = batches(step)
        for x in (batch.x_real, batch.x_ref, batch.x_ref2):
            used |= set(rows_of(x))
    assert used == set(dataset.indices(split).tolist())


def test_images_belong_to_the_domains_they_are_said_to():
    dataset, batches = numbered(), batches_of(numbered(), batch=32)
    for step in range(5):
        batch = batches(step)
        for x, domains in (
            (batch.x_real, batch.y_org), (batch.x_ref, batch.y_trg), (batch.x_ref2, batch.y_trg)
        ):  # fmt: skip
            assert dataset.labels[rows_of(x)].equal(domains)


def test_every_style_occurs_alike_as_source_and_as_target():
    batches = batches_of(numbered(), batch=20)
    pairs = Counter()
    for step in range(90):
        batch = batches(step)
        pairs.update(zip(batch.y_org.tolist(), batch.y_trg.tolist(), strict=True))
    assert len(pairs) == 9
    assert min(pairs.values()) > 0.7 * 200 and max(pairs.values()) < 1.3 * 200


@pytest.mark.parametrize("batch", [2, 4, 6, 16])
def test_half_of_a_batch_takes_its_style_from_a_latent(batch):
    drawn = batches_of(numbered(), batch=batch)(0)
    assert drawn.from_latent.sum() == batch // 2


def test_two_processes_together_see_what_one_would():
    whole = batches_of(numbered(), batch=16)(7)
    halves = [whole.rows(slice(p, None, 2)) for p in range(2)]
    for field in fields(whole):
        joined = torch.stack([getattr(half, field.name) for half in halves], dim=1).flatten(0, 1)
        assert joined.equal(getattr(whole, field.name))
    for half in halves:
        assert len(half) == 8 and half.from_latent.sum() == 4


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("parts", [1, 2, 4])
def test_micro_batches_are_the_batch_and_each_has_both_kinds(processes, parts):
    whole = batches_of(numbered(), batch=16)(2).rows(slice(0, None, processes))
    micros = whole.split(parts)
    assert [len(micro) for micro in micros] == [16 // processes // parts] * parts
    for field in fields(whole):
        joined = torch.cat([getattr(micro, field.name) for micro in micros])
        order = torch.cat([torch.arange(len(whole))[p::parts] for p in range(parts)])
        assert joined.equal(getattr(whole, field.name)[order])
    for micro in micros:
        assert micro.from_latent.any() and not micro.from_latent.all()


def test_pixels_run_from_minus_one_to_one():
    images = torch.zeros(ROWS, 3, 8, 8, dtype=torch.uint8)
    images[..., 4:] = 255
    x = batches_of(dataset_of(images))(0).x_real
    assert x[..., :4].eq(-1).all() and x[..., 4:].eq(1).all()


def test_another_size_is_resized_with_a_filter():
    images = torch.randint(0, 256, (ROWS, 3, 32, 32), dtype=torch.uint8)
    batches = batches_of(dataset_of(images))
    x = batches.take(torch.tensor([5, 9]), torch.zeros(2, 4))
    means = F.avg_pool2d(images[[5, 9]].float(), 16)
    torch.testing.assert_close(F.avg_pool2d((x + 1) * 127.5, 4), means, rtol=0.1, atol=6)


def test_mirroring_turns_half_of_the_images_over():
    ramp = torch.arange(8, dtype=torch.uint8).expand(ROWS, 3, 8, 8)
    batches = batches_of(dataset_of(ramp), batch=32, flip=True)
    x = torch.cat([batches(step).x_real for step in range(8)])
    turned = (x[:, 0, 0, 0] > x[:, 0, 0, 7]).float()
    assert 0.4 < turned.mean() < 0.6
    plain = batches_of(dataset_of(ramp), batch=32)(0).x_real
    assert (plain[..., 0] < plain[..., 7]).all()


# Crops and ragged, lazy images


SIZES = [(20 + i, 30 - i // 3) if i % 2 else (16, 40 + i) for i in range(ROWS)]


@pytest.mark.parametrize("crop_scale", [1.0, 0.5])
def test_crops_are_squares_within_the_picture(crop_scale):
    dataset = dataset_of(Lazy(SIZES))
    batches = batches_of(dataset, crop_scale=crop_scale)
    sides, corners = [], []
    for step in range(40):
        x = batches(step).x_real
        for picture, row in zip((x + 1) * 127.5, rows_of(x), strict=True):
            height, width = SIZES[row]
            # The values are coordinates: a crop of side a, resized to 8, climbs a / 8 a pixel.
            down, right = picture[0].mean(dim=1), picture[1].mean(dim=0)
            side = 8 * (down[5] - down[2]).item() / 3
            assert 8 * (right[5] - right[2]).item() / 3 == pytest.approx(side, rel=0.05)
            top = (down[3:5].mean() - (side - 1) / 2).item()
            left = (right[3:5].mean() - (side - 1) / 2).item()
            assert -0.5 < top and top + side < height + 0.5
            assert -0.5 < left and left + side < width + 0.5
            short = min(height, width)
            sides.append(side / short)
            corners.append((top / (height - side + 1e-6), left / (width - side + 1e-6)))
    assert min(sides) > crop_scale - 0.06 and max(sides) < 1.03
    assert min(sides) < crop_scale + 0.05 and max(sides) > 0.97
    free = [c for pair in corners for c in pair if 0 <= c <= 1]
    assert min(free) < 0.1 and max(free) > 0.9


def test_lazy_images_are_decoded_only_when_drawn():
    images = Lazy(SIZES)
    batches = batches_of(dataset_of(images), batch=4)
    assert not images.asked
    batch = batches(0)
    drawn = rows_of(batch.x_real) + rows_of(batch.x_ref) + rows_of(batch.x_ref2)
    assert images.asked == Counter(drawn)


def test_a_list_of_equal_images_gives_what_a_tensor_gives():
    images = torch.randint(0, 256, (ROWS, 3, 8, 8), dtype=torch.uint8)
    from_tensor = batches_of(dataset_of(images))
    from_list = batches_of(dataset_of(list(images)))
    assert same(from_tensor(3), from_list(3))


def test_a_style_with_too_few_images_is_named():
    # Of style "two" every image but one is kept for validation.
    splits = tuple("valid" if i % 3 == 1 and i > 1 else "train" for i in range(ROWS))
    with pytest.raises(ValueError, match="'two' has 1 images for 'train'"):
        batches_of(dataset_of(Lazy(SIZES), splits))


def test_results_of_a_step_are_in_as_few_styles_as_asked_for():
    batches = batches_of(numbered(), batch=16, targets=2)
    seen = [set(batches(step).y_trg.tolist()) for step in range(30)]
    assert all(len(styles) <= 2 for styles in seen)
    assert {style for styles in seen for style in styles} == {0, 1, 2}
    assert any(len(set(batches(step).y_org.tolist())) == 3 for step in range(5))


def test_asking_for_as_many_styles_as_there_are_changes_who_is_asked_for_nothing_else():
    plain, all_of_them = batches_of(numbered()), batches_of(numbered(), targets=3)
    assert plain(4).x_real.equal(batches_of(numbered())(4).x_real)
    assert plain(4).y_org.equal(all_of_them(4).y_org)


def test_crops_take_no_more_than_the_largest_share():
    dataset = dataset_of(Lazy([(64, 64)] * ROWS))
    batch = batches_of(dataset, crop_scale=0.25, crop_most=0.5)(0)
    row = batch.x_real[:, 1, 0]
    wide = (row.amax(dim=1) - row.amin(dim=1)) * 127.5 + 2
    assert wide.max() <= 34 and wide.min() >= 12


def test_every_second_source_is_of_the_style_asked_for():
    batch = batches_of(numbered(), batch=16, sources="two")(0)
    assert (batch.y_org[::2] == 1).all()
    assert len(set(batch.y_org[1::2].tolist())) > 1
    others = batches_of(numbered(), batch=16)(0)
    assert not (others.y_org[::2] == 1).all()


def test_sources_of_a_style_that_is_not_there_are_refused():
    with pytest.raises(ValueError, match=r"\(one, two, three\).*got 'four'"):
        batches_of(numbered(), sources="four")
