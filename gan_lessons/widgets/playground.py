"""The live playground of lesson 02: a GAN in the plane that one plays, pauses and steps.

GAN Lab (Kahng et al. 2018) is the model. Here the game is the package's own training, so that the
code beneath can be changed: give `Playground` a `Game` of yours.
"""

import asyncio
from dataclasses import asdict

import ipywidgets as widgets
import numpy as np

from gan_lessons.models.gan_loss import FAMILIES
from gan_lessons.plots import COLOURS, FAINT
from gan_lessons.widgets.canvas import Canvas, Stage, show
from gan_lessons.widgets.game import PRESETS, SHOWN, Frame, Game, Rules

REAL, FAKE = COLOURS[0], COLOURS[1]
ARROWS, LENGTH = 60, 0.7  # generated points with an arrow; of the longest one
STEPS = 5  # of the game for each picture while it plays
PAUSE = 0.03  # seconds between two pictures at least, for the messages of the controls


class Board:
    """The picture of a game: samples on D's surface, arrows, both losses; artists are reused.

    Args:
        reach: half the side of the square that is shown.
    """

    def __init__(self, reach: float):
        from matplotlib.figure import Figure

        self.figure = Figure(figsize=(8.2, 4.2), dpi=100, facecolor="white")
        grid = self.figure.add_gridspec(
            1, 2, left=0.05, right=0.975, top=0.92, bottom=0.12, wspace=0.24
        )
        plane, self.losses = self.figure.add_subplot(grid[0]), self.figure.add_subplot(grid[1])
        edge = (-reach, reach)
        self.surface = plane.imshow(
            np.full((2, 2), 0.5), extent=edge * 2, origin="lower", cmap="PuOr", alpha=0.5,
            vmin=0, vmax=1, interpolation="bilinear", aspect="equal",
        )  # fmt: skip
        (self.real,) = plane.plot([], [], ".", color=REAL, markersize=3, alpha=0.6)
        (self.fake,) = plane.plot([], [], ".", color=FAKE, markersize=4)
        self.arrows = plane.quiver(
            *np.zeros((4, ARROWS)), color="#333333", angles="xy", scale_units="xy", scale=1,
            width=0.004,
        )  # fmt: skip
        plane.set(xlim=edge, ylim=edge)
        plane.set_xlabel("D takes violet places for data, orange ones for generated", size=9)
        plane.set_title("data, generated, and where G is pulled", loc="left", size=10)
        names = [
            plane.text(x, 0.95, name, color=colour, size=9, transform=plane.transAxes)
            for x, name, colour in ((0.03, "data", REAL), (0.15, "generated", FAKE))
        ]
        self.lines = [
            self.losses.plot([], [], color=colour, linewidth=1.3)[0] for colour in COLOURS[2:4]
        ]
        for x, name, colour in ((0.03, "loss of D", COLOURS[2]), (0.25, "loss of G", COLOURS[3])):
            self.losses.text(x, 0.95, name, color=colour, size=9, transform=self.losses.transAxes)
        self.losses.set(xlim=(0, 100), ylim=(-0.2, 3), xlabel="steps of G", ylabel="loss")
        self.losses.grid(axis="y", color=FAINT, linewidth=0.6)
        self.losses.spines[["top", "right"]].set_visible(False)
        moving = [self.surface, self.real, self.fake, self.arrows, *names, *self.lines]
        self.stage = Stage(self.figure, moving)

    def draw(self, frame: Frame) -> np.ndarray:
        """The picture of a frame, `(H, W, 3)` uint8."""
        self.surface.set_data(frame.surface.numpy())
        self.real.set_data(*frame.real.T.numpy())
        self.fake.set_data(*frame.fake.T.numpy())
        pull = frame.pull[:ARROWS].numpy()
        longest = np.linalg.norm(pull, axis=1).max() + 1e-12
        self.arrows.set_offsets(frame.fake[:ARROWS].numpy())
        self.arrows.set_UVC(*(pull * LENGTH / longest).T)
        steps = np.arange(1, frame.step + 1)
        for line, values in zip(self.lines, (frame.loss_d, frame.loss_g), strict=True):
            line.set_data(steps, values)
        self._fit(frame)
        return self.stage.pixels()

    def _fit(self, frame: Frame) -> None:
        """Widen the axes of the losses in leaps, so that they seldom jump."""
        right = 100 * 2 ** max(0, int(np.ceil(np.log2(max(frame.step, 1) / 100))))
        values = np.nan_to_num([0.0, *frame.loss_d[-500:], *frame.loss_g[-500:]])
        low, high = min(-0.2, np.floor(values.min())), max(3.0, np.ceil(np.percentile(values, 99)))
        if self.losses.get_xlim() != (0, right) or self.losses.get_ylim() != (low, high):
            self.losses.set(xlim=(0, right), ylim=(low, high))
            self.stage.still = None  # the axes are part of it


