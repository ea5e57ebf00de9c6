"""The page with the map of a style's codes."""

import ipywidgets as widgets
from ipywidgets import Layout

from gan_lessons.widgets.explorer.controls import Controls, Explorer
from gan_lessons.widgets.explorer.encoding import for_screen
from gan_lessons.widgets.explorer.parts import column, quiet
from gan_lessons.widgets.explorer.state import State


class Codes(Controls):
    """The map, and a line that says what it shows or why there is none."""

    def __init__(self, explorer: Explorer):
        super().__init__(explorer)
        self.map = widgets.Image(
            format="jpeg", layout=Layout(width="400px", height="auto", max_width="100%")
        )
        self.said = widgets.HTML()
        self.page = column(
            quiet(
                "The codes that are read off real pictures of the chosen style, in the plane in "
                "which they differ most. Dots are draws, the ring is the chosen result."
            ),
            self.map,
            self.said,
        )

    def draw(self, state: State) -> None:
        """Draw the map of a state's style."""
        said = f"{state.here.style.replace('_', ' ')}: pictures, draws and the chosen result."
        try:
            self.map.value = for_screen(self.explorer.exploration.codes_of_real(state))
        except ValueError as error:
            self.map.value, said = b"", str(error)
        self.said.value = quiet(said).value
