"""The standard figures, with networks that nobody has to download in place of theirs."""

import json

import pytest
import torch
from typer.testing import CliRunner

from gan_lessons.cli.main import app
from gan_lessons.evaluation import contestants, standard
from gan_lessons.evaluation.benchmark import Bench
from gan_lessons.evaluation.protocol import Protocol
from gan_lessons.evaluation.standard import FILE, Networks
from gan_lessons.metrics import frechet
from gan_lessons.metrics.features import as_float
from gan_lessons.metrics.frechet import kernel_distance
from gan_lessons.style_transfer import StyleTransfer

torchmetrics = pytest.importorskip("torchmetrics")
PLAN = Protocol("tiny", pairs=2, sources=2, train=7, draws=3, seeds=(4, 5), latents=8)


class Colours(torch.nn.Module):
    """In Inception's place: mean colours; takes what Inception takes."""

    def forward(self, x):
        assert x.dtype == torch.uint8
        return x.double().mean(dim=(2, 3)) / 255


class Squares(torchmetrics.MeanMetric):
    """In the place of LPIPS: squared differences."""

    def update(self, x, y):
        super().update((x - y).square())


@pytest.fixture
def networks():
    return Networks(Colours(), Squares())


@pytest.fixture(scope="module")
def bench(tiny_model, tiny_dataset):
    model = StyleTransfer.load(tiny_model, device="cpu", precision="fp32")
    return Bench(model, tiny_dataset, PLAN)


def test_figures_are_those_of_the_methods_pair_by_pair(bench, networks, tmp_path):
    lines = []
    found = standard.measure_standard(bench, networks, tmp_path, report=lines.append)
    assert found == json.loads((tmp_path / FILE).read_text()) | {"protocol": found["protocol"]}
    assert set(found["figures"]) == set(bench.methods) and len(found["pairs"]) == 2
    pair = found["pairs"][0]
    task = bench.task((pair["source"], pair["target"]), seed=4)
    x, true = task.x, as_float(task.true)
    assert pair["figures"]["copying"]["lpips"] == pytest.approx((x - true).square().mean().item())
    real, copies = (as_float(each).mean(dim=(2, 3)) / 2 + 0.5 for each in (task.train, x))
    wanted = 1000 * kernel_distance(real.double(), copies.double(), seed=4)[0]
    assert pair["figures"]["copying"]["kid"] == pytest.approx(wanted, abs=1e-3)
    both = [row["figures"]["copying"]["kid"] for row in found["pairs"]]
    assert found["figures"]["copying"]["kid"] == pytest.approx(sum(both) / 2)
    assert lines[1].startswith("1/2") and any(line.startswith("copying: KID,") for line in lines)


def test_the_truth_is_near_itself_and_drawings_of_the_style_get_no_kid(bench, networks, tmp_path):
    found = standard.measure_standard(bench, networks, tmp_path, report=lambda line: None)[
        "figures"
    ]
    assert found[contestants.TRUE]["lpips"] == 0
    assert "kid" not in found[contestants.NEAREST] and found[contestants.NEAREST]["lpips"] > 0


def test_draws_are_averaged_over_all_of_them(networks):
    true = torch.zeros(2, 3, 4, 4)
    fake = torch.zeros(2, 2, 3, 4, 4)
    fake[0, 1], fake[1] = 1.0, 0.5
    assert networks.apart(fake, true, "cpu") == pytest.approx((0 + 1 + 0.25 + 0.25) / 4)


def test_pictures_reach_inception_as_bytes():
    x = torch.tensor([-1.2, -1.0, 0.0, 1.0])
    assert standard.as_bytes(x).tolist() == [0, 0, 128, 255]


def test_a_missing_package_or_connection_is_told_before_anything_is_measured(
    tiny_model, tmp_path, monkeypatch
):
    def missing(**settings):
        raise OSError("no route to host.")

    for module, kind in (("kid", "KernelInceptionDistance"), ("fid", "FrechetInceptionDistance")):
        monkeypatch.setattr(frechet._torchmetrics(module), kind, missing)
    monkeypatch.setattr(Bench, "measure", None)
    out = tmp_path / "out"
    done = CliRunner().invoke(app, ["evaluate", str(tiny_model), "--standard", "--out", str(out)])
    assert done.exit_code == 1 and not out.exists()
    sentence = "kid needs torch-fidelity and weights from the internet (no route to host); "
    assert done.stderr.startswith(sentence) and len(done.stderr.splitlines()) == 1
