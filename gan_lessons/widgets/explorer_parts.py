"""The pieces that the explorer is put together from: tiles, panels, one restrained style."""

from collections.abc import Callable, Sequence
from html import escape

import ipywidgets as widgets
import numpy as np
from ipywidgets import Layout

from gan_lessons.widgets.explorer_files import for_screen

TILE = 84  # CSS pixels across
CHOSEN = "explorer-chosen"
# Colours follow the theme of the page; the one of our own is Okabe and Ito's blue, dark or light.
STYLE = """<style>
.explorer { --explorer-accent: #0072B2; max-width: 1120px; }
[data-jp-theme-light="false"] .explorer { --explorer-accent: #56B4E9; }
@media (prefers-color-scheme: dark) { body:not([data-jp-theme-light]) .explorer {
  --explorer-accent: #56B4E9; } }
.explorer .explorer-heading { font-weight: 600; font-size: 13px; line-height: 1.4;
  color: var(--jp-content-font-color1, inherit); }
.explorer .explorer-quiet, .explorer .explorer-said { font-size: 12px; line-height: 1.4;
  color: var(--jp-content-font-color1, inherit); overflow-wrap: anywhere; }
.explorer .explorer-said.wrong { border-left: 4px solid #D55E00; padding-left: 8px; }
.explorer .widget-html-content { white-space: normal; line-height: 1.4; }
.explorer img { border-radius: 4px; }
.explorer .explorer-tile { border: 2px solid transparent; border-radius: 6px; padding: 2px; }
.explorer .explorer-chosen { border-color: var(--explorer-accent); }
.explorer .explorer-tile img { width: 100%; height: auto; aspect-ratio: 1; }
.explorer .explorer-tile button { width: 100%; margin: 2px 0 0; padding: 0 2px; font-size: 12px;
  overflow: hidden; text-overflow: ellipsis; }
.explorer button:focus-visible, .explorer input:focus-visible, .explorer select:focus-visible,
.explorer [tabindex]:focus-visible { outline: 3px solid #D55E00; outline-offset: 1px; }
.explorer .explorer-file { display: inline-flex; align-items: center; gap: 10px;
  color: var(--jp-content-link-color, var(--explorer-accent)); text-decoration: underline; }
.explorer .explorer-file img { max-height: 150px; max-width: 150px; border: 1px solid #8884; }
@media (max-width: 800px) {
  .explorer .lm-TabBar, .explorer .lm-TabBar-content { height: auto; max-height: none;
    flex-wrap: wrap; }
  .explorer .lm-TabBar-tab { flex: 0 0 auto !important; max-width: none; }
}
</style>"""


def heading(text: str) -> widgets.HTML:
    """The name of a panel."""
    made = widgets.HTML(
        f'<div class="explorer-heading" role="heading" aria-level="3">{escape(text)}</div>'
    )
    return made


def quiet(text: str) -> widgets.HTML:
    """A sentence that explains a panel."""
    return widgets.HTML(f'<div class="explorer-quiet">{escape(text)}</div>')


def row(*children: widgets.Widget, **layout: str) -> widgets.Box:
    """Side by side, and on a narrow screen one below the other."""
    settings = {"display": "flex", "flex_flow": "row wrap", "align_items": "flex-start"}
    return widgets.Box(children, layout=Layout(**{**settings, "grid_gap": "6px", **layout}))


def column(*children: widgets.Widget, width: str = "auto", grow: bool = False) -> widgets.VBox:
    """One below the other, at least as wide as is said."""
    flex = f"1 1 {width}" if grow else f"0 0 {width}"
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
