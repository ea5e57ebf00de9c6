"""The controls of the explorer. Each turns what was done into a new state, and follows states."""

from dataclasses import replace

import ipywidgets as widgets
import numpy as np
from ipywidgets import Layout

from gan_lessons.widgets.explorer.codes_page import Codes
from gan_lessons.widgets.explorer.controls import Controls, Explorer
from gan_lessons.widgets.explorer.drop import drop_zone, pointer_map
from gan_lessons.widgets.explorer.encoding import for_screen
from gan_lessons.widgets.explorer.exploration import COUNT
from gan_lessons.widgets.explorer.keeping import Keeping
from gan_lessons.widgets.explorer.parts import Tiles, button, column, named, quiet, row, slider
from gan_lessons.widgets.explorer.pictures import BROUGHT, PICTURES, works
from gan_lessons.widgets.explorer.state import (
    LARGEST_INDEX,
    LARGEST_SEED,
    MINE,
    REACH,
    STRONGEST,
    State,
)
from gan_lessons.widgets.explorer.word import Word

NOWHERE = "nowhere"
TITLES = (
    "Results",
    "Walk",
    "Map",
    "Codes",
    "Reference",
    "Favourites",
    "Download",
    "Model and state",
)
MAP, CODES, REFERENCE = (TITLES.index(title) for title in ("Map", "Codes", "Reference"))
WORD = len(TITLES)  # the last page, where the model draws letters


