"""The style explorer: one picture, every style, and what lies between."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import ipywidgets as widgets
from ipywidgets import Layout

from gan_lessons.data import paintings
from gan_lessons.images.gate import Source
from gan_lessons.widgets.canvas import Canvas, Latest, show
from gan_lessons.widgets.explorer.encoding import enlarged, for_screen, grid, png
from gan_lessons.widgets.explorer.exploration import COUNT, Exploration
from gan_lessons.widgets.explorer.panels import Panels
from gan_lessons.widgets.explorer.parts import Said, Tiles, column, heading, looks, row
from gan_lessons.widgets.explorer.pictures import PAINTER, PICTURES
from gan_lessons.widgets.explorer.state import LARGEST_INDEX, Point, State

SHOWN = 256  # CSS pixels across of the large picture
COLUMN = "280px"  # across of what stands at the left


@dataclass(frozen=True)
class Still:
    """What stands in for the explorer where no kernel runs."""

    png: bytes
    alt: str


class StyleExplorer(widgets.VBox):
    """Restyle a picture, compare, walk, mix, keep and download.

    Args:
        model: a bundled model, or the folder of one; "" takes the model of paintings for a
            photograph, and the first bundled one for any other picture.
        picture: a bundled picture's name, or one of your own: a path, bytes or a PIL image.
        state: a line that another explorer gave; it replaces both.
        folders: whether whoever uses it may name folders of this machine as models. Not for
            strangers: they get `model` by its name alone.
        device: "auto", "cuda", "mps" or "cpu".

    Raises:
        ValueError: if there is no such model, picture or state, or the picture cannot be read.

    Example:
        >>> explorer = StyleExplorer(picture="noto/red apple")
        >>> explorer.set_state(explorer.state.at(style="openmoji"))
    """

    def __init__(
        self,
        model: str | Path = "",
        picture: str | Source = "",
        *,
        state: str = "",
        folders: bool = True,
        device: str = "auto",
    ):
        own = str(model) if model and not folders and Path(model).is_dir() else ""
        self.exploration = Exploration(folders=folders, own=own, device=device)
        model = next(iter(self.exploration.own), model)
        self.state = self._first_state(str(model), picture, state)
        self.good = self.state
        self.favourites: list[State] = []
        self.shown: dict[str, object] = {}  # what each part of the screen was drawn for
        self.canvas = Canvas(SHOWN)
        self.canvas.picture.layout = Layout(width=f"{SHOWN}px", height=f"{SHOWN}px")
        self.canvas.text.layout = Layout(min_height="56px", width=f"{SHOWN}px", max_width="100%")
        self.said = Said()
        self.styles = Tiles(self._pick_style, "See more results in")
        self.results = Tiles(self._pick_result, "Take")
        self.panels = Panels(self)
        self.latest = Latest(self._draw, self._fail)
        self._draw(self.state)
        self.panels.follow(self.state)
        super().__init__(self._layout())
        self.add_class("explorer")

    def _first_state(self, model: str, picture: str | Source, state: str) -> State:
        if state:
            return self.exploration.check(State.from_text(state))
        if not isinstance(picture, str) or (picture and picture not in PICTURES):
            picture = self.exploration.album.take(picture)
        return self.exploration.start(model, picture)

    def _layout(self) -> list[widgets.Widget]:
        panels = self.panels
        source = column(
            heading("Your picture"),
            row(panels.source, panels.drop, align_items="stretch"),
            panels.picture,
            width=COLUMN,
        )
        every = column(heading("In every style"), self.styles, self.said, width="300px", grow=True)
        chosen = column(
            heading("The chosen result"), self.canvas, panels.strength, panels.keep, width=COLUMN
        )
        more = column(panels.tabs, width="300px", grow=True)
        gap = {"grid_gap": "16px"}
        return [looks(), row(source, every, **gap), row(chosen, more, margin="16px 0 0", **gap)]

    def set_state(self, state: State, note: str = "", *, follow: bool = True) -> None:
        """Go to a state; the newest one asked for is drawn, and those in between are skipped.

        Args:
            state: where to go.
            note: what to say about it.
            follow: whether the controls are set to it. A slider that moves needs no telling.
        """
        self.state = state
        self.said.say(note)
        if follow:
            self.panels.follow(state)
        self.latest(state)

    def attempt(self, act: Callable[[], None]) -> None:
        """Do something that may go wrong, and say so in one sentence if it does."""
        try:
            act()
        except (ValueError, OSError) as error:
            self.said.say(str(error), wrong=True)

    def turn_to(self, title: str) -> None:
        """Turn to a page of the controls."""
        self.panels.turn_to(title)

    def show_line(self) -> None:
        """Write the state as it is now, ready to be copied."""
        self.panels.keeping.show_line()

    def take(self, source: Source) -> None:
        """Restyle a picture of one's own; one that cannot be read leaves everything as it is."""

        def go() -> None:
            album = self.exploration.album
            name, note = album.take(source), "Your picture is here."
            painter = self.exploration.model(self.state.model).config.data.name == paintings.NAME
            if not painter and album.suits_painter(name) and PAINTER in self.exploration.models():
                note += f" It looks like a photograph: {PAINTER}, under Model and state, paints it."
            self.set_state(self.state.but(picture=name), note)

        self.attempt(go)

    def _draw(self, state: State) -> None:
        """Draw what the state changes and nothing else, the large picture first."""
        exploration = self.exploration
        exploration.check(state)
        here, base = state.here, (state.model, state.picture, state.size)
        changed = self._changed
        if changed("result", state):
            large = enlarged(exploration.result(state), SHOWN)
            self.canvas.put(large, self.describe(state))
        if changed("source", base):
            self.panels.source.value = for_screen(enlarged(exploration.source(state), SHOWN // 2))
        styles = exploration.model(state.model).styles
        if changed("styles", (*base, here.seed, here.index)):
            labels = [style.replace("_", " ") for style in styles]
            self.styles.put(exploration.every_style(state), labels)
        if changed("results", (*base, here.style, here.seed, here.reference, state.first)):
            labels = [f"draw {point.index + 1}" for point in exploration.points(state)]
            self.results.put(exploration.results(state), labels)
        self.styles.mark(styles.index(here.style))
        place = here.index - min(state.first, LARGEST_INDEX + 1 - COUNT)
        own = not (here.x or here.y)
        self.results.mark(place if own and 0 <= place < COUNT else None)
        if self.panels.map_is_open:
            self.draw_map(state)
        self.panels.draw_open(state)
        self.good = state

    def draw_map(self, state: State) -> None:
        """Draw the map of the styles around a draw, if it is not there already."""
        middle = replace(state.here, x=0.0, y=0.0)
        if self._changed("map", (state.model, state.picture, state.size, middle)):
            self.panels.put_map(self.exploration.chart(state))

    def _changed(self, part: str, key: object) -> bool:
        changed = self.shown.get(part) != key
        self.shown[part] = key
        return changed

    def _fail(self, error: Exception) -> None:
        """Say what is wrong and stay where all was well."""
        self.state = self.good
        self.shown.clear()
        self.panels.follow(self.good)
        self._draw(self.good)
        self.said.say(str(error) or type(error).__name__, wrong=True)

    def describe(self, state: State) -> str:
        """What the large picture shows, in one sentence."""
        title = self.exploration.album.title(state.picture)
        text = f"{title}; {describe_point(state.here)}"
        if state.there is not None:
            text += f", {state.walk:.0%} of the way to {describe_point(state.there)}"
        if state.strength != 1:
            text += f", at strength {state.strength:.2f}"
        return f"{text[0].upper()}{text[1:]}."

    def _pick_style(self, place: int) -> None:
        style = self.exploration.model(self.state.model).styles[place]
        self.set_state(self.state.but(here=self.exploration.in_style(self.state, style)))

    def _pick_result(self, place: int) -> None:
        self.set_state(self.state.but(here=self.exploration.points(self.state)[place]))

    def still(self) -> Still:
        """A picture of the explorer: the source, every style, and the results of the chosen one."""
        state, names = self.state, self.exploration.model(self.state.model).styles
        rows = [
            [self.exploration.source(state), *self.exploration.every_style(state)],
            [self.exploration.result(state), *self.exploration.results(state)],
        ]
        labels = ["every style", state.here.style.replace("_", " ")]
        alt = (
            f"{self.describe(state)} Above, the source and then its results in {', '.join(names)}; "
            f"below, the chosen result and {COUNT} draws of its style."
        )
        return Still(png(grid(rows, labels, self.describe(state))), alt)

    def _ipython_display_(self, **_) -> None:
        show(self, self.still())


def describe_point(point: Point) -> str:
    """A style in words."""
    text = f"{point.style.replace('_', ' ')}, draw {point.index + 1} of seed {point.seed}"
    if point.reference:
        text += f", after {PICTURES.get(point.reference, 'the reference')}"
    if point.x or point.y:
        text += f", moved by {point.x:.2f} and {point.y:.2f}"
    return text
