"""What the controls of the explorer share, and what they may ask of it."""

from collections.abc import Callable
from contextlib import contextmanager
from typing import Protocol

import ipywidgets as widgets

from gan_lessons.images.gate import Source
from gan_lessons.widgets.canvas import Latest
from gan_lessons.widgets.explorer.exploration import Exploration
from gan_lessons.widgets.explorer.parts import Said, Tiles
from gan_lessons.widgets.explorer.state import State


class Explorer(Protocol):
    """The explorer as its controls see it: a state, the way to another, and a voice."""

    exploration: Exploration
    state: State
    favourites: list[State]
    said: Said
    results: Tiles
    latest: Latest

    def set_state(self, state: State, note: str = "", *, follow: bool = True) -> None:
        """Go to a state."""

    def attempt(self, act: Callable[[], None]) -> None:
        """Do something that may go wrong, and say so if it does."""

    def take(self, source: Source) -> None:
        """Restyle a picture of one's own."""

    def describe(self, state: State) -> str:
        """What the large picture shows, in one sentence."""

    def turn_to(self, title: str) -> None:
        """Turn to a page."""

    def show_line(self) -> None:
        """Write the state as it is now, ready to be copied."""


class Controls:
    """Controls that turn what was done into a new state, and follow states.

    Args:
        explorer: whose state they change.
    """

    def __init__(self, explorer: Explorer):
        self.explorer = explorer
        self.following = False

    def watch(
        self, control: widgets.Widget, change: Callable[[object], State], *, follow: bool = True
    ) -> None:
        """Go to `change(value)` when a control was moved by hand, not by `follow`.

        Args:
            control: what is moved.
            change: from its value to the new state.
            follow: whether all controls are set to that state. Not for a slider that is dragged:
                what it is told comes late, and would pull it back.
        """

        def moved(event: dict) -> None:
            explorer = self.explorer
            if not self.following:
                explorer.attempt(lambda: explorer.set_state(change(event["new"]), follow=follow))
                explorer.show_line()

        control.observe(moved, "value")

    @contextmanager
    def quietly(self):
        """Set controls without going anywhere."""
        self.following = True
        try:
            yield
        finally:
            self.following = False
