"""The pieces that the explorer is put together from: tiles, panels, one restrained style."""

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

import ipywidgets as widgets
import numpy as np
from ipywidgets import Layout

from gan_lessons.widgets.explorer.encoding import for_screen

TILE = 84  # CSS pixels across
CHOSEN = "explorer-chosen"
LOOKS = Path(__file__).with_name("explorer.css")


def looks() -> widgets.HTML:
    """The style sheet of all pieces, as a widget that shows nothing else."""
    style = f"<style>{LOOKS.read_text(encoding='utf-8')}</style>"
    return widgets.HTML(style, layout=Layout(display="none"))


def heading(text: str) -> widgets.HTML:
    """The name of a panel."""
    return widgets.HTML(
        f'<div class="explorer-heading" role="heading" aria-level="3">{escape(text)}</div>'
    )


def quiet(text: str) -> widgets.HTML:
    """A sentence that explains a panel."""
    return widgets.HTML(f'<div class="explorer-quiet">{escape(text)}</div>')


def row(*children: widgets.Widget, **layout: str) -> widgets.Box:
    """Side by side, and on a narrow screen one below the other."""
    settings = {"display": "flex", "flex_flow": "row wrap", "align_items": "flex-start"}
    return widgets.Box(children, layout=Layout(**{**settings, "grid_gap": "6px", **layout}))


def column(*children: widgets.Widget, width: str = "auto", grow: bool = False) -> widgets.VBox:
    """One below the other, at least as wide as is said."""
    flex = f"1 1 {width}" if grow else f"0 1 {width}"
    return widgets.VBox(children, layout=Layout(flex=flex, min_width="0", overflow="hidden"))


def button(text: str, act: Callable[[], None], tooltip: str, width: str = "auto") -> widgets.Button:
    """A button that does one thing; the tooltip is what a screen reader adds."""
    made = widgets.Button(description=text, tooltip=tooltip, layout=Layout(width=width))
    made.on_click(lambda _: act())
    return made


def slider(text: str, low: float, high: float, step: float, value: float, tooltip: str):
    """A slider that answers while it moves."""
    made = widgets.FloatSlider(
        value=value,
        min=low,
        max=high,
        step=step,
        description=text,
        continuous_update=True,
        readout_format=".2f",
        style={"description_width": "70px"},
        layout=Layout(width="100%", max_width="420px"),
    )
    named(made, tooltip)
    return made


def named(widget: widgets.Widget, tooltip: str) -> None:
    """Say more about a control than its label does; ipywidgets 7 and 8 differ in the name."""
    trait = "tooltip" if "tooltip" in widget.traits() else "description_tooltip"
    if trait in widget.traits():
        setattr(widget, trait, tooltip)


class Tiles(widgets.Box):
    """Small pictures, each with a button below it that chooses it.

    Args:
        pick: told the number of the tile that was chosen.
        what: what choosing does, for the tooltips.
    """

    def __init__(self, pick: Callable[[int], None], what: str):
        self.pick, self.what = pick, what
        self.pictures: list[widgets.Image] = []
        self.buttons: list[widgets.Button] = []
        self.chosen: int | None = None
        flow = Layout(display="flex", flex_flow="row wrap", grid_gap="2px", width="100%")
        super().__init__([], layout=flow)

    def put(self, pictures: Sequence[np.ndarray], labels: Sequence[str]) -> None:
        """Show pictures `(S, S, 3)` uint8, one a label; tiles are kept and only change."""
        if len(self.children) != len(pictures):
            self._resize(len(pictures))
        encoded = map(for_screen, pictures)
        for place, data, label in zip(range(len(pictures)), encoded, labels, strict=True):
            self.pictures[place].value = data
            named(self.buttons[place], f"{self.what} {label}")
        self.labels = list(labels)
        self.mark(self.chosen)

    def mark(self, chosen: int | None) -> None:
        """Frame the chosen tile, and tick its name for those who do not see the frame."""
        self.chosen = chosen
        for place, tile in enumerate(self.children):
            is_chosen = place == chosen
            (tile.add_class if is_chosen else tile.remove_class)(CHOSEN)
            text = f"✓ {self.labels[place]}" if is_chosen else self.labels[place]
            if self.buttons[place].description != text:
                self.buttons[place].description = text

    def _resize(self, count: int) -> None:
        while len(self.pictures) < count:
            place = len(self.pictures)
            size = Layout(width=f"{TILE - 8}px", height=f"{TILE - 8}px", margin="0")
            self.pictures.append(widgets.Image(format="jpeg", layout=size))
            self.buttons.append(button("", lambda place=place: self.pick(place), self.what))
        tiles = []
        for picture, pressed in zip(self.pictures[:count], self.buttons[:count], strict=True):
            tile = widgets.VBox([picture, pressed], layout=Layout(width=f"{TILE}px"))
            tile.add_class("explorer-tile")
            tiles.append(tile)
        self.children = tiles


class Said(widgets.HTML):
    """One line that answers an action, or says in one sentence what went wrong."""

    def __init__(self):
        super().__init__(layout=Layout(min_height="36px", width="100%"))
        self.say("")

    def say(self, text: str, wrong: bool = False) -> None:
        """Change the line; screen readers announce it."""
        kind = "explorer-said wrong" if wrong else "explorer-said"
        role = "alert" if wrong else "status"
        self.value = f'<div class="{kind}" role="{role}" aria-live="polite">{escape(text)}</div>'
