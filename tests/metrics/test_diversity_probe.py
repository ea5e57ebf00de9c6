import re
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from gan_lessons.data.toy import ring
from gan_lessons.metrics.diversity_probe import DiversityProbe

COUNT = 400
MIX = ring()


class Player(nn.Module):
    """Gives prepared points, one set after the other, whatever it is asked."""

    def __init__(self, *sets):
        super().__init__()
        self.sets = list(sets)

    def forward(self, z, y=None):
        return self.sets.pop(0)


def real(count: int, seed: int) -> torch.Tensor:
    return MIX.sample(count, torch.Generator().manual_seed(seed))[0]


def on_modes(*modes: int, seed: int = 5) -> torch.Tensor:
    """Real points of some modes only."""
    x, y = MIX.sample(40 * COUNT, torch.Generator().manual_seed(seed))
    return x[torch.isin(y, torch.tensor(modes))][:COUNT]


def probed(*sets, **settings) -> tuple[DiversityProbe, list[str]]:
    said = []
    probe = DiversityProbe(
        real(2 * COUNT, 1), torch.zeros(COUNT, 2), report=said.append, **settings
    )
    network = Player(*sets)
    for step in range(1, len(sets) + 1):
        probe(SimpleNamespace(step=10 * step, networks={"generator": network}))
    return probe, said


def test_variety_is_the_share_of_modes_and_one_for_real_samples():
    sets = [real(COUNT, 2), on_modes(0, 3, 5), on_modes(1), torch.zeros(COUNT, 2)]
    probe, _ = probed(*sets)
    assert [r.step for r in probe.readings] == [10, 20, 30, 40]
    varieties = [r.variety for r in probe.readings]
    assert varieties == pytest.approx([1, 3 / 8, 1 / 8, 0], abs=0.06)
    assert varieties[3] == 0


def test_motion_is_measured_in_widths_of_the_data():
    still = on_modes(0)
    probe, _ = probed(still, still, still + torch.tensor([0.0, 2.0]))
    # The ring has radius 2, and its points lie that far from its middle.
    assert [r.motion for r in probe.readings] == pytest.approx([0, 0, 1], abs=0.02)


def test_alarm_is_raised_once_at_the_third_poor_reading_and_tells_still_from_hopping():
    poor = [on_modes(k, seed=k) for k in (0, 0, 0, 0)]
    probe, said = probed(real(COUNT, 2), *poor)
    assert probe.alarm == 40 and len(said) == 1
    assert re.search(r"step 40: variety is \d+% of .* stay where they are", said[0])
    probe, said = probed(*(on_modes(k) for k in (0, 4, 0)))
    assert probe.alarm == 30 and "the samples hop" in said[0]


def test_no_alarm_for_a_gap_nor_before_the_start():
    poor, rich = on_modes(0), real(COUNT, 2)
    assert probed(poor, poor, rich, poor, poor)[0].alarm is None
    assert probed(poor, poor, poor, poor, start=20)[0].alarm is None
    assert probed(poor, poor, poor, poor, poor, start=20)[0].alarm == 50


def test_features_are_compared_where_a_description_is_given():
    probe, _ = probed(real(COUNT, 2), describe=lambda x: x[:, :1])
    assert probe.real.shape == (COUNT, 1)
    assert probe.readings[0].variety == pytest.approx(1, abs=0.1)


def test_real_samples_of_another_number_are_refused():
    with pytest.raises(ValueError, match="twice as many real samples as latents.*got 30 and 20"):
        DiversityProbe(torch.zeros(30, 2), torch.zeros(20, 2))
