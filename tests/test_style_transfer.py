import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from gan_lessons.images import tiles
from gan_lessons.images.gate import ImageError, image_to_tensor, open_image
from gan_lessons.images.tiles import centre_square
from gan_lessons.models.stargan.architecture import USED as NETWORKS
from gan_lessons.models.stargan.networks import build
from gan_lessons.models.store import all_bundled
from gan_lessons.style_transfer import StyleTransfer

STYLES = ("discs", "squares", "stripes")


@pytest.fixture(scope="module")
def awake(tiny_config):
    """A model with random weights that changes a picture as much as a trained one."""

    def make(kind="modulated", precision="fp32"):
        config = tiny_config.override({"data.size": 32, "model.generator": kind})
        networks = build(config.model, seed=3)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(4)
            nn.init.normal_(networks["generator"].to_rgb.weight, std=0.2)
        chosen = {name: networks[name] for name in NETWORKS}
        return StyleTransfer(
            chosen, styles=STYLES, config=config, device="cpu", precision=precision
        )

    return make


@pytest.fixture(scope="module")
def model(awake):
    return awake()


@pytest.fixture(scope="module")
def model_folder(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("awake") / "model"
    model.save(folder)
    return folder


@pytest.fixture(scope="module")
def idle(tiny_config):
    """A model as it is before training: it returns its source."""
    networks = build(tiny_config.model)
    chosen = {name: networks[name] for name in NETWORKS}
    return StyleTransfer(chosen, styles=STYLES, config=tiny_config, device="cpu", precision="fp32")


@pytest.fixture(scope="module")
def picture(tiny_dataset):
    return Image.fromarray(tiny_dataset.images[15].permute(1, 2, 0).numpy())


def noise(width, height, seed=0):
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(256, (height, width, 3), generator=generator, dtype=torch.uint8)
    return Image.fromarray(pixels.numpy())


def difference(one, other):
    return (image_to_tensor(one) - image_to_tensor(other)).abs().mul(127.5)


def same(ones, others):
    return [one.tobytes() for one in ones] == [other.tobytes() for other in others]


# Loading and saving


def test_a_saved_model_gives_the_same_pictures(tiny_model, tmp_path, picture):
    first = StyleTransfer.load(tiny_model, device="cpu", precision="fp32")
    first.save(tmp_path / "copy")
    again = StyleTransfer.load(str(tmp_path / "copy"), device="cpu", precision="fp32")
    assert again.styles == first.styles == STYLES and again.size == first.size == 16
    assert (again.config, again.run) == (first.config, first.run) and first.run["steps"] == 4
    for style in STYLES:
        assert same(again.restyle(picture, style, count=3), first.restyle(picture, style, count=3))
    card = (tmp_path / "copy" / "README.md").read_text()
    assert card.startswith("---\nlibrary_name") and "# copy" in card
    assert "4 of 4 source images (16 images seen)" in card


def test_half_precision_on_the_disk_costs_at_most_a_shade(model, tmp_path, picture):
    model.save(tmp_path)
    stored = StyleTransfer.load(tmp_path, device="cpu", precision="fp32")
    for one, other in zip(
        model.restyle(picture, "discs", count=4),
        stored.restyle(picture, "discs", count=4),
        strict=True,
    ):
        assert difference(one, other).max() <= 1.01


def test_a_model_of_unknown_origin_can_be_saved(model, tmp_path):
    assert model.run == {}
    model.save(tmp_path / "made")
    assert "not recorded" in (tmp_path / "made" / "README.md").read_text()


@pytest.mark.parametrize("name", ["nothing", "./owner/name", "a/b/c"])
def test_an_unknown_model_is_refused_with_what_would_do(name):
    with pytest.raises(ValueError, match="no model.*folder.*hub.*bundled"):
        StyleTransfer.load(name)


def test_a_file_or_an_empty_folder_is_no_model(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(ValueError, match="is a file; give the folder"):
        StyleTransfer.load(tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match="holds no model: config.json is missing"):
        StyleTransfer.load(tmp_path)


def test_without_a_connection_the_hub_is_refused_in_one_sentence(monkeypatch, tmp_path):
    settings = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(settings, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(settings, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ValueError, match="no folder 'owner/name' here, and the Hugging Face") as no:
        StyleTransfer.load("owner/name")
    assert "\n" not in str(no.value)


def test_half_precision_on_a_cpu_is_refused(awake):
    with pytest.raises(ValueError, match="fp16"):
        awake(precision="fp16")


@pytest.mark.parametrize("name", all_bundled())
@pytest.mark.parametrize("size", [(1, 1), (3, 1), (1, 70), (5, 9)])
def test_every_bundled_model_takes_the_smallest_pictures(name, size):
    """Borders that a network mirrors have to be there."""
    model = StyleTransfer.load(name, device="cpu", precision="fp32")
    dot = Image.new("RGB", (1, 1), "red")
    reference = dot if model.kind.needs_reference or model.kind.draws else None
    (made,) = model.restyle(Image.new("RGB", size), model.styles[0], reference=reference)
    assert made.size == size


# Results


def test_a_result_depends_on_picture_style_seed_and_number_alone(model, picture):
    torch.manual_seed(1)
    first = model.restyle(picture, "squares", count=5, seed=2)
    torch.manual_seed(2)
    expected = torch.rand(1)
    torch.manual_seed(2)
    assert same(model.restyle(picture, "squares", count=5, seed=2), first)
    assert torch.rand(1).equal(expected)  # global randomness is left alone
    assert len({result.tobytes() for result in first}) == 5
    for other in (
        model.restyle(picture, "squares", count=5, seed=3),
        model.restyle(picture, "discs", count=5, seed=2),
        model.restyle(noise(32, 32), "squares", count=5, seed=2),
    ):
        assert not {r.tobytes() for r in first} & {r.tobytes() for r in other}


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("kind", ["modulated", "adain"])
@pytest.mark.parametrize("size", [(32, 32), (129, 65), (300, 300)])
def test_a_result_does_not_depend_on_how_many_are_asked_for(awake, kind, precision, size):
    model = awake(kind, precision)
    many = model.restyle(noise(*size), "stripes", count=7, seed=1)
    for count in (1, 2, 4):
        few = model.restyle(noise(*size), "stripes", count=count, seed=1)
        for one, other in zip(few, many, strict=False):
            assert difference(one, other).max() <= 1.01  # a sum in another order may round over


def test_bf16_paints_what_fp32_paints(awake, picture):
    for kind in ("modulated", "adain"):
        full, half = (awake(kind, p).restyle(picture, "discs", count=3) for p in ("fp32", "bf16"))
        for one, other in zip(full, half, strict=True):
            assert 0 < difference(one, other).mean() < 4
            assert difference(one, other).mean() < 0.2 * difference(one, picture).mean()


def test_an_unknown_style_is_refused_with_the_known_ones(model, picture):
    for call in (
        lambda: model.restyle(picture, "cubism"),
        lambda: model.interpolate(picture, "discs", "cubism"),
        lambda: model.interpolate(picture, ("cubism", 3), "discs"),
    ):
        with pytest.raises(ValueError, match="no style 'cubism'.*discs, squares, stripes"):
            call()


@pytest.mark.parametrize("count", [0, -1])
def test_less_than_one_result_is_refused(model, picture, count):
    with pytest.raises(ValueError, match=f"count must be 1 or more, got {count}"):
        model.restyle(picture, "discs", count=count)


# Sizes


SIZES = [(1, 1), (1, 40), (17, 33), (64, 16), (1440, 720)]


@pytest.mark.parametrize("size", SIZES)
def test_a_model_that_changes_nothing_returns_a_picture_of_any_size_as_it_was(idle, size):
    source = noise(*size)
    assert same(idle.restyle(source, "discs", count=2), [source, source])


@pytest.mark.parametrize(
    ("kind", "size"),
    [("modulated", size) for size in SIZES] + [("adain", size) for size in SIZES[:-1]],
)
def test_pictures_of_any_size_are_restyled(awake, kind, size):
    (result,) = awake(kind).restyle(noise(*size), "stripes")
    assert result.size == size and result.mode == "RGB"
    assert difference(result, noise(*size)).mean() > 1


@pytest.mark.parametrize("kind", ["modulated", "adain"])
def test_a_large_picture_in_tiles_is_the_picture_in_one(awake, kind):
    model = awake(kind)
    x = image_to_tensor(noise(90, 54).resize((150, 90)))[None]
    s = model.codes("discs", count=2)
    whole, cut = model.translate(x, s), model.translate(x, s, tile=48)
    assert whole.shape == cut.shape == (2, 3, 90, 150)
    assert (whole - x).abs().mean() > 0.02
    assert (whole - cut).abs().max() < 1 / 127.5


def test_a_long_picture_that_holds_no_more_than_a_tile_is_not_cut(model, monkeypatch):
    cut_up = []
    monkeypatch.setattr(tiles, "translate", lambda *given: cut_up.append(given[-1]) or given[2])
    s = model.codes("discs")
    for width in (72, 88):  # of 32 pixels height: once within 48 x 48, once beyond
        model.translate(image_to_tensor(noise(width, 32))[None], s, tile=48)
    assert cut_up == [48]


@pytest.mark.parametrize(("size", "expected"), [(32, (64, 32)), (50, (100, 50)), (None, (90, 45))])
def test_a_picture_may_be_worked_on_at_another_size(model, size, expected):
    (result,) = model.restyle(noise(90, 45), "discs", size=size)
    assert result.size == expected


def test_a_size_below_one_is_refused(model, picture):
    with pytest.raises(ValueError, match="size is a number of pixels, 1 or more, got 0"):
        model.restyle(picture, "discs", size=0)


def test_translate_keeps_to_the_range_and_to_each_source(model):
    x = torch.stack([image_to_tensor(noise(32, 32, seed)) for seed in range(3)])
    s = model.codes("squares", count=3)
    together = model.translate(x, s)
    assert together.dtype == torch.float32 and together.abs().max() <= 1
    for i in range(3):
        torch.testing.assert_close(together[i], model.translate(x[i : i + 1], s[i : i + 1])[0])


# References and walks


def test_a_reference_lends_its_style(model, picture):
    results = model.restyle(picture, "discs", count=3, reference=noise(70, 40), seed=1)
    x = centre_square(image_to_tensor(noise(70, 40))[None], 32)
    with torch.inference_mode():
        own = model.networks["style_encoder"](x, torch.tensor([0]))
    drawn = model.codes("discs", count=3, seed=1)
    expected = torch.cat([own, own + (drawn[1:] - own) / 3])
    codes = model.codes("discs", count=3, reference=noise(70, 40), seed=1)
    torch.testing.assert_close(codes, expected)
    (first,) = model.restyle(picture, "discs", reference=noise(70, 40), seed=99)
    assert difference(first, results[0]).max() <= 1.01  # the reference alone, whatever the seed
    assert len({result.tobytes() for result in results}) == 3
    (other,) = model.restyle(picture, "discs", reference=noise(40, 70, seed=5))
    assert difference(first, other).mean() > 0.5


def test_a_reference_is_read_as_its_style_sees_it(model):
    one, other = (model.codes(style, reference=noise(32, 32)) for style in ("discs", "squares"))
    assert (one - other).abs().mean() > 0.05


def test_a_walk_begins_and_ends_at_what_restyling_gives(model, picture):
    walk = model.interpolate(picture, "discs", ("stripes", 4), steps=5, seed=1)
    (start,) = model.restyle(picture, "discs", seed=1)
    (end,) = model.restyle(picture, "stripes", seed=4)
    assert len(walk) == 5
    assert difference(walk[0], start).max() <= 1.01 and difference(walk[-1], end).max() <= 1.01
    away = [difference(step, walk[0]).mean() for step in walk]
    assert all(one < two for one, two in zip(away, away[1:], strict=False))


def test_a_walk_within_one_style_goes_from_draw_to_draw(model, picture):
    walk = model.interpolate(picture, ("discs", 0), ("discs", 1), steps=2)
    assert difference(*walk).mean() > 0.5
    s = model.codes("discs", seed=0), model.codes("discs", seed=1)
    middle = model.interpolate(picture, ("discs", 0), ("discs", 1), steps=3)[1]
    expected = model.translate(image_to_tensor(picture)[None], (s[0] + s[1]) / 2)[0]
    assert (image_to_tensor(middle) - expected).abs().max() < 1.01 / 127.5


def test_a_walk_of_one_step_is_refused(model, picture):
    with pytest.raises(ValueError, match="2 steps or more, got 1"):
        model.interpolate(picture, "discs", "squares", steps=1)


def test_each_of_several_references_lends_its_style(model, picture):
    references = [noise(40, 40, seed) for seed in (1, 2, 3)]
    together = model.restyle(picture, "discs", count=2, reference=references, seed=4)
    assert len(together) == 6
    for k, one in enumerate(references):
        alone = model.restyle(picture, "discs", count=2, reference=one, seed=4)
        for mine, other in zip(together[2 * k : 2 * k + 2], alone, strict=True):
            assert difference(mine, other).max() <= 1.01
    with pytest.raises(ValueError, match="list of references is empty"):
        model.restyle(picture, "discs", reference=[])


# Strength


def test_strength_goes_from_the_picture_to_the_result_and_beyond(model, picture):
    source = open_image(picture)
    (result,) = model.restyle(picture, "discs")
    assert same(model.restyle(picture, "discs", strength=1), [result])
    assert same(model.restyle(picture, "discs", strength=0), [source])
    x, y = (image_to_tensor(each) for each in (source, result))
    for strength in (0.25, 0.5, 1.5):
        (made,) = model.restyle(picture, "discs", strength=strength)
        wanted = (x + strength * (y - x)).clamp(-1, 1)
        assert (image_to_tensor(made) - wanted).abs().max() < 1.6 / 127.5
    half = model.interpolate(picture, "discs", "stripes", steps=2, strength=0.5)
    assert same(half[:1], model.restyle(picture, "discs", strength=0.5))


@pytest.mark.parametrize("strength", [-0.1, 1.6, float("nan"), float("inf")])
def test_another_strength_is_refused(model, picture, strength):
    with pytest.raises(ValueError, match="strength lies in 0..1.5, got"):
        model.restyle(picture, "discs", strength=strength)


# Truncation


def test_truncation_brings_codes_towards_the_mean_of_their_style(model_folder, picture):
    """Drawn ones and those of references alike; the mean itself is that of all draws."""
    asked = {"discs": {}, "stripes": {"reference": picture}}
    loaded = {psi: StyleTransfer.load(model_folder, truncation=psi) for psi in (0, 0.5, 1, 2)}
    for style, how in asked.items():
        none, half, usual, twice = (one.codes(style, count=3, **how) for one in loaded.values())
        mean = loaded[1].codes(style, count=1000, seed=8).mean(dim=0)
        assert none.std(dim=0).max() < 1e-6
        assert (none[0] - mean).norm() < 0.1 * (usual - mean).norm(dim=1).mean()
        torch.testing.assert_close(half, (none + usual) / 2)
        torch.testing.assert_close(twice, 2 * usual - none)
    pictures = [loaded[psi].restyle(picture, "discs", count=2, seed=3) for psi in (0, 1)]
    assert same(pictures[0][:1], pictures[0][1:]) and not same(pictures[1][:1], pictures[1][1:])


def test_a_truncated_encoder_still_reads_the_squares_of_a_picture_as_one(tiny_config, tmp_path):
    """The palette of all of them has a spread that no mean of their codes has."""
    config = tiny_config.override(
        {"model.generator": "painting", "data.crop_scale": 0.5, "data.crop_most": 0.5}
    )
    networks = build(config.model, seed=1)
    chosen = {name: networks[name] for name in NETWORKS}
    how = {"styles": STYLES, "config": config, "device": "cpu", "precision": "fp32"}
    usual, hardly = (StyleTransfer(chosen, truncation=psi, **how) for psi in (1, 0.9999))
    dawn = Image.linear_gradient("L").convert("RGB")
    one, two = (model.codes("discs", reference=dawn) for model in (usual, hardly))
    torch.testing.assert_close(one, two, atol=2e-3, rtol=2e-3)
    hardly.networks["style_encoder"].__dict__.pop("one_code")
    assert (hardly.codes("discs", reference=dawn) - one).abs().max() > 0.05


@pytest.mark.parametrize("truncation", [-0.1, 2.5, float("nan")])
def test_another_truncation_is_refused(model_folder, truncation):
    with pytest.raises(ValueError, match="truncation lies in 0..2, got"):
        StyleTransfer.load(model_folder, truncation=truncation)


def test_weights_are_saved_as_they_were_whatever_the_truncation(model_folder, tmp_path, picture):
    StyleTransfer.load(model_folder, truncation=0.3).save(tmp_path / "again")
    again, first = (StyleTransfer.load(each) for each in (tmp_path / "again", model_folder))
    assert same(again.restyle(picture, "discs"), first.restyle(picture, "discs"))


@pytest.mark.parametrize("count", [10**9, 10**20, 10**400])
def test_more_results_than_memory_holds_are_refused_at_once(model, picture, count):
    with pytest.raises(ValueError, match="do not fit into memory together; ask for at most"):
        model.restyle(picture, "discs", count=count)
    with pytest.raises(ValueError, match="do not fit into memory together"):
        model.interpolate(picture, "discs", "stripes", steps=count)


def test_an_animation_shows_the_walk(model, picture):
    walk = model.interpolate(picture, "discs", "stripes", steps=4, seed=2)
    data = model.animate(picture, "discs", "stripes", steps=4, seed=2, kind="apng")
    with Image.open(io.BytesIO(data)) as played:
        assert played.n_frames == 6
        for k, shown in enumerate([*walk, *walk[-2:0:-1]]):
            played.seek(k)
            assert same([played.convert("RGB")], [shown])
    assert model.animate(picture, "discs", "stripes", steps=2)[:3] == b"GIF"


# What comes in


def test_arrays_and_tensors_are_taken_as_the_picture_that_they_hold(model, picture):
    pixels = np.asarray(picture)
    expected = model.restyle(picture, "discs", reference=picture)
    for array in (pixels, pixels / 255, image_to_tensor(picture)):
        assert same(model.restyle(array, "discs", reference=array), expected)
    with pytest.raises(ValueError, match="no picture: a tensor of shape"):
        model.restyle(torch.zeros(1, 3, 8, 8), "discs")


def test_a_model_says_what_it_is(model):
    assert repr(model) == "StyleTransfer(32 pixels, styles: discs, squares, stripes; cpu, fp32)"


def encoded(image, format="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def test_paths_bytes_and_images_are_taken_alike(model, picture, tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(encoded(picture))
    expected = model.restyle(picture, "discs")
    for source in (path, str(path), path.read_bytes(), io.BytesIO(path.read_bytes())):
        assert same(model.restyle(source, "discs"), expected)


def test_transparency_is_laid_on_white(idle):
    alpha = Image.new("RGBA", (20, 20), (200, 0, 0, 0))
    alpha.paste((0, 0, 250, 255), (5, 5, 10, 10))
    (result,) = idle.restyle(encoded(alpha), "discs")
    assert result.getpixel((0, 0)) == (255, 255, 255) and result.getpixel((7, 7)) == (0, 0, 250)


def test_sixteen_bits_keep_their_brightness(idle):
    deep = Image.new("I;16", (20, 20), 65535 // 2)
    (result,) = idle.restyle(encoded(deep), "discs")
    assert result.getpixel((3, 3)) == (127, 127, 127)


def test_a_turned_photograph_is_set_upright(idle):
    wide, exif = noise(40, 20), Image.Exif()
    exif[0x0112] = 6  # taken with the camera on its side
    data = encoded(wide, exif=exif)
    (result,) = idle.restyle(data, "discs")
    assert result.size == (20, 40)
    assert same([result], [open_image(data)])


def test_a_damaged_picture_is_refused_by_name_as_source_and_as_reference(model, picture, tmp_path):
    path = tmp_path / "broken.png"
    path.write_bytes(encoded(picture)[:50])
    with pytest.raises(ImageError, match="broken.png: "):
        model.restyle(path, "discs")
    with pytest.raises(ImageError, match="broken.png: "):
        model.restyle(picture, "discs", reference=path)
