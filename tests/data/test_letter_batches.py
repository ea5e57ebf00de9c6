from dataclasses import fields, replace

import pytest

from gan_lessons.augment import WARPED
from gan_lessons.config import DataConfig
from gan_lessons.data.letter_batches import LetterBatches
from gan_lessons.data.letters import PLAIN
from gan_lessons.data.load import load_dataset


@pytest.fixture(scope="module")
def dataset():
    return load_dataset("letters")


@pytest.fixture(scope="module")
def rows(dataset):
    """From the bytes of a picture to all rows that have them; some typefaces share letters."""
    found = {}
    for row, x in enumerate(dataset.images):
        found.setdefault(x[0].numpy().tobytes(), set()).add(row)
    return found


def batches_of(dataset, **settings):
    given = {"batch": 24, "latent_dim": 4, "seed": 0, **settings}
    return LetterBatches(dataset, DataConfig(name="letters", size=64), **given)


def found(rows, x):
    return [rows[((one[0] + 1) * 127.5).round().byte().numpy().tobytes()] for one in x]


def test_references_are_other_letters_of_the_wanted_typeface(dataset, rows):
    batch = batches_of(dataset)(3)
    columns = [found(rows, x) for x in (batch.x_trg, batch.x_ref, batch.x_ref2)]
    for label, *of in zip(batch.y_trg.tolist(), *columns, strict=True):
        faces = [{dataset.series[row] for row in own} for own in of]
        together = set.intersection(*faces)
        assert together
        of_domain = [{row for row in own if int(dataset.labels[row]) == label} for own in of]
        letters = [{dataset.keys[row] for row in own} for own in of_domain]
        assert all(letters) and len(set().union(*letters)) >= 3


@pytest.mark.parametrize("split", ["train", "valid"])
def test_only_typefaces_of_the_split_are_seen(dataset, rows, split):
    batches = batches_of(dataset, split=split)
    for step in range(3):
        batch = batches(step)
        for x in (batch.x_trg, batch.x_ref, batch.x_ref2):
            for own in found(rows, x):
                assert split in {dataset.splits[row] for row in own}


@pytest.mark.parametrize("paired", [True, False])
def test_sources_are_the_plain_typefaces_and_the_same_letter_only_in_pairs(dataset, rows, paired):
    batch = batches_of(dataset, paired=paired, batch=64)(0)
    same = 0
    for source, wanted in zip(found(rows, batch.x_real), found(rows, batch.x_trg), strict=True):
        assert PLAIN in {dataset.series[row] for row in source}
        same += bool({dataset.keys[r] for r in source} & {dataset.keys[r] for r in wanted})
    assert same == 64 if paired else same < 16


def test_a_batch_is_a_function_of_seed_and_step(dataset):
    one, again, other = batches_of(dataset)(5), batches_of(dataset)(5), batches_of(dataset)(6)
    assert all(getattr(one, f.name).equal(getattr(again, f.name)) for f in fields(one))
    assert not one.x_trg.equal(other.x_trg)
    assert one.warped.shape == (24, WARPED)


def test_parts_of_a_batch_are_rows_of_it(dataset):
    batch = batches_of(dataset)(0)
    parts = batch.split(3)
    assert [len(part) for part in parts] == [8, 8, 8]
    assert parts[1].x_trg[0].equal(batch.x_trg[1])


def test_sets_that_do_not_say_what_is_needed_are_refused(dataset):
    with pytest.raises(ValueError, match="emoji_styles does not say which letters are of one"):
        batches_of(load_dataset("emoji_styles"))
    unknown = tuple("other" if face == PLAIN else face for face in dataset.series)
    with pytest.raises(ValueError, match=PLAIN):
        batches_of(replace(dataset, series=unknown))
    with pytest.raises(ValueError, match="style 'sans' has no typeface of three letters for 'no'"):
        batches_of(dataset, split="no")
