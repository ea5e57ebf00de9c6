import math
import os
import signal
import threading

import pytest
import torch

from gan_lessons.data.batches import Batches
from gan_lessons.files import OutputFolder
from gan_lessons.interrupt import interruptible
from gan_lessons.models.stargan.objective import Phase, StarGAN
from gan_lessons.training import checkpoint, history
from gan_lessons.training.loop import train
from gan_lessons.training.state import create_state
from gan_lessons.training.step import update

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Sitting:
    """One call of the loop, with what it wrote and told."""

    def __init__(self, config, dataset, out, objective=None):
        self.objective = objective or StarGAN(config)
        self.state = create_state(self.objective, config, CPU)
        self.batches = Batches(dataset, config.data, batch=config.train.batch, latent_dim=4, seed=0)
        self.folder = OutputFolder(out)
        self.events, self.told = [], []

    def train(self, report=None, on_checkpoint=None):
        def note(kind):
            return lambda state: self.events.append((kind, state.step))

        return train(
            self.objective,
            self.state,
            self.batches,
            self.folder,
            on_sample=note("sample"),
            on_checkpoint=on_checkpoint or note("weights"),
            report=report or self.told.append,
        )

    @property
    def saved(self):
        return checkpoint.read(self.folder.root / checkpoint.FILE)

    @property
    def log(self):
        return history.read(self.folder.root / history.FILE)


@pytest.fixture
def sitting(tiny_config, tiny_dataset, tmp_path):
    def make(settings=None, objective=None):
        config = tiny_config.override(settings or {})
        made = objective(config) if objective else None
        return Sitting(config, tiny_dataset, tmp_path / "run", made)

    return make


def weights_of(networks):
    return {f"{n}.{k}": v.clone() for n, m in networks.items() for k, v in m.state_dict().items()}


def assert_same(one, other):
    assert one.keys() == other.keys()
    for key, value in one.items():
        assert value.equal(other[key]), key


# What happens when


def test_logs_samples_and_checkpoints_come_at_their_intervals(sitting):
    run = sitting(
        {
            "train.steps": 7,
            "train.log_every": 2,
            "train.sample_every": 3,
            "train.checkpoint_every": 4,
        }
    )
    assert run.train() is run.state and run.state.step == 7
    assert [line["step"] for line in run.log] == [2, 4, 6, 7]
    assert [step for kind, step in run.events if kind == "sample"] == [3, 6, 7]
    assert [step for kind, step in run.events if kind == "weights"] == [4, 7]
    assert run.saved["step"] == 7 and run.saved["seconds"] > 0
    assert [line["images"] for line in run.log] == [8, 16, 24, 28]
    assert set(run.log[0]) > {"adv_d", "adv_g", "r1", "sty", "cyc", "ds", "lr", "seconds_per_step"}


def test_weights_for_use_are_written_before_the_checkpoint(sitting):
    # After a kill between the two, resuming goes through the step again and writes both.
    run, seen = sitting({"train.steps": 4, "train.checkpoint_every": 2}), []

    def on_checkpoint(state):
        path = run.folder.root / checkpoint.FILE
        seen.append((state.step, checkpoint.read(path)["step"] if path.exists() else None))

    run.train(on_checkpoint=on_checkpoint)
    assert seen == [(2, None), (4, 2)]


