from dataclasses import fields

import pytest
import torch

from gan_lessons.data.samples import Pairs, Samples

X = torch.arange(10.0).repeat_interleave(3).view(10, 3)


def samples(**changes):
    settings = {"batch": 6, "latent": 4, "seed": 0, **changes}
    return Samples(X, torch.arange(10), **settings)


def same(one, other):
    return all(getattr(one, f.name).equal(getattr(other, f.name)) for f in fields(one))


def pairs(**changes):
    a = torch.arange(8, dtype=torch.uint8)[:, None, None, None].expand(8, 3, 2, 2)
    return Pairs(a, a + 100, **{"paired": True, "batch": 6, "latent": 2, "seed": 0, **changes})


@pytest.mark.parametrize("kind", [samples, pairs])
def test_a_batch_is_a_function_of_seed_and_step(kind):
    torch.manual_seed(0)
    first = kind()
    later = [first(step) for step in (0, 1, 2)]
    torch.manual_seed(1)
    assert same(kind()(2), later[2])
    assert not same(later[0], later[2]) and not same(kind(seed=1)(2), later[2])


def test_samples_keep_their_classes_and_shapes():
    batch = samples(latent=(2, 5))(3)
    assert batch.x_real[:, 0].long().equal(batch.y)
    assert batch.x_real.shape == (6, 3) and batch.z.shape == (6, 2, 5) and len(batch) == 6
    assert batch.uniform.shape == (6, 4, 5)
    assert 0 <= batch.uniform.min() and batch.uniform.max() < 1


def test_without_classes_there_is_one():
    batch = Samples(X, batch=3, latent=1, seed=0)(0)
    assert batch.y.tolist() == [0, 0, 0]


def test_every_sample_comes_up_equally_often_and_noise_is_normal():
    batches = samples(batch=500)
    drawn = torch.cat([batches(step).y for step in range(20)]).bincount(minlength=10)
    assert (drawn - 1000).abs().max() < 4 * 30  # four standard deviations
    z = torch.cat([batches(step).z for step in range(20)])
    assert abs(z.mean().item()) < 0.02 and z.std().item() == pytest.approx(1, abs=0.02)


def test_bytes_become_numbers_from_minus_one_to_one():
    images = torch.tensor([0, 255], dtype=torch.uint8)[:, None, None, None].expand(2, 1, 2, 2)
    batch = Samples(images, torch.tensor([0, 1]), batch=8, latent=1, seed=0)(0)
    assert batch.x_real[:, 0, 0, 0].tolist() == [2.0 * y - 1 for y in batch.y.tolist()]


def test_paired_rows_answer_each_other_and_others_do_not():
    def distance(batch):
        return ((batch.x_b - batch.x_a)[:, 0, 0, 0] * 127.5).round()

    assert (distance(pairs()(0)) == 100).all()
    assert (distance(pairs(paired=False, batch=50)(0)) != 100).any()


def test_micro_batches_are_the_batch():
    batch = pairs()(0)
    parts = batch.split(2)
    assert [len(part) for part in parts] == [3, 3]
    assert torch.stack([p.x_a for p in parts], dim=1).flatten(0, 1).equal(batch.x_a)


def test_what_cannot_be_drawn_from_is_refused():
    with pytest.raises(ValueError, match="no samples"):
        Samples(X[:0], batch=2, latent=1, seed=0)
    with pytest.raises(ValueError, match="a class for each of 10 samples expected, got 3"):
        Samples(X, torch.arange(3), batch=2, latent=1, seed=0)
    with pytest.raises(ValueError, match="as many pictures in both domains, got 10 and 4"):
        Pairs(X, X[:4], paired=True, batch=2, seed=0)
    assert len(Pairs(X, X[:4], paired=False, batch=2, seed=0)(0)) == 2
