"""The live playground: a game that is really played, and controls that change it."""

import asyncio

import pytest
import torch

from gan_lessons.widgets.game import PRESETS, Game, Rules
from gan_lessons.widgets.playground import Playground


def weights(game: Game) -> torch.Tensor:
    return torch.cat([p.flatten() for n in game.state.networks.values() for p in n.parameters()])


def test_equal_seeds_give_equal_games_however_they_are_cut():
    one, two = Game(), Game()
    one.step(6)
    two.step(2), two.frame(), two.step(4)
    assert torch.equal(weights(one), weights(two))
    assert one.losses == two.losses
    other = Game(Rules(seed=1))
    other.step(6)
    assert not torch.equal(weights(one), weights(other))


def test_d_learns_as_often_as_asked_for_each_step_of_g():
    game = Game(Rules(d_steps=3))
    before = {
        name: p.clone() for name, p in game.objective.networks["generator"].named_parameters()
    }
    game.step()
    assert game.drawn == 3 and game.steps == 1
    assert game.state.optimisers["D"].state_dict()["state"][0]["step"] == 3
    assert game.state.optimisers["G"].state_dict()["state"][0]["step"] == 1
    after = dict(game.objective.networks["generator"].named_parameters())
    assert any(not torch.equal(before[name], after[name]) for name in before)


def test_rates_and_loss_change_at_once_and_the_rest_begins_anew():
    game = Game()
    game.step(3)
    game.change(lr_g=1e-4, lr_d=5e-4, family="hinge")
    assert game.steps == 3
    assert game.state.optimisers["G"].param_groups[0]["full_lr"] == 1e-4
    game.step()
    assert game.state.optimisers["D"].param_groups[0]["lr"] == 5e-4
    game.change(modes=5)
    assert game.steps == 0 and len(game.mixture.centres) == 5
    with pytest.raises(ValueError, match="lr_d"):
        game.change(lr_d=0)
    assert game.rules.lr_d == 5e-4


def test_arrows_point_uphill_for_the_discriminator():
    game = Game()
    game.step(40)
    frame, judge = game.frame(), game.objective.networks["discriminator"]
    with torch.no_grad():
        gain = judge(frame.fake + 1e-3 * frame.pull) - judge(frame.fake)
    assert (gain > 0).float().mean() > 0.95
    corner = judge(torch.tensor([[-game.reach, -game.reach]])).sigmoid().item()
    assert frame.surface[0, 0].item() == pytest.approx(corner, abs=1e-6)


@pytest.mark.parametrize("seed", [0, 1])
def test_presets_do_what_their_names_say(seed):
    from dataclasses import replace

    seen = {}
    for name, rules in PRESETS.items():
        game, frames = Game(replace(rules, seed=seed)), []
        for _ in range(16):
            game.step(50)
            frames.append(game.frame())
        seen[name] = frames
    assert seen["converge"][-1].reached == 8 and seen["converge"][-1].near > 0.45
    assert max(frame.reached for frame in seen["collapse"][4:]) <= 4
    middles = torch.stack([frame.fake.mean(dim=0) for frame in seen["oscillate"][4:]])
    assert middles.std(dim=0).max() > 0.3, "the generator comes to rest"
    assert middles.abs().max() < 6, "the generator leaves the picture for good"


def test_each_step_changes_the_picture_and_its_sentence():
    ground = Playground()
    first, text = ground.canvas.png, ground.canvas.alt
    assert text.startswith("After 0 steps")
    ground.once.click()
    assert ground.canvas.png != first and ground.canvas.alt.startswith("After 1 steps")
    ground.again.click()
    assert ground.canvas.png == first and ground.canvas.alt == text


def test_controls_follow_a_preset_and_change_the_game():
    ground = Playground()
    ground.preset.value = "collapse"
    assert ground.controls["lr_d"].value == pytest.approx(PRESETS["collapse"].lr_d)
    assert ground.game.rules == PRESETS["collapse"]
    ground.controls["d_steps"].value = 4
    ground.controls["family"].value = "hinge"
    assert (ground.game.rules.d_steps, ground.game.rules.family) == (4, "hinge")
    with pytest.raises(ValueError, match="no preset 'chaos'"):
        Playground("chaos")


def test_play_goes_on_until_pause_with_one_call_waiting():
    ground = Playground()

    async def session():
        ground.play.value = True
        for _ in range(50):  # wild dragging and clicking
            ground.controls["lr_g"].value *= 1.01
            ground.play.value = False
            ground.play.value = True
        while ground.frames < 5:
            await asyncio.sleep(0.01)
        ground.play.value = False
        while ground.loop_running:  # a rest lasts as long as the work before it
            await asyncio.sleep(0.01)
        stopped = ground.frames
        await asyncio.sleep(0.2)
        return stopped

    stopped = asyncio.run(session())
    assert ground.frames == stopped >= 5
    assert ground.game.steps == 5 * (stopped - 1)  # the first picture shows step 0


def test_a_game_that_breaks_says_so_and_keeps_its_picture():
    ground = Playground(game=Game(Rules(family="wasserstein", lr_g=1.0, lr_d=1.0, r1=0.0)))
    picture = ground.canvas.png
    with torch.no_grad():
        next(ground.game.objective.networks["generator"].parameters()).fill_(float("nan"))
    ground.advance(1)
    assert "no longer finite" in ground.canvas.text.value
    assert ground.canvas.png == picture and ground.play.value is False