class Panels(Controls):
    """Picture, results, walk, map and reference; the rest is in `keeping`.

    Args:
        explorer: whose state they change; it calls `follow` when the state changes.
    """

    def __init__(self, explorer: Explorer):
        super().__init__(explorer)
        self.keeping, self.codes = Keeping(explorer), Codes(explorer)
        self._source_controls()
        pages = [
            self._results_page(),
            self._walk_page(),
            self._map_page(),
            self.codes.page,
            self._reference_page(),
            *self.keeping.pages,
        ]
        self.pages, self.word = pages, Word(explorer)
        self.tabs = widgets.Tab(pages, layout=Layout(min_height="380px"))
        for place, title in enumerate(TITLES):
            self.tabs.set_title(place, title)
        self.tabs.observe(self._opened, "selected_index")

    @property
    def map_is_open(self) -> bool:
        """Whether somebody can see the map: it costs as much as three grids of results."""
        return hasattr(self, "tabs") and self.tabs.selected_index == MAP

    def turn_to(self, title: str) -> None:
        """Turn to a page."""
        self.tabs.selected_index = TITLES.index(title)

    def _opened(self, event: dict) -> None:
        if event["new"] in (MAP, CODES, REFERENCE, WORD):
            self.explorer.latest(self.explorer.state)

    # The picture, and what stands below the large one.

    def _source_controls(self) -> None:
        state = self.explorer.state
        half = Layout(width="128px", height="128px")
        self.source = widgets.Image(format="jpeg", layout=half)
        self.picture = widgets.Dropdown(
            options=self._pictures(state.picture),
            value=state.picture,
            description="picture",
            style={"description_width": "50px"},
            layout=Layout(width="98%"),
        )
        self.watch(self.picture, lambda name: self.explorer.state.but(picture=name))
        self.drop = self._zone("a picture of your own to restyle", self.explorer.take)
        self.drop.layout = Layout(flex="1 1 120px", width="auto", min_width="0")
        tip = "0 shows the source, 1 the model's result, more than 1 exaggerates it"
        self.strength = slider("strength", 0, STRONGEST, 0.01, state.strength, tip)
        self.watch(
            self.strength,
            lambda value: self.explorer.state.but(strength=round(value, 2)),
            follow=False,
        )
        self.keep = row(
            button("Keep", self.keeping.keep, "Put this result among the favourites"),
            button("Download", self.keeping.picture_file, "Make a file of this result"),
        )

    def _zone(self, label: str, take) -> widgets.Widget:
        return drop_zone(label, take, lambda reason: self.explorer.said.say(reason, wrong=True))

    def _pictures(self, present: str) -> list[tuple[str, str]]:
        own = list(self.explorer.exploration.album.own)
        named_own = [(f"{BROUGHT} {k + 1}", name) for k, name in enumerate(own)]
        if present.startswith(MINE) and present not in own:
            named_own.append((BROUGHT, present))
        return [*((title, name) for name, title in PICTURES.items()), *named_own]

    # Results.

    def _results_page(self) -> widgets.Widget:
        state = self.explorer.state
        self.seed = widgets.BoundedIntText(
            value=state.here.seed,
            min=0,
            max=LARGEST_SEED,
            description="seed",
            style={"description_width": "40px"},
            layout=Layout(width="150px"),
        )
        named(self.seed, "Other seeds draw other results; the same seed draws the same ones")
        self.watch(self.seed, lambda seed: self.explorer.state.at(seed=seed, x=0.0, y=0.0))
        return column(
            quiet("Draws of the chosen style. Take one, or ask for more."),
            self.explorer.results,
            row(
                button("Back", lambda: self._turn(-COUNT), "The draws before these"),
                button("More", lambda: self._turn(COUNT), "Further draws of this style"),
                self.seed,
            ),
        )

    def _turn(self, by: int) -> None:
        state = self.explorer.state
        first = max(0, min(state.first + by, LARGEST_INDEX + 1 - COUNT))
        note = f"Draws {first + 1} to {first + COUNT}."
        self.explorer.set_state(state.but(first=first), note)

    # A walk.

    def _walk_page(self) -> widgets.Widget:
        self.target = widgets.Dropdown(
            options=[NOWHERE],
            description="walk to",
            style={"description_width": "70px"},
            layout=Layout(width="98%", max_width="420px"),
        )
        named(self.target, "Another style, or another draw of this style")
        self.watch(self.target, self._towards)
        self.walk = slider("way", 0, 1, 0.01, 0, "0 is the chosen result, 1 the end of the walk")
        self.watch(
            self.walk, lambda value: self.explorer.state.but(walk=round(value, 2)), follow=False
        )
        return column(
            quiet("From the chosen result to another style, or to another draw of its own style."),
            self.target,
            self.walk,
        )

    def _towards(self, target: tuple | str) -> State:
        state = self.explorer.state
        if target == NOWHERE:
            return state.but(there=None, walk=0.0)
        style, index = target
        drawn = replace(state.here, style=style, index=index, x=0.0, y=0.0, reference="")
        return state.but(there=drawn, walk=state.walk or 0.5)

    def _targets(self, state: State) -> list[tuple[str, object]]:
        styles = self.explorer.exploration.model(state.model).styles
        here = state.here
        choices = [(s, here.index) for s in styles if s != here.style]
        choices += [(p.style, p.index) for p in self.explorer.exploration.points(state)]
        if state.there is not None and (state.there.style, state.there.index) not in choices:
            choices.append((state.there.style, state.there.index))
        titles = [f"{style.replace('_', ' ')}, draw {index + 1}" for style, index in choices]
        return [(NOWHERE, NOWHERE), *zip(titles, choices)]

    # The map.

    def _map_page(self) -> widgets.Widget:
        tip = "Place on the map around the chosen draw"
        self.x = slider("across", -REACH, REACH, 0.05, 0, tip)
        self.y = slider("up", -REACH, REACH, 0.05, 0, tip)
        self.watch(self.x, lambda x: self._slid("x", round(x, 2)), follow=False)
        self.watch(self.y, lambda y: self._slid("y", round(y, 2)), follow=False)
        self.pad = pointer_map("map of the styles around the chosen draw", REACH)
        if self.pad is None:
            self.chart = widgets.Image(
                format="jpeg", layout=Layout(width="320px", height="320px", max_width="100%")
            )
        else:
            self.chart = self.pad
            self.pad.observe(self._pointed, ["x", "y"])
        hint = "The chosen draw lies in the middle; the styles around it are its neighbours."
        return column(quiet(hint), row(self.chart, column(self.x, self.y, width="280px")))

    def _slid(self, axis: str, value: float) -> State:
        """Take the dot on the map along with a slider."""
        if self.pad is not None:
            with self.quietly():
                setattr(self.pad, axis, value)
        return self.explorer.state.at(**{axis: value})

    def _pointed(self, _: dict) -> None:
        if not self.following:
            x, y = (min(REACH, max(-REACH, value)) for value in (self.pad.x, self.pad.y))
            self.explorer.set_state(self.explorer.state.at(x=x, y=y))

    def put_map(self, chart: np.ndarray) -> None:
        """Show the map `(S, S, 3)`."""
        data = for_screen(chart)
        if self.pad is None:
            self.chart.value = data
        else:
            self.pad.image = data

    def draw_open(self, state: State) -> None:
        """Draw what costs more than a grid of results, and that somebody can see."""
        place = self.tabs.selected_index
        if place == CODES:
            self.codes.draw(state)
        elif place == REFERENCE:
            self._put_references(state)
        elif place == WORD:
            self.word.draw(state)

    # A reference.

    def _reference_page(self) -> widgets.Widget:
        self.reference = widgets.Dropdown(
            options=[("none, draw the style", "")],
            description="reference",
            style={"description_width": "70px"},
            layout=Layout(width="98%", max_width="420px"),
        )
        self.watch(self.reference, lambda name: self.explorer.state.at(reference=name))
        zone = self._zone("a picture to take the style from", self._take_reference)
        self.beside, self.held_up = Tiles(self._pick_reference, "Take the style of"), []
        return column(
            quiet(
                "Take the style from a picture instead of drawing it. The model reads it as a "
                "picture of the chosen style, so choose one that is drawn in that style."
            ),
            self.reference,
            zone,
            self.beside,
        )

    def _put_references(self, state: State) -> None:
        """Show the results of the style's works and of all pictures that were brought."""
        exploration, chosen = self.explorer.exploration, state.here.reference
        held = works(exploration.model(state.model), state.here.style)
        self.held_up = names = [*held, *exploration.album.own]
        titles = [f"reference {k + 1}" for k in range(len(names))]
        self.beside.put(exploration.by_references(state, names) if names else [], titles)
        self.beside.mark(names.index(chosen) if chosen in names else None)

    def _pick_reference(self, place: int) -> None:
        self.explorer.set_state(self.explorer.state.at(reference=self.held_up[place]))

    def _take_reference(self, data: bytes) -> None:
        def go() -> None:
            name = self.explorer.exploration.album.take(data)
            note = "The style is taken from your picture."
            self.explorer.set_state(self.explorer.state.at(reference=name), note)

        self.explorer.attempt(go)

    # Following.

    def follow(self, state: State) -> None:
        """Set every control to a state, without any of them changing it again."""
        here = state.here
        with self.quietly():
            self.picture.options = self._pictures(state.picture)
            self.picture.value = state.picture
            self.strength.value, self.seed.value = state.strength, here.seed
            self.x.value, self.y.value = here.x, here.y
            if self.pad is not None:
                self.pad.x, self.pad.y = here.x, here.y
            self.target.options = self._targets(state)
            there = state.there
            self.target.value = (there.style, there.index) if there else NOWHERE
            self.walk.value, self.walk.disabled = state.walk, there is None
            self._follow_reference(state)
        self.keeping.follow(state)
        self._follow_model(state)

    def _follow_model(self, state: State) -> None:
        """Offer the line for a word where the model draws letters."""
        spells = self.explorer.exploration.spells(state.model)
        pages = [*self.pages, self.word.page] if spells else self.pages
        if len(self.tabs.children) != len(pages):
            if self.tabs.selected_index == WORD:
                self.tabs.selected_index = 0
            self.tabs.children = pages
            for place, title in enumerate((*TITLES, "Word")[: len(pages)]):
                self.tabs.set_title(place, title)

    def _follow_reference(self, state: State) -> None:
        none = [("none, draw the style", "")]
        self.reference.options = none + self._pictures(state.here.reference)
        self.reference.value = state.here.reference
