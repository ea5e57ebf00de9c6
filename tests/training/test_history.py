import json
import math
import time

import pytest
import torch

from gan_lessons.files import OutputFolder
from gan_lessons.training import history
from gan_lessons.training.history import History


@pytest.fixture
def folder(tmp_path):
    return OutputFolder(tmp_path)


def log_of(folder, *, start=0, tensorboard=False, told=None):
    told = [] if told is None else told
    return History(
        folder, start=start, steps=100, batch=4, report=told.append, tensorboard=tensorboard
    )


def scalars(**values):
    return {name: torch.tensor(float(value)) for name, value in values.items()}


def test_a_line_holds_the_means_since_the_last(folder):
    told = []
    log = log_of(folder, told=told)
    log.add(1, scalars(adv_d=1, r1=4))
    log.add(2, scalars(adv_d=2))  # lazy terms are averaged over the steps that have them
    line = log.write(2, 1e-4)
    assert (line["adv_d"], line["r1"]) == (1.5, 4)
    assert (line["step"], line["images"], line["lr"]) == (2, 8, 1e-4)
    assert line["seconds_per_step"] >= 0
    log.add(3, scalars(adv_d=5))
    assert log.write(3, 1e-4)["adv_d"] == 5
    assert history.read(folder.root / "log.jsonl") == [line, log_line(folder, 1)]
    assert "step 2/100" in told[0] and "adv_d 1.50" in told[0] and "left" in told[0]


def log_line(folder, number):
    return json.loads((folder.root / "log.jsonl").read_text().splitlines()[number])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_term_that_is_not_finite_stops_with_its_name_and_step(folder, value):
    log = log_of(folder)
    log.add(7, scalars(adv_d=1, cyc=1))
    log.add(8, scalars(adv_d=1, cyc=value))
    log.add(9, scalars(adv_d=value, cyc=value))
    with pytest.raises(FloatingPointError, match=f"cyc became {value} at step 8;.*is sound"):
        log.write(9, 1e-4)
    assert not (folder.root / "log.jsonl").exists()


def test_the_first_to_fail_is_named_not_the_first_by_name(folder):
    log = log_of(folder)
    log.add(3, scalars(r1=math.nan))
    log.add(4, scalars(adv_d=math.nan, r1=math.nan))
    with pytest.raises(FloatingPointError, match="r1 became nan at step 3"):
        log.write(4, 1e-4)


def test_lines_beyond_the_checkpoint_are_dropped_on_resuming(folder):
    log = log_of(folder)
    for step in (2, 4, 6):
        log.add(step, scalars(sty=step))
        log.write(step, 1e-4)
    with open(folder.root / "log.jsonl", "a") as handle:
        handle.write('{"step": 8, "sty"')  # cut short by a kill
    assert [line["step"] for line in history.read(folder.root / "log.jsonl")] == [2, 4, 6]
    log = log_of(folder, start=4)
    assert [line["step"] for line in history.read(folder.root / "log.jsonl")] == [2, 4]
    log.add(6, scalars(sty=6))
    log.write(6, 1e-4)
    assert [log_line(folder, i)["step"] for i in range(3)] == [2, 4, 6]


def test_one_damaged_line_leaves_the_others_and_is_told(folder):
    lines = ['{"step": 2, "sty": 1.0}', '{"step": 4, "sty"', '{"step": 6, "sty": 3.0}']
    lines += ["[1, 2]", "5", '{"step": "x"}', '{"step": 2.5}', "[" * 100_000, "\ud83d"]
    lines += ['{"step": 8, "sty": 4.0}', '{"step": 10, "st']
    data = "\n".join(lines).encode("utf-8", "surrogatepass")
    folder.write_bytes("log.jsonl", data)
    assert [line["step"] for line in history.read(folder.root / "log.jsonl")] == [2, 6, 8]
    told = []
    log_of(folder, start=6, told=told)
    assert [line["step"] for line in history.read(folder.root / "log.jsonl")] == [2, 6]
    assert told == ["log.jsonl: 7 damaged lines left out"]  # the last one a kill cut short


def test_a_log_cut_short_by_a_kill_is_no_damage(folder):
    folder.write_text("log.jsonl", '{"step": 2}\n{"step": 4, "sty"')
    told = []
    log_of(folder, start=2, told=told)
    assert not told and (folder.root / "log.jsonl").read_text() == '{"step": 2}\n'


def test_a_fresh_start_forgets_an_older_log(folder):
    folder.append_line("log.jsonl", '{"step": 5}')
    log_of(folder, start=0)
    assert history.read(folder.root / "log.jsonl") == []


def test_nothing_waits_for_the_device_until_a_line_is_written(folder):
    log = log_of(folder)
    value = torch.ones((), requires_grad=True) * 2
    log.add(1, {"adv_g": value})
    kept = log.pending[0][1]["adv_g"]
    assert isinstance(kept, torch.Tensor) and not kept.requires_grad  # frees the step's graph


def drawn(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder.root / "tensorboard"))
    events.Reload()
    return [(event.step, event.value) for event in events.Scalars("sty")]


def test_tensorboard_draws_the_same_means_and_forgets_what_was_lost(folder):
    pytest.importorskip("tensorboard")
    log = log_of(folder, tensorboard=True)
    for step in (2, 4, 6):
        log.add(step, scalars(sty=step))
        log.write(step, 1e-4)
    log.close()
    assert drawn(folder) == [(2, 2), (4, 4), (6, 6)]
    time.sleep(1.1)  # TensorBoard orders its files by the second they were begun in
    log = log_of(folder, start=4, tensorboard=True)
    log.add(5, scalars(sty=50))
    log.write(5, 1e-4)
    log.close()
    assert drawn(folder) == [(2, 2), (4, 4), (5, 50)]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0 s"), (40.4, "40 s"), (119, "119 s"), (120, "2 min"), (720, "12 min"),
     (3600, "1 h 00 min"), (12_000, "3 h 20 min"), (400_000, "111 h 06 min")],
)  # fmt: skip
def test_durations_for_people(seconds, shown):
    assert history.duration(seconds) == shown
