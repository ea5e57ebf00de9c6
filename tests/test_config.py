import json
from dataclasses import FrozenInstanceError

import pytest

from gan_lessons.config import TrainConfig
from gan_lessons.models.stargan.presets import PRESETS, preset
from gan_lessons.models.stargan.recipe import Config, LossConfig, ModelConfig


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_survives_json(name):
    config = preset(name, data="painted_photos", domains=4)
    assert Config.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_presets_grow():
    smoke, lesson, full = (preset(name).train.steps for name in ("smoke", "class", "full"))
    assert smoke < lesson < full


def test_a_preset_knows_its_data():
    photos = preset("full", data="painted_photos", domains=4)
    assert photos.data.flip and photos.data.crop_scale < 1
    assert "cutout" in photos.loss.augmentations
    emoji = preset("full")
    assert not emoji.data.flip and emoji.data.crop_scale == 1
    assert emoji.model.domains == 8 and photos.model.domains == 4


def test_an_unknown_preset_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="'quick'.*smoke, class, full"):
        preset("quick")


def test_a_config_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        Config().train.steps = 3


REFUSED = {
    "data.size": [0, 4, 2048],
    "data.crop_scale": [0.0, -0.5, 1.5, float("nan")],
    "data.crop_most": [0.0, 0.5, 1.5, float("nan")],  # crop_scale is 1
    "model.size": [48, 8],
    "model.domains": [1, 0],
    "model.generator": ["unet"],
    "model.bottleneck": [2, 64, 128, 24],
    "model.stem_stride": [0, 3],
    "model.blocks": [-1],
    **{f"loss.{name}": [-0.1, float("nan")] for name in ("sty", "cyc", "ds", "mismatch", "r1")},
    "loss.adv": [0.0, -0.1, float("nan")],
    "loss.projected": [-0.1, float("nan")],
    "loss.lazy": [0],
    "model.projected": [-1],
    "model.auxiliary": [-1, 8],  # there is no model.projected
    "model.reader": [-1, 8],
    "loss.ds_features": [-0.1],
    "loss.nce": [-0.1, float("nan")],
    **{
        f"loss.{name}": [-0.1, float("nan")]
        for name in (
            "restore", "restore_features", "paint", "contrast", "density", "density_scaled", "keep",
            "manner", "auxiliary", "legible",
        )
    },
    "loss.first": [-1],
    "data.targets": [-1],
    "model.parts": [0, 1],
    "model.part_values": [0, 3],
    "train.parts_lr": [0.0, -1.0],
    "train.patience": [-1],
    "loss.ds_steps": [-1],
    "loss.r1_interval": [0],
    "loss.augment": ["shift,colour"],
    "train.steps": [0],
    "train.batch": [0, -4],
    "train.accumulate": [0, 3],
    "loss.mismatch": [-0.1],
    "train.discriminator_lr": [0.0, -1.0],
    "train.lr": [0.0, -1e-4, float("nan")],
    "train.mapping_lr": [0.0],
    "train.beta1": [1.0, -0.1],
    "train.beta2": [1.0],
    "train.weight_decay": [-1e-4],
    "train.warmup": [-1],
    "train.decay": [-0.1, 1.0],
    "train.ema_half_life": [0.0, -1.0],
    "train.precision": ["fp8"],
    "train.log_every": [0],
    "train.sample_every": [0],
    "train.checkpoint_every": [0],
    **{
        f"model.{name}": [0, -8]
        for name in (
            "width", "max_width", "critic_width", "critic_max_width", "encoder_width",
            "encoder_max_width", "style_dim", "latent_dim", "mapping_width",
        )
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in REFUSED.items() for value in values]
)
def test_a_value_out_of_range_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name.split(".")[1]):
        Config().override({name: value})


def test_every_number_has_a_range():
    numbers = [
        name
        for name in Config().names()
        if type(Config().to_dict()[name.split(".")[0]][name.split(".")[1]]) in (int, float)
    ]
    assert set(numbers) - set(REFUSED) == {"train.seed"}


