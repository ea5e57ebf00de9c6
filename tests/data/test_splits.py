"""No picture that is held out may be nearly one of those that are trained on."""

from collections import Counter, defaultdict

import pytest
import torch
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d, pad

from gan_lessons.data import emoji
from gan_lessons.data.archive import read_index, split_of
from gan_lessons.data.build.emoji_groups import COMMON
from gan_lessons.files import share

# Between drawings, as a share of what either differs from white. All pairs below 0.11 that were
# looked at are one picture with a detail changed; from 0.14 on they are plainly two things.
NEAR = 0.12
# Between photographs: correlation of what is left without the mean brightness.
ALIKE = 0.95


@pytest.fixture(scope="module")
def rows():
    return read_index(share("data", "emoji_styles", "emoji_styles_64.zip"))


@pytest.fixture(scope="module")
def maps(drawings):
    """What is seen of each drawing at sixteen pixels, slightly out of focus: `(N, 3, 16, 16)`."""
    small = [adaptive_avg_pool2d(part.float() / 255, 16) for part in drawings.images.split(512)]
    return avg_pool2d(pad(torch.cat(small), (1, 1, 1, 1), value=1.0), 3, 1)


def distances(one, other):
    """Between all pairs of drawings, as a share of what either differs from white: `(N, M)`."""
    one, other = (1 - one).flatten(1), (1 - other).flatten(1)
    ink = (one.square().sum(1)[:, None] + other.square().sum(1)[None]) / 2
    return torch.cdist(one, other) / ink.sqrt()


def near_pairs(dataset, maps, style, change=lambda x: x):
    """Pairs of rows of one style that lie closer than `NEAR`, the second one changed first."""
    index = dataset.indices(style=style)
    found = (distances(maps[index], change(maps[index])) < NEAR).nonzero()
    return [(int(index[i]), int(index[j])) for i, j in found.tolist() if i != j]


CHANGES = {
    "as it is": lambda x: x,
    "mirrored": lambda x: x.flip(3),
    "upside down": lambda x: x.flip(2),
    "turned": lambda x: x.rot90(1, (2, 3)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_no_near_twin_lies_on_the_other_side(drawings, maps, change):
    leaks = [
        (style, drawings.names[i], drawings.names[j])
        for style in drawings.styles
        for i, j in near_pairs(drawings, maps, style, change)
        if drawings.splits[i] != drawings.splits[j]
    ]
    assert not leaks


def test_the_measure_finds_twins(drawings, maps):
    """There is something to find: hundreds of near pairs, all of them inside their groups."""
    pairs = {
        frozenset((drawings.names[i], drawings.names[j]))
        for style in drawings.styles
        for i, j in near_pairs(drawings, maps, style)
    }
    assert len(pairs) > 1000
    assert frozenset(("slightly smiling face", "neutral face")) in pairs
    assert frozenset(("one oclock", "six oclock")) in pairs


def test_a_picture_is_near_itself_and_far_from_others(maps):
    apple, clock = maps[0:1], maps[500:501]
    assert distances(apple, apple).item() == 0
    assert distances(apple, apple + 0.01).item() < NEAR
    assert distances(apple, clock).item() > NEAR


def test_perceptual_hashes_agree(drawings):
    """A second opinion from a library: no hash of shape and colour is met on both sides."""
    import imagehash
    from PIL import Image

    sides = defaultdict(set)
    for i in drawings.indices(style="noto").tolist():
        image = Image.fromarray(drawings.images[i].permute(1, 2, 0).numpy())
        mark = (str(imagehash.phash(image)), str(imagehash.colorhash(image, 4)))
        sides[mark].add(drawings.splits[i] == "train")
    assert len(sides) > 1000
    assert not [mark for mark, found in sides.items() if len(found) > 1]


def test_a_group_lies_on_one_side(rows):
    sides = defaultdict(set)
    for row in rows:
        sides[row["group"]].add(row["split"])
    assert all(len(found) == 1 for found in sides.values())


def test_shares_are_about_85_5_and_10(rows):
    share_of = {s: n / len(rows) for s, n in Counter(row["split"] for row in rows).items()}
    assert 0.80 < share_of["train"] < 0.90
    assert 0.04 < share_of["valid"] < 0.07
    assert 0.08 < share_of["test"] < 0.12
    for style in emoji.STYLES:
        own = Counter(row["split"] for row in rows if row["style"] == style)
        assert own["test"] / own.total() > 0.08, style


def test_no_group_rules_the_test(rows):
    concepts = {row["key"]: row["group"] for row in rows if row["split"] == "test"}
    largest = Counter(concepts.values()).most_common(1)[0]
    assert len(set(concepts.values())) > 80
    assert largest[1] < 0.07 * len(concepts)
    sizes = Counter({row["key"]: row["group"] for row in rows}.values())
    assert {group for group, size in sizes.items() if size > 20} == COMMON


def test_split_depends_on_the_name_alone():
    assert [split_of(f"group {i}", "set") for i in range(12)] == [
        split_of(f"group {i}", "set") for i in range(12)
    ]
    many = Counter(split_of(f"group {i}", "set") for i in range(4000))
    assert 0.08 < many["test"] / 4000 < 0.12 and 0.03 < many["valid"] / 4000 < 0.07
    other = [split_of(f"group {i}", "another set") for i in range(100)]
    assert other != [split_of(f"group {i}", "set") for i in range(100)]


def test_no_photograph_is_held_out_beside_its_twin(pictures):
    photos = pictures.indices(style="photo").tolist()
    small = torch.stack(
        [adaptive_avg_pool2d(pictures.images[i][None].float(), 16).flatten() for i in photos]
    )
    small -= small.mean(1, keepdim=True)
    small /= small.norm(dim=1, keepdim=True)
    for change in (small, small.reshape(-1, 3, 16, 16).flip(3).flatten(1)):
        found = (small @ change.T > ALIKE).nonzero().tolist()
        pairs = [(photos[i], photos[j]) for i, j in found if i != j]
        leaks = [p for p in pairs if pictures.splits[p[0]] != pictures.splits[p[1]]]
        assert not [(pictures.keys[i], pictures.keys[j]) for i, j in leaks]


def test_works_are_held_out_whole(pictures):
    seen = defaultdict(set)
    for key, split in zip(pictures.keys, pictures.splits):
        seen[key].add(split)
    assert all(len(found) == 1 for found in seen.values())
