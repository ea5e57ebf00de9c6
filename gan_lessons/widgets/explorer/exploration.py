"""From a state of the explorer to its pictures: no widgets, no chance, nothing but arrays."""

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gan_lessons.data import letters, paintings
from gan_lessons.images.gate import image_to_tensor, to_uint8
from gan_lessons.models.store import bundled
from gan_lessons.style_transfer import DRAWN, StyleTransfer
from gan_lessons.walks import blend, farthest
from gan_lessons.widgets.explorer.codes import MAPPED, code_map, real_pictures
from gan_lessons.widgets.explorer.latents import latent
from gan_lessons.widgets.explorer.pictures import (
    LETTER,
    PAINTER,
    PHOTO,
    PICTURES,
    Album,
    square,
    works,
)
from gan_lessons.widgets.explorer.state import LARGEST_INDEX, REACH, SIZES, Point, State

COUNT = 8  # results in a grid
FIRST = {letters.NAME: LETTER, paintings.NAME: PHOTO}  # pictures, by a model's data set
KEPT = 64  # encoded pictures and references that are remembered


class Exploration:
    """Draws what a `State` says; equal states give equal pictures.

    Args:
        folders: whether a model may be a folder of this machine. Not for strangers.
        own: the folder of a model to offer beside the bundled ones, by its own name; or none.
        device: "auto", "cuda", "mps" or "cpu".
        precision: "auto", "fp32", "bf16" or "fp16".

    Example:
        >>> exploration = Exploration()
        >>> state = exploration.start()
        >>> exploration.result(state).shape
        (64, 64, 3)
    """

    def __init__(
        self,
        *,
        folders: bool = True,
        own: str = "",
        device: str = "auto",
        precision: str = "auto",
    ):
        self.folders, self.device, self.precision = folders, device, precision
        self.own = {Path(own).resolve().name: own} if own else {}
        self.album = Album()
        self.loaded: tuple[str, StyleTransfer] | None = None
        self.known: OrderedDict[tuple, Any] = OrderedDict()

    def models(self) -> tuple[str, ...]:
        """Models that can be chosen by name; numbers in names count, so 64 comes before 128."""
        parts = {name: re.split(r"(\d+)", name) for name in bundled()}
        in_order = sorted(parts, key=lambda name: [p.zfill(9) for p in parts[name]])
        return (*self.own, *(name for name in in_order if name not in self.own))

    def start(self, model: str = "", picture: str = "") -> State:
        """Where to begin.

        Args:
            model: a bundled model or a folder; "" takes the model of paintings for a photograph,
                and the first bundled one for any other picture.
            picture: one of `PICTURES`; "" takes the first that suits the model.

        Returns:
            A state: the picture in the style that changes it most, of those that have `works` if
            any has.

        Raises:
            ValueError: if there is no such model or picture.
        """
        names = self.models()
        if not (model or names):
            raise ValueError("there is no bundled model here; name the folder of one")
        if not (model or self.own) and self.album.suits_painter(picture) and PAINTER in names:
            model = PAINTER
        loaded = self.model(model := model or names[0])
        picture = picture or FIRST.get(loaded.config.data.name, next(iter(PICTURES)))
        state = State(model, picture, Point(loaded.styles[0]), size=self.size(model))
        points = [self.in_style(state, style) for style in loaded.styles]
        points = [point for point in points if point.reference] or points
        x, codes = self._input(state), self._codes(state, points)
        return state.but(here=points[farthest(x, loaded.translate(x, codes))])

    def model(self, name: str) -> StyleTransfer:
        """The model of that name; the last one stays loaded.

        Raises:
            ValueError: if there is none, or it is a folder where folders are not wanted.
        """
        if self.loaded is None or self.loaded[0] != name:
            if not self.folders and name not in self.models():
                raise ValueError(f"choose one of the models here: {', '.join(self.models())}")
            folder = self.own.get(name, name)
            model = StyleTransfer.load(folder, device=self.device, precision=self.precision)
            model.kind.check_draws("the explorer")
            self.loaded = name, model
            self.known.clear()
        return self.loaded[1]

    def size(self, name: str) -> int:
        """The size to begin with: the largest of `SIZES` that is not above the model's own."""
        return max((s for s in SIZES if s <= self.model(name).size), default=SIZES[0])

    def check(self, state: State) -> State:
        """The state itself, if it can be drawn.

        Raises:
            ValueError: if model, picture, style or reference are not there.
        """
        model = self.model(state.model)
        for point in filter(None, (state.here, state.there)):
            if point.style not in model.styles:
                known = ", ".join(model.styles)
                raise ValueError(f"no style {point.style!r}; {state.model} has {known}")
            if point.reference:
                self.album[point.reference]
        self.source(state)
        return state

    def source(self, state: State) -> np.ndarray:
        """The picture that is restyled, `(size, size, 3)` uint8."""
        return _array(self._input(state))[0]

    def result(self, state: State) -> np.ndarray:
        """The picture that the state stands for, `(size, size, 3)` uint8."""
        s = self._code(state, state.here)
        if state.there is not None and state.walk:
            s = torch.lerp(s, self._code(state, state.there), state.walk)
        return self._draw(state, s, state.strength)[0]

    def every_style(self, state: State) -> np.ndarray:
        """The results of `in_style` for each style, `(styles, size, size, 3)`."""
        points = [self.in_style(state, style) for style in self.model(state.model).styles]
        return self._draw(state, self._codes(state, points))

    def in_style(self, state: State, style: str) -> Point:
        """The draw of a state in a style, after the first of the style's `works` if it has any."""
        first = "".join(works(self.model(state.model), style)[:1])
        return replace(state.here, style=style, x=0.0, y=0.0, reference=first)

    def results(self, state: State, count: int = COUNT) -> np.ndarray:
        """Draws of the style, `(count, size, size, 3)`, from draw `state.first` on."""
        return self._draw(state, self._codes(state, self.points(state, count)))

    def points(self, state: State, count: int = COUNT) -> list[Point]:
        """The styles that `results` shows."""
        first = min(state.first, LARGEST_INDEX + 1 - count)
        return [replace(state.here, index=first + k, x=0.0, y=0.0) for k in range(count)]

    def sheet(self, state: State, count: int = 4) -> np.ndarray:
        """Every style in `count` draws, `(styles, count, size, size, 3)`, in one pass."""
        styles = self.model(state.model).styles
        points = [
            point
            for style in styles
            for point in self.points(state.but(here=self.in_style(state, style)), count)
        ]
        pictures = self._draw(state, self._codes(state, points))
        return pictures.reshape(len(styles), count, *pictures.shape[1:])

    def frames(self, state: State, count: int = 16) -> np.ndarray:
        """A walk, `(count, size, size, 3)`: from here to there, or from the source to the result.

        Args:
            state: where it leads; without `there` the strength grows from 0 to the state's.
            count: pictures, both ends included, 2 or more.
        """
        if count < 2:
            raise ValueError(f"a walk needs 2 pictures or more, got {count}")
        share = torch.linspace(0, 1, count)
        here = self._code(state, state.here)
        if state.there is None:
            result = self._draw(state, here, state.strength)[0].astype(np.float32)
            source = self.source(state).astype(np.float32)
            way = share.numpy()[:, None, None, None]
            return (source + way * (result - source)).round().astype(np.uint8)
        there = self._code(state, state.there)
        codes = torch.lerp(here, there, share[:, None].to(here.device))
        return self._draw(state, codes, state.strength)

    def spells(self, model: str) -> bool:
        """Whether a model draws letters, so that a word can be typed."""
        return self.model(model).config.data.name == letters.NAME

    @torch.inference_mode()
    def word(self, state: State, word: str, references: Sequence[str] = ()) -> np.ndarray:
        """A word in several hands, one style code a hand.

        Args:
            state: style, seed and first draw.
            word: of A to Z and spaces.
            references: letters of a hand, by their names in the album: the first row has the mean
                of the codes that are read off them, and further ones move towards draws.

        Returns:
            `(COUNT, size, len(word) * size, 3)` uint8; a space is white.
        """
        model, style = self.model(state.model), state.here.style
        codes = self._codes(state, [replace(point, reference="") for point in self.points(state)])
        if references:
            own = model.codes(style, reference=[self.album[name] for name in references]).mean(0)
            towards = torch.full((COUNT, 1), DRAWN, device=codes.device)
            towards[0] = 0
            codes = torch.lerp(own.expand_as(codes), codes, towards)
        alphabet, used = letters.plain_alphabet(), sorted(set(word) - {" "})
        white = torch.ones(COUNT, 3, letters.SIZE, letters.SIZE)
        drawn = {" ": white.to(codes.device)}
        for letter in used:
            x = alphabet[letter].to(codes.device).float()[None] / 127.5 - 1
            drawn[letter] = model.translate(x, codes)
        return _array(torch.cat([drawn[letter] for letter in word or " "], dim=3))

    @torch.inference_mode()
    def codes_of_real(self, state: State) -> np.ndarray:
        """The map of a style's codes, `(400, 400, 3)`: real test pictures, draws, the chosen style.

        Raises:
            ValueError: if the model's data set does not come with the course, or has too few
                pictures of the style.
        """
        model, style = self.model(state.model), state.here.style
        rows = self._remember(("real", state.model, style), lambda: real_pictures(model, style))
        y = torch.full((len(rows),), model.styles.index(style), device=model.device)
        real = model.networks["style_encoder"](rows.float().to(model.device) / 127.5 - 1, y)
        drawn = self._codes(state, self.points(state.at(reference=""), MAPPED))
        pictures = rows.permute(0, 2, 3, 1).numpy()
        return code_map(pictures, real, drawn, self._code(state, state.here))

    def by_references(self, state: State, names: Sequence[str]) -> np.ndarray:
        """The picture after each of several references, `(N, size, size, 3)`, each with its own.

        The reference stands in the corner of its result.
        """
        points = [replace(state.here, reference=name, x=0.0, y=0.0) for name in names]
        results = self._draw(state, self._codes(state, points)).copy()
        third = results.shape[1] // 3
        for result, name in zip(results, names, strict=True):
            result[-third:, :third] = square(self.album[name], third)
            result[-third - 1, : third + 1] = result[-third:, third] = 128
        return results

    def chart(self, state: State, side: int = 5) -> np.ndarray:
        """The map, as one picture `(side * size, side * size, 3)`; y grows upwards."""
        ways = np.linspace(-REACH, REACH, side).tolist()
        points = [replace(state.here, x=x, y=y) for y in reversed(ways) for x in ways]
        tiles = self._draw(state, self._codes(state, points))
        size = tiles.shape[1]
        rows = tiles.reshape(side, side, size, size, 3).transpose(0, 2, 1, 3, 4)
        return rows.reshape(side * size, side * size, 3)

    @torch.inference_mode()
    def _draw(self, state: State, s: Tensor, strength: float = 1.0) -> np.ndarray:
        """Run the generator and go `strength` of the way from the source to its result."""
        x = self._input(state)
        return _array(blend(x, self.model(state.model).translate(x, s), strength))

    def _code(self, state: State, point: Point) -> Tensor:
        return self._codes(state, [point])

    @torch.inference_mode()
    def _codes(self, state: State, points: Sequence[Point]) -> Tensor:
        """Style codes `(N, style_dim)` of points, by one pass of the mapping network.

        On the map around a reference the code moves as the drawn ones do, a third as far.
        """
        model = self.model(state.model)
        y = torch.tensor([model.styles.index(point.style) for point in points])
        latents = torch.stack([latent(point, model.config.model.latent_dim) for point in points])
        mapping = model.networks["mapping_network"]
        codes = mapping(latents.to(model.device), y.to(model.device))
        for k, point in enumerate(points):
            if point.reference:
                read = self._read(state, replace(point, x=0.0, y=0.0))
                codes[k] = read + DRAWN * (codes[k] - self._still(state, point))
        return codes

    def _still(self, state: State, point: Point) -> Tensor:
        """The code of a draw where the map has its middle, `(style_dim,)`."""
        at = replace(point, x=0.0, y=0.0, reference="")
        return self._remember(("still", at), lambda: self._code(state, at)[0])

    def _read(self, state: State, point: Point) -> Tensor:
        """The code of a reference, or of a further draw that leans on it, `(style_dim,)`."""
        model, count = self.model(state.model), point.index + 1

        def make() -> Tensor:
            image = self.album[point.reference]
            own = model.codes(point.style, reference=image, seed=point.seed)[0]
            return own if count == 1 else torch.lerp(own, self._still(state, point), DRAWN)

        return self._remember(("read", point), make)

    def _input(self, state: State) -> Tensor:
        """The picture as the generator takes it, `(1, 3, size, size)` on its device."""
        device = self.model(state.model).device

        def make() -> Tensor:
            image = square(self.album[state.picture], state.size)
            return image_to_tensor(image)[None].to(device)

        return self._remember(("input", state.picture, state.size), make)

    def _remember(self, key: tuple, make) -> Tensor:
        if key not in self.known:
            self.known[key] = make()
        self.known.move_to_end(key)
        while len(self.known) > KEPT:
            self.known.popitem(last=False)
        return self.known[key]


def _array(pictures: Tensor) -> np.ndarray:
    return to_uint8(pictures).permute(0, 2, 3, 1).contiguous().cpu().numpy()