def test_learning_rates_follow_the_schedule(sitting):
    rates = {"train.lr": 2e-4, "train.discriminator_lr": 4e-4, "train.mapping_lr": 2e-6}
    schedule = {"train.steps": 8, "train.warmup": 2, "train.decay": 0.5, "train.log_every": 1}
    run, seen = sitting(rates | schedule), []
    for phase in run.objective.phases:
        optimiser = run.state.optimisers[phase.name]

        def note(*_, name=phase.name, optimiser=optimiser):
            seen.append((name, [group["lr"] for group in optimiser.param_groups]))

        optimiser.register_step_pre_hook(note)
    run.train()
    scales = [0.5, 1, 1, 1, 1, 0.775, 0.55, 0.325]
    assert [run.state.config.train.lr_scale(step) for step in range(8)] == pytest.approx(scales)
    for scale, d, g, line in zip(scales, seen[::2], seen[1::2], run.log, strict=True):
        assert d == ("D", pytest.approx([4e-4 * scale]))
        assert g == ("G", pytest.approx([2e-4 * scale, 2e-6 * scale, 2e-4 * scale]))
        assert line["lr"] == pytest.approx(2e-4 * scale)


def test_the_averages_follow_the_networks_by_their_formula(sitting):
    settings = {"train.steps": 4, "train.checkpoint_every": 1, "train.ema_half_life": 0.008}
    run = sitting(settings)
    decay = run.state.config.train.ema_decay
    assert decay == pytest.approx(0.5 ** (4 / 8))
    expected = weights_of({name: run.state.networks[name] for name in run.state.averages})
    seen = []

    def on_checkpoint(state):
        for key, value in weights_of(
            {name: state.networks[name] for name in state.averages}
        ).items():
            expected[key] = decay * expected[key] + (1 - decay) * value
        for key, value in weights_of(state.averages).items():
            torch.testing.assert_close(value, expected[key], rtol=1e-5, atol=1e-7)
        seen.append(state.step)

    run.train(on_checkpoint=on_checkpoint)
    assert seen == [1, 2, 3, 4]
    current = weights_of(run.state.networks)
    assert any(not value.equal(current[key]) for key, value in expected.items())


def test_a_phase_with_an_interval_is_left_out_in_between(sitting):
    class Rarely(StarGAN):
        def __init__(self, config):
            super().__init__(config)
            first, second = self.phases
            self.phases = (first, Phase("G", second.networks, second.terms, interval=3))

    run = sitting({"train.steps": 6, "train.log_every": 1}, Rarely)
    run.train()
    assert ["adv_g" in line for line in run.log] == [True, False, False, True, False, False]
    assert all("adv_d" in line for line in run.log)


def test_a_finished_training_is_left_as_it_is(sitting):
    run = sitting({"train.steps": 2})
    run.train()
    before, data = weights_of(run.state.networks), (run.folder.root / "log.jsonl").read_bytes()
    run.train()
    assert_same(weights_of(run.state.networks), before)
    assert (run.folder.root / "log.jsonl").read_bytes() == data


# Micro-batches


@pytest.mark.parametrize("parts", [2, 4])
def test_accumulated_micro_batches_step_as_one_batch(tiny_config, tiny_dataset, parts):
    config = tiny_config.override({"train.batch": 8, "loss.ds": 0.3})
    results = []
    for accumulate in (1, parts):
        recipe = config.override({"train.accumulate": accumulate})
        objective = StarGAN(recipe)
        state = create_state(objective, recipe, CPU)
        for network in objective.networks.values():
            network.double()
        torch.manual_seed(0)
        torch.nn.init.normal_(objective.networks["generator"].to_rgb.weight, std=0.1)
        batch = Batches(tiny_dataset, recipe.data, batch=8, latent_dim=4, seed=0)(0)
        doubles = {
            name: getattr(batch, name).double()
            for name in ("x_real", "x_ref", "x_ref2", "z_trg", "z_trg2")
        }
        batch = type(batch)(**{**vars(batch), **doubles})
        terms, gradients = {}, {}
        for phase in objective.phases:
            terms |= update(objective, state, phase, batch, 0, 1.0)
            for name in phase.networks:
                for key, p in objective.networks[name].named_parameters():
                    gradients[f"{name}.{key}"] = p.grad.clone()
        results.append((terms, gradients))
    (terms, gradients), (more_terms, more_gradients) = results
    assert terms.keys() == more_terms.keys() >= {"r1", "cyc", "ds"}
    for name, value in terms.items():
        torch.testing.assert_close(more_terms[name], value, rtol=1e-6, atol=1e-9)
    scale = max(g.abs().max() for g in gradients.values())
    for name, gradient in gradients.items():
        torch.testing.assert_close(more_gradients[name], gradient, rtol=1e-4, atol=1e-6 * scale)


