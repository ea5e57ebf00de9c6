import pytest
import torch

from gan_lessons.training import precision


@pytest.fixture
def asked_afresh():
    precision.resolve.cache_clear()
    yield
    precision.resolve.cache_clear()


def test_half_precision_on_a_cpu_is_refused():
    with pytest.raises(ValueError, match="fp16.*GPUs.*bf16 or fp32"):
        precision.resolve("fp16", "cpu")


def test_an_unknown_precision_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="'fp8'.*auto, fp32, bf16, fp16"):
        precision.resolve("fp8", "cpu")


def test_a_named_precision_is_taken_at_its_word():
    assert precision.resolve("fp32", "cpu") == "fp32"
    assert precision.resolve("bf16", "cpu") == "bf16"
    assert precision.resolve("fp16", "cuda") == "fp16"


def test_auto_asks_this_machine(asked_afresh):
    assert precision.resolve("auto", "cpu") in ("fp32", "bf16")
    assert precision.seconds("fp32") > 0 and precision.seconds("bf16") > 0


@pytest.mark.parametrize(("ratio", "chosen"), [(0.3, "fp32"), (1.4, "fp32"), (1.6, "bf16")])
def test_auto_takes_bf16_only_where_it_is_half_as_fast_again(
    asked_afresh, monkeypatch, ratio, chosen
):
    times = {"bf16": 1.0, "fp32": ratio}
    monkeypatch.setattr(precision, "seconds", times.__getitem__)
    assert precision.resolve("auto", "cpu") == chosen


def test_the_machine_is_asked_once(asked_afresh, monkeypatch):
    asked = []
    monkeypatch.setattr(precision, "seconds", lambda name: (asked.append(name), 1.0)[1])
    assert precision.resolve("auto", "cpu") == precision.resolve("auto", "cpu") == "fp32"
    assert sorted(asked) == ["bf16", "fp32"]


@pytest.mark.parametrize(("name", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_products_run_in_the_precision_and_weights_stay(name, dtype):
    layer = torch.nn.Linear(4, 4)
    with precision.autocast(name, "cpu"):
        y = layer(torch.ones(1, 4))
    assert y.dtype == dtype and layer.weight.dtype == torch.float32
    assert layer(torch.ones(1, 4)).dtype == torch.float32


def test_devices_by_name():
    assert precision.device_named("cpu") == torch.device("cpu")
    assert precision.device_named("auto") == precision.best_device()
    for name in ("tpu", "meta", "gpu"):
        with pytest.raises(ValueError, match=f"'{name}'.*auto, cuda, mps or cpu"):
            precision.device_named(name)


@pytest.mark.parametrize(
    ("name", "present"),
    [("cuda", torch.cuda.is_available()), ("mps", torch.backends.mps.is_available())],
)
def test_a_device_that_is_not_there_is_refused(name, present):
    if present:
        assert precision.device_named(name).type == name
    else:
        with pytest.raises(ValueError, match=f'no {name.upper()} device.*"auto"'):
            precision.device_named(name)
