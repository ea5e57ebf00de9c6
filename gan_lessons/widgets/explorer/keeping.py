"""What the explorer keeps: favourites, files to download, the model, the line that says it all."""

import ipywidgets as widgets
import numpy as np
from ipywidgets import Layout

from gan_lessons.widgets.explorer import encoding
from gan_lessons.widgets.explorer.controls import Controls, Explorer
from gan_lessons.widgets.explorer.parts import Tiles, button, column, named, quiet, row
from gan_lessons.widgets.explorer.state import SIZES, State

FAVOURITES = 12


class Keeping(Controls):
    """Favourites, files, model and state."""

    def __init__(self, explorer: Explorer):
        super().__init__(explorer)
        self.pages = [self._favourites_page(), self._download_page(), self._model_page()]

    # Favourites.

    def _favourites_page(self) -> widgets.Widget:
        self.kept = Tiles(self._back_to, "Come back to")
        self.pictures: dict[State, np.ndarray] = {}
        return column(
            quiet(f"Results that you kept, each with its seed; {FAVOURITES} have room."),
            self.kept,
            row(button("Forget the last", self._forget, "Take the newest favourite away")),
        )

    def keep(self) -> None:
        """Put the result among the favourites."""
        explorer, state = self.explorer, self.explorer.state
        if state not in explorer.favourites:
            explorer.favourites = [*explorer.favourites, state][-FAVOURITES:]
            self.pictures[state] = explorer.exploration.result(state)
        self._show_favourites()
        explorer.said.say(f"Kept. The line that brings it back: {state.to_text()}")

    def _forget(self) -> None:
        self.explorer.favourites = self.explorer.favourites[:-1]
        self._show_favourites()
        self.explorer.said.say(f"{len(self.explorer.favourites)} favourites are left.")

    def _show_favourites(self) -> None:
        kept = self.explorer.favourites
        self.pictures = {state: self.pictures[state] for state in kept}
        points = [state.here for state in kept]
        labels = [f"{p.style.replace('_', ' ')} {p.index + 1}, seed {p.seed}" for p in points]
        self.kept.put(list(self.pictures.values()), labels)

    def _back_to(self, place: int) -> None:
        self.explorer.set_state(self.explorer.favourites[place], "Back at this favourite.")

    # Files.

    def _download_page(self) -> widgets.Widget:
        self.link = widgets.HTML(layout=Layout(min_height="160px"))
        self.files = row(
            button("Picture", self.picture_file, "The chosen result as PNG"),
            button("Grid", self._grid_file, "Every style in four draws, as PNG"),
            button("GIF", lambda: self._walk_file("gif"), "An animation of the walk"),
            button("WebP", lambda: self._walk_file("webp"), "The same, smaller and finer"),
        )
        return column(
            quiet("An animation goes along the walk, or from the source to the result."),
            self.files,
            self.link,
        )

    def _offer(self, make) -> None:
        def go() -> None:
            file = make(self.explorer.state)
            self.link.value = file.link()
            self.explorer.turn_to("Download")
            self.explorer.said.say(f"{file.name} is ready under Download.")

        self.explorer.attempt(go)

    def _name(self, state: State, what: str, kind: str) -> str:
        here = state.here
        style = "".join(c if c.isalnum() else "_" for c in here.style)[:40]
        return f"{what}_{style}_seed{here.seed}_draw{here.index + 1}.{kind}"

    def picture_file(self) -> None:
        """Make a file of the result."""
        explorer = self.explorer
        self._offer(
            lambda state: encoding.File(
                self._name(state, "picture", "png"),
                encoding.png(explorer.exploration.result(state)),
                explorer.describe(state),
            )
        )

    def _grid_file(self) -> None:
        def make(state: State) -> encoding.File:
            names = self.explorer.exploration.model(state.model).styles
            labels = [name.replace("_", " ") for name in names]
            sheet = encoding.grid(self.explorer.exploration.sheet(state), labels)
            title = self.explorer.exploration.album.title(state.picture)
            alt = f"{title} in every style, four draws each"
            return encoding.File(self._name(state, "grid", "png"), encoding.png(sheet), alt)

        self._offer(make)

    def _walk_file(self, kind: str) -> None:
        def make(state: State) -> encoding.File:
            frames = self.explorer.exploration.frames(state)
            alt = f"A walk there and back: {self.explorer.describe(state)}"
            return encoding.File(
                self._name(state, "walk", kind), encoding.animation(frames, kind), alt
            )

        self._offer(make)

    # The model, and the line that brings all back.

    def _model_page(self) -> widgets.Widget:
        exploration, state = self.explorer.exploration, self.explorer.state
        wide = {"style": {"description_width": "70px"}, "layout": Layout(width="98%")}
        self.model = widgets.Dropdown(options=self._models(state), description="model", **wide)
        self.watch(self.model, self._with_model)
        self.folder = widgets.Text(
            description="folder", placeholder="of your own model", continuous_update=False, **wide
        )
        named(self.folder, "A folder that gan-lessons train wrote; Enter loads it")
        self.folder.observe(self._named_folder, "value")
        self.size = widgets.ToggleButtons(
            options=SIZES, value=state.size, description="pixels", style={"button_width": "60px"}
        )
        self.watch(self.size, lambda size: self.explorer.state.but(size=size))
        self.line = widgets.Text(description="state", continuous_update=False, **wide)
        named(self.line, "Copy it to keep where you are; paste one and press Enter to go there")
        self.line.observe(self._pasted, "value")
        own = [self.folder] if exploration.folders else []
        return column(
            self.model,
            *own,
            self.size,
            self.line,
            quiet("The state is all that the picture depends on. Paste one to come back to it."),
        )

    def _models(self, state: State) -> list[str]:
        names = self.explorer.exploration.models()
        return [*names, *([] if state.model in names else [state.model])]

    def _with_model(self, name: str) -> State:
        """The same draw in another model: styles of the same name stay, sizes do not."""
        exploration, state = self.explorer.exploration, self.explorer.state
        style, size = state.here.style, exploration.size(name)
        if style not in exploration.model(name).styles:
            style = exploration.start(name, state.picture).here.style
        there = state.but(model=name, there=None, walk=0.0, size=size)
        return there.but(here=exploration.in_style(there, style))

    def _named_folder(self, event: dict) -> None:
        if event["new"].strip() and not self.following:
            self.explorer.attempt(
                lambda: self.explorer.set_state(
                    self._with_model(event["new"].strip()), "The model is loaded."
                )
            )

    def _pasted(self, event: dict) -> None:
        text = event["new"].strip()
        if text and not self.following and text != self.explorer.state.to_text():
            self.explorer.attempt(
                lambda: self.explorer.set_state(
                    self.explorer.exploration.check(State.from_text(text)), "Here it is."
                )
            )

    def follow(self, state: State) -> None:
        """Set the controls to a state."""
        with self.quietly():
            self.model.options = self._models(state)
            self.model.value, self.size.value = state.model, state.size
        self.show_line()

    def show_line(self) -> None:
        """Write the state as it is now, ready to be copied."""
        with self.quietly():
            self.line.value = self.explorer.state.to_text()