# Not a number


def broken(at, how):
    """An objective whose reconstruction term fails once `at` steps are finished."""

    class Broken(StarGAN):
        def generator_terms(self, batch, step):
            terms = super().generator_terms(batch, step)
            if step == at:
                weight, value = terms["sty"]
                # The square root of zero: a finite value with an infinite slope.
                failed = value * math.nan if how == "value" else (value - value.detach()).sqrt()
                terms["sty"] = (weight, failed)
            return terms

    return Broken


def test_a_nan_names_term_and_step_and_leaves_the_checkpoint_sound(sitting):
    run = sitting({"train.log_every": 4, "train.checkpoint_every": 4}, broken(5, "value"))
    with pytest.raises(FloatingPointError, match="sty became nan at step 6; the last checkpoint"):
        run.train()
    assert run.saved["step"] == 4
    for network in run.saved["networks"].values():
        assert all(value.isfinite().all() for value in network.values())
    assert [line["step"] for line in run.log] == [4]
    assert run.events == [("sample", 4), ("weights", 4)]


@pytest.mark.parametrize("checkpoint_every", [1, 3])
def test_a_gradient_that_fails_behind_a_finite_term_is_not_saved_either(sitting, checkpoint_every):
    settings = {"train.log_every": 1, "train.checkpoint_every": checkpoint_every}
    run = sitting(settings, broken(5, "gradient"))
    with pytest.raises(FloatingPointError, match="generator.*no longer finite after step 6"):
        run.train()
    assert run.saved["step"] == (5 if checkpoint_every == 1 else 3)
    assert ("weights", 6) not in run.events
    for network in run.saved["networks"].values():
        assert all(value.isfinite().all() for value in network.values())


# Interrupts


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_finishes_the_step_saves_it_and_says_so(sitting, number):
    run = sitting({"train.log_every": 100, "train.checkpoint_every": 100})
    asked = []

    class Asks(Batches):
        def __call__(self, step):
            if step == 2:
                asked.append(os.kill(os.getpid(), number))
            return super().__call__(step)

    run.batches.__class__ = Asks
    run.train()
    assert asked and run.state.step == run.saved["step"] == 3
    assert run.log[-1]["step"] == 3
    assert run.events == [("sample", 3), ("weights", 3)]
    assert run.told[-1] == "stopped after step 3; go on with --resume auto"


def test_a_stop_between_two_steps_is_saved_too(sitting):
    # It comes while the log of step 2 is written, when it is settled what step 2 will save.
    run = sitting({"train.log_every": 2, "train.checkpoint_every": 100})

    def report(line):
        run.told.append(line)
        if line.startswith("step 2/"):
            os.kill(os.getpid(), signal.SIGINT)

    run.train(report=report)
    assert run.state.step == run.saved["step"] == 3
    assert run.told[-1].startswith("stopped after step 3")


def test_a_second_stop_comes_at_once(sitting):
    run = sitting({"train.checkpoint_every": 1})

    def on_checkpoint(state):
        if state.step == 2:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run.train(on_checkpoint=on_checkpoint)
    assert run.saved["step"] == 1


def test_signals_are_given_back_afterwards():
    before = [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(RuntimeError), interruptible() as stop:
        assert signal.getsignal(signal.SIGINT) is not before[0]
        assert not stop.is_set()
        raise RuntimeError
    assert [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_training_may_run_beside_the_main_thread(sitting):
    run = sitting({"train.steps": 2})
    failures = []

    def target():
        try:
            run.train()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    assert not failures and run.saved["step"] == 2
