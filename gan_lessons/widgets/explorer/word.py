"""A line to type a word in, for models that draw letters: the word in many hands."""

import ipywidgets as widgets
import numpy as np
from ipywidgets import Layout

from gan_lessons.images.gate import Source
from gan_lessons.widgets.explorer.controls import Controls, Explorer
from gan_lessons.widgets.explorer.drop import drop_zone
from gan_lessons.widgets.explorer.encoding import enlarged, for_screen
from gan_lessons.widgets.explorer.exploration import COUNT
from gan_lessons.widgets.explorer.parts import button, column, named, quiet, row
from gan_lessons.widgets.explorer.state import State

LONGEST = 16  # letters of a word
MOST = 4  # reference letters
FIRST = "HANDS"
THUMB = 48  # pixels a side of a reference


def spelled(text: str) -> tuple[str, str]:
    """What can be drawn of a text, and what cannot.

    Args:
        text: anything.

    Returns:
        At most `LONGEST` capitals A to Z and spaces; and the other characters, each once.

    >>> spelled("Größe 2")
    ('GRE ', 'öß2')
    """
    kept, left = "", {}
    for character in " ".join(text.split()):
        capital = character.upper()
        if capital == " " or (len(capital) == 1 and "A" <= capital <= "Z"):
            kept += capital
        else:
            left[character] = None
    return kept[:LONGEST], "".join(left)


class Word(Controls):
    """The page with the line, its rows of results, and the letters that a hand is taken from.

    Args:
        explorer: whose model draws, and whose style, seed and first draw the rows follow.
    """

    def __init__(self, explorer: Explorer):
        super().__init__(explorer)
        self.text = widgets.Text(
            value=FIRST,
            description="word",
            style={"description_width": "50px"},
            layout=Layout(width="98%", max_width="420px"),
        )
        named(self.text, f"Up to {LONGEST} letters A to Z; a row below is one hand")
        self.text.observe(lambda _: self.draw(self.explorer.state), "value")
        self.note = widgets.HTML(layout=Layout(min_height="20px"))
        self.rows = widgets.VBox(
            [widgets.Image(format="jpeg") for _ in range(COUNT)], layout=Layout(grid_gap="2px")
        )
        self.references: list[str] = []
        self.shown_references = row()
        self.zone = drop_zone(
            "letters of a hand of your own",
            self.take,
            lambda reason: self.explorer.said.say(reason, wrong=True),
        )
        self.page = column(
            quiet(
                "A word in the chosen style, each row by another draw: typefaces that nobody made."
            ),
            self.text,
            self.note,
            self.rows,
            quiet(
                f"Or take the hand from up to {MOST} pictures of letters; rows after the first "
                "move a third of the way towards draws."
            ),
            row(
                self.zone, self.shown_references, button("Forget", self.forget, "Draw hands again")
            ),
        )
        self.drawn: object = None

    def take(self, source: Source) -> None:
        """Let one more letter in; the hand is what all of them have in common."""

        def go() -> None:
            name = self.explorer.exploration.album.take(source)
            self.references = [*self.references, name][-MOST:]
            self.show_references()
            self.draw(self.explorer.state)

        self.explorer.attempt(go)

    def forget(self) -> None:
        """Draw hands instead of taking one."""
        self.references = []
        self.show_references()
        self.draw(self.explorer.state)

    def show_references(self) -> None:
        """Show the letters that the hand is taken from, side by side."""
        album = self.explorer.exploration.album
        size = Layout(width=f"{THUMB}px", height=f"{THUMB}px")
        self.shown_references.children = [
            widgets.Image(
                value=for_screen(enlarged(np.asarray(album[name]), THUMB)),
                format="jpeg",
                layout=size,
            )
            for name in self.references
        ]

    def draw(self, state: State) -> None:
        """Draw the word, if it is not there already."""
        word, left = spelled(self.text.value)
        wanted = (word, state.model, state.here, state.first, tuple(self.references))
        if wanted == self.drawn:
            return
        self.drawn = wanted
        self.explorer.attempt(lambda: self._put(state, word))
        said = f"Left out, since only A to Z are known here: {' '.join(left)}." if left else ""
        self.note.value = quiet(said or f"{word.strip() or 'Nothing'} in {COUNT} hands.").value

    def _put(self, state: State, word: str) -> None:
        pictures = self.explorer.exploration.word(state, word, self.references)
        for image, picture in zip(self.rows.children, pictures, strict=True):
            image.value = for_screen(picture)
            image.layout = Layout(width=f"{min(420, 44 * len(word))}px", height="auto")