def sentence(frame: Frame, rules: Rules) -> str:
    """What a frame shows, in words."""
    losses = ""
    if frame.step:
        losses = f"; loss of D {frame.loss_d[-1]:.2f}, of G {frame.loss_g[-1]:.2f}"
    return (
        f"After {frame.step} steps, {frame.near:.0%} of {SHOWN} generated points lie near a mode, "
        f"and {frame.reached} of {rules.modes} modes are reached{losses}."
    )


class Playground(widgets.VBox):
    """Play, pause, step and reset a GAN; drag its learning rates, change its loss.

    Args:
        preset: one of `PRESETS`, the game to begin with.
        game: one of yours instead.
        warm: steps that are played at once, so that there is something to see.

    Raises:
        ValueError: if there is no such preset.
    """

    def __init__(self, preset: str = "converge", *, game: Game | None = None, warm: int = 0):
        if preset not in PRESETS:
            raise ValueError(f"no preset {preset!r}; they are {', '.join(PRESETS)}")
        self.game = game or Game(PRESETS[preset])
        self.board, self.canvas = Board(self.game.reach), Canvas(820, halves=True)
        self.loop_running, self.setting, self.frames = False, False, 0
        self.play = widgets.ToggleButton(description="Play", icon="play", tooltip="Play or pause")
        self.once = widgets.Button(description="Step", tooltip="One step, without playing on")
        self.again = widgets.Button(description="Reset", tooltip="Begin again")
        self.preset = widgets.Dropdown(options=list(PRESETS), value=preset, description="preset")
        rates = {"base": 10, "min": -5, "max": -1, "step": 0.1, "readout_format": ".1e"}
        self.controls = {
            "lr_g": widgets.FloatLogSlider(description="rate of G", **rates),
            "lr_d": widgets.FloatLogSlider(description="rate of D", **rates),
            "d_steps": widgets.IntSlider(min=1, max=10, description="D per G"),
            "family": widgets.Dropdown(options=list(FAMILIES), description="loss"),
        }
        self._match()
        self.play.observe(lambda change: self._switch(change["new"]), "value")
        self.once.on_click(lambda button: self.advance(1))
        self.again.on_click(lambda button: self.reset())
        self.preset.observe(lambda change: self.choose(change["new"]), "value")
        for name, control in self.controls.items():
            control.observe(lambda change, name=name: self._turn(name, change["new"]), "value")
        for button in (self.play, self.once, self.again):
            button.layout.width = "90px"
        *sliders, family = self.controls.values()
        row = widgets.Layout(flex_flow="row wrap")
        buttons = [self.play, self.once, self.again, self.preset, family]
        rows = [widgets.HBox(each, layout=row) for each in (buttons, sliders)]
        super().__init__([*rows, self.canvas])
        self.advance(warm)

    def advance(self, steps: int) -> None:
        """Play some steps and show where they lead."""
        try:
            self.game.step(steps)
        except FloatingPointError as error:
            self.play.value = False
            self.canvas.fail(error)
            return
        self.draw()

    def draw(self) -> None:
        """Show the game as it is."""
        frame = self.game.frame()
        self.canvas.put(self.board.draw(frame), sentence(frame, self.game.rules))
        self.frames += 1

    def reset(self) -> None:
        """Begin again by the rules as they are now."""
        self.game.reset()
        self.draw()

    def choose(self, preset: str) -> None:
        """Take over the rules of a preset and begin again."""
        self.game.change(**asdict(PRESETS[preset]))
        self._match()
        self.reset()

    def _match(self) -> None:
        """Show the game's rules on the controls."""
        self.setting = True
        for name, control in self.controls.items():
            control.value = getattr(self.game.rules, name)
        self.setting = False

    def _turn(self, name: str, value) -> None:
        if not self.setting:
            self.game.change(**{name: value})

    def _switch(self, playing: bool) -> None:
        """Start or stop; while it plays there is one call waiting and never two."""
        self.play.description, self.play.icon = ("Pause", "pause") if playing else ("Play", "play")
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.play.value = False  # without a loop nothing could ever pause it
            return
        if playing and not self.loop_running:
            self.loop_running = True
            loop.call_soon(self._tick, loop)

    def _tick(self, loop) -> None:
        self.loop_running = self.play.value and self.comm is not None
        if not self.loop_running:
            return
        started = loop.time()
        self.advance(STEPS)
        # As long a rest as the work took: clicks and sliders are read in it.
        loop.call_later(max(PAUSE, loop.time() - started), self._tick, loop)

    def show(self) -> None:
        """Display, with a still for where there is no kernel."""
        show(self, self.canvas)