def test_data_and_model_agree_on_the_size():
    with pytest.raises(ValueError, match="32.*64"):
        Config.from_dict({"data": {"size": 32}})
    for name in ("data.size", "model.size"):
        config = Config().override({name: "32"})
        assert config.data.size == config.model.size == 32


def test_override_reads_text_by_the_type_of_the_field():
    settings = {"train.lr": "3e-5", "train.batch": "32", "data.flip": "True", "loss.augment": ""}
    config = Config().override(settings)
    assert (config.train.lr, config.train.batch, config.data.flip) == (3e-5, 32, True)
    assert config.loss.augmentations == ()
    assert Config().train.batch == 16  # a copy was changed, nothing else


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"train.batch": "many"}, "train.batch.*int.*'many'"),
        ({"train.batch": "2.5"}, "train.batch.*int.*'2.5'"),
        ({"train.batch": 2.5}, "train.batch.*int.*2.5"),
        ({"train.batch": True}, "train.batch.*int.*True"),
        ({"train.lr": "fast"}, "train.lr.*float"),
        ({"data.flip": "yes"}, "data.flip.*true or false.*'yes'"),
        ({"train.speed": "1"}, "no field 'train.speed'.*train.steps"),
        ({"steps": "1"}, "no field 'steps'"),
        ({"to_dict.x": "1"}, "no field"),
    ],
)
def test_override_refuses_what_it_cannot_read(setting, said):
    with pytest.raises(ValueError, match=said):
        Config().override(setting)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"train": {"speed": 1}}, "train.speed"),
        ({"trainer": {"steps": 1}}, "trainer.steps"),
        ({"train": {"steps": "1"}}, "train.steps.*'1'"),
        ({"train": {"steps": None}}, "train.steps.*None"),
        ({"train": []}, "train"),
        ([], "configuration"),
    ],
)
def test_from_dict_refuses_what_no_config_wrote(values, said):
    with pytest.raises(ValueError, match=said):
        Config.from_dict(values)


def test_differences_name_fields_and_both_values():
    other = Config().override({"train.lr": 1e-3, "loss.cyc": 0.5})
    assert Config().differences(Config()) == []
    assert Config().differences(other) == [
        "loss.cyc: 1.0 here, 0.5 there",
        "train.lr: 0.0003 here, 0.001 there",
    ]


def test_diversity_weight_falls_in_a_line_to_zero():
    loss = LossConfig(ds=0.8, ds_steps=100)
    assert [loss.ds_at(step) for step in (0, 25, 100, 1000)] == pytest.approx([1.0, 0.75, 0, 0])
    assert LossConfig(ds=0.8).ds_at(10**6) == 1.0


def test_learning_rate_rises_stays_and_falls():
    train = TrainConfig(steps=100, warmup=10, decay=0.2)
    steps = (0, 4, 9, 10, 79, 80, 90, 99)
    expected = [0.1, 0.5, 1, 1, 1, 1, 0.1 + 0.9 / 2, 0.1 + 0.9 / 20]
    assert [train.lr_scale(step) for step in steps] == pytest.approx(expected)
    assert {TrainConfig(steps=100, decay=0.0).lr_scale(step) for step in range(100)} == {1.0}


@pytest.mark.parametrize("batch", [1, 16, 250])
def test_half_of_the_average_is_gone_after_its_half_life(batch):
    train = TrainConfig(batch=batch, ema_half_life=10.0)
    assert train.ema_decay ** (10_000 / batch) == pytest.approx(0.5)


def test_paper_widths():
    paper = ModelConfig.paper()
    assert (paper.width, paper.critic_width, paper.encoder_width) == (64, 64, 64)
    assert ModelConfig.paper(size=128).width == 128
    assert (paper.generator, paper.stem_stride, paper.bottleneck) == ("adain", 1, 16)
