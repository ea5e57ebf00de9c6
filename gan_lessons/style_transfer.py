"""What a user holds: load a model, restyle pictures, walk between styles, save."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gan_lessons.config import Recipe
from gan_lessons.data.batches import latents
from gan_lessons.files import OutputFolder
from gan_lessons.images import gate, tiles
from gan_lessons.images.animation import encode_animation
from gan_lessons.images.arrays import array_to_image, is_array
from gan_lessons.images.scale import scaled
from gan_lessons.models import store
from gan_lessons.models.architecture import Networks, architecture
from gan_lessons.training.precision import autocast, device_named, resolve
from gan_lessons.truncation import truncated
from gan_lessons.walks import between, blend, check_room

TILE = 1024  # pixels a side; what holds more is cut up, so that memory stays bounded
AT_ONCE = 64 * 64 * 64  # pixels in one pass of the generator: 64 pictures of 64 pixels a side
DRAWN = 1 / 3  # how far further results of one reference move towards a drawn style

Picture = gate.Source | np.ndarray | Tensor


class StyleTransfer:
    """A trained style-transfer model, made by `load`. On `networks` see `Architecture.use`.

    Args:
        networks: those that its architecture says are used.
        styles: what the model can be asked for, in domain order.
        config: the recipe the networks were made by.
        run: what made the weights, as `config.json` says.
        device: "auto", "cuda", "mps" or "cpu".
        precision: "auto", "fp32", "bf16" or "fp16".
        truncation: how far codes lie from the mean of their style; see :mod:`.truncation`.
    """

    def __init__(
        self,
        networks: Networks,
        *,
        styles: tuple[str, ...],
        config: Recipe,
        run: dict | None = None,
        device: str = "auto",
        precision: str = "auto",
        truncation: float = 1.0,
    ):
        self.device = device_named(device)
        self.precision = resolve(precision, self.device.type)
        self.styles, self.config, self.run, self.truncation = styles, config, run or {}, truncation
        self.kind, self.stored = architecture(config.architecture), networks
        self.kind.check_use()
        self.networks = truncated(self.kind.use(networks), truncation)
        for network in self.networks.values():
            network.to(self.device, memory_format=torch.channels_last).eval().requires_grad_(False)
        self.size, self.crop = config.data.size, getattr(config.data, "mean_crop", 1.0)

    def __repr__(self) -> str:
        has = ", ".join(self.styles)
        return f"StyleTransfer({self.size} pixels, styles: {has}; {self.device}, {self.precision})"

    @classmethod
    def load(
        cls,
        name: str | Path,
        *,
        device: str = "auto",
        precision: str = "auto",
        truncation: float = 1.0,
    ) -> "StyleTransfer":
        """Load a bundled model, a folder, or a model of the Hugging Face hub.

        Args:
            name: such as "emoji64"; a folder of a model or run; or "owner/name" on the hub.
            device: "auto", "cuda", "mps" or "cpu".
            precision: "auto", "fp32", "bf16" or "fp16".
            truncation: below 1 brings drawn and read styles nearer to what all pictures of their
                style have in common, 0 makes them one; up to 2 it exaggerates.

        Returns:
            The model, ready to use.

        Raises:
            ValueError: for no such model, damaged files, or a truncation that it cannot follow.
        """
        folder = store.find(name)
        known = store.describe(folder)
        networks = store.read_networks(folder, known, architecture(known.architecture).used)
        made = {"styles": known.styles, "config": known.recipe, "run": known.run}
        return cls(networks, device=device, precision=precision, truncation=truncation, **made)

    def save(self, folder: str | Path) -> None:
        """Write weights, configuration and model card, loadable again by `load`.

        Args:
            folder: made where it does not exist.

        Raises:
            OSError: if it cannot be written.
        """
        known = store.Description(self.config, self.styles, self.run)
        store.write_model(OutputFolder(folder), self.stored, known)

    def restyle(
        self,
        image: Picture,
        style: str,
        *,
        count: int = 1,
        reference: Picture | Sequence[Picture] | None = None,
        strength: float = 1.0,
        seed: int | None = 0,
        size: int | None = None,
    ) -> list[Image.Image]:
        """Show one picture in one style, several times differently.

        Args:
            image: path, bytes or PIL image of any size and mode; a numpy array `(H, W, 3)`, uint8
                or float in [0, 1]; or a torch tensor `(3, H, W)`, uint8 or float in [-1, 1].
            style: one of `styles`.
            count: number of results; result `k` of a seed is the same, but for rounding, in any.
            reference: a picture to take the style from instead of drawing it, or a list of them,
                each read as a picture of `style`; the first result of each is its style, further
                ones move a third of the way towards drawn styles.
            strength: how far to go from the picture to the result; see :func:`blend`.
            seed: of the drawn styles; None draws all numbers from the operating system.
            size: short side in pixels to work at; None keeps the picture's size. A model shows
                its styles best near the size it was trained at, `self.size`.

        Returns:
            `count` RGB images, with a list of references of each.

        Raises:
            ValueError: for a style the model does not have, or a picture that cannot be read.
        """
        x = self.prepare(image, size)
        check_room(count, x[0, 0].numel())
        codes = self.codes(style, count=count, reference=reference, seed=seed)
        results = blend(x, self.translate(x, codes), strength)
        return [gate.tensor_to_image(picture) for picture in results]

    def interpolate(
        self,
        image: Picture,
        start: str | tuple[str, int],
        end: str | tuple[str, int],
        *,
        steps: int = 8,
        strength: float = 1.0,
        seed: int | None = 0,
        size: int | None = None,
    ) -> list[Image.Image]:
        """Walk from one style to another, or between two results of one style.

        Args:
            image: as for :meth:`restyle`.
            start: a style, or a style and a seed.
            end: likewise.
            steps: number of pictures, both ends included.
            strength: how far to go from the picture to each result; see :func:`blend`.
            seed: where `start` or `end` name none.
            size: short side in pixels to work at; None keeps the picture's size.

        Returns:
            `steps` RGB images.

        Raises:
            ValueError: for an unknown style, a picture that cannot be read, or fewer than 2 steps.
        """
        ends = []
        for point in (start, end):
            style, own = (point, seed) if isinstance(point, str) else point
            ends.append(self.codes(style, seed=own))
        x = self.prepare(image, size)
        check_room(steps, x[0, 0].numel())
        walk = blend(x, self.translate(x, between(*ends, steps)), strength)
        return [gate.tensor_to_image(picture) for picture in walk]

    def animate(
        self,
        image: Picture,
        start: str | tuple[str, int],
        end: str | tuple[str, int],
        *,
        kind: str = "gif",
        steps: int = 24,
        strength: float = 1.0,
        seed: int | None = 0,
        size: int | None = None,
    ) -> bytes:
        """Walk from one style to another and back, as one file that plays by itself.

        Args:
            image: as for :meth:`restyle`.
            start: a style, or a style and a seed.
            end: likewise.
            kind: "gif", "webp" or "apng".
            steps: pictures on the way there, both ends included.
            strength: how far to go from the picture to each result; see :func:`blend`.
            seed: where `start` or `end` name none.
            size: short side in pixels to work at; None keeps the picture's size.

        Returns:
            The file's content; `Path("walk.gif").write_bytes(...)` keeps it.

        Raises:
            ValueError: as for :meth:`interpolate`, and for another kind.
        """
        how = {"steps": steps, "strength": strength, "seed": seed, "size": size}
        return encode_animation(self.interpolate(image, start, end, **how), kind)

    def prepare(self, image: Picture, size: int | None = None) -> Tensor:
        """Read a picture through the gate.

        Args:
            image: as for :meth:`restyle`.
            size: short side in pixels, or None to keep it.

        Returns:
            `(1, 3, H, W)` in [-1, 1] on the model's device.
        """
        opened = gate.open_image(array_to_image(image) if is_array(image) else image)
        if size is not None:
            named = str(image) if isinstance(image, str | Path) else "image"
            opened = scaled(opened, size, named)
        return gate.image_to_tensor(opened)[None].to(self.device)

    @torch.inference_mode()
    def codes(
        self,
        style: str,
        *,
        count: int = 1,
        reference: Picture | Sequence[Picture] | None = None,
        seed: int | None = 0,
    ) -> Tensor:
        """Style codes, drawn or read off references.

        Args:
            style: one of `styles`.
            count: how many, of each reference where there are any.
            reference: a picture to read as one of that style, or a list of them; None draws.
            seed: of the draws; None: as for :meth:`restyle`.

        Returns:
            `(count, style_dim)`, or `(references * count, style_dim)`.

        Raises:
            ValueError: for an unknown style, a count below 1 or beyond all reason, or a reference
                that cannot be read.
        """
        if style not in self.styles:
            raise ValueError(f"no style {style!r}; this model has {', '.join(self.styles)}")
        if count < 1:
            raise ValueError(f"count must be 1 or more, got {count}")
        self.kind.check_asked(count, reference is not None)
        check_room(count, self.networks["generator"].style_dim)
        y = torch.full((count,), self.styles.index(style), device=self.device)
        drawn = self._drawn(y, seed)
        if reference is None:
            return drawn
        references = reference if isinstance(reference, list | tuple) else [reference]
        if not references:
            raise ValueError("the list of references is empty; give one or more, or None")
        own = [self.read_code(each, y[:1]) for each in references]
        if not self.kind.draws:
            return torch.cat(own)
        towards = torch.full((count, 1), DRAWN, device=self.device)
        towards[0] = 0
        return torch.cat([torch.lerp(s.expand_as(drawn), drawn, towards) for s in own])

    def read_code(self, reference: Picture, y: Tensor) -> Tensor:
        """The code of a picture, `(1, style_dim)`; of a model of crops that of crops together."""
        x = tiles.squares(self.prepare(reference), self.size, self.crop)
        encoder = self.networks["style_encoder"]
        s = encoder(x, y.expand(len(x)))
        if len(x) == 1:
            return s
        return encoder.one_code(s) if hasattr(encoder, "one_code") else s.mean(0, keepdim=True)

    def _drawn(self, y: Tensor, seed: int | None) -> Tensor:
        """Codes of styles `(N,)` from latents; of a model that draws none, codes of no numbers."""
        if not self.kind.draws:
            return torch.zeros(len(y), 0, device=self.device)
        z = latents(seed, len(y), self.config.model.latent_dim)
        return self.networks["mapping_network"](z.to(self.device), y)

    @torch.inference_mode()
    def translate(self, x: Tensor, s: Tensor, *, tile: int = TILE) -> Tensor:
        """Run the generator over pictures of any size.

        Args:
            x: `(N, 3, H, W)` in [-1, 1], or `(1, 3, H, W)` for one source in several styles.
            s: `(N, style_dim)`.
            tile: side in pixels of tiles; a picture that holds more is cut up, and takes longer.

        Returns:
            `(N, 3, H, W)` float32, clamped to [-1, 1].
        """
        x = x.expand(len(s), -1, -1, -1)
        height, width = x.shape[2:]
        generator = self.networks["generator"]
        padded = tiles.fitted(x, generator)
        if height * width > tile * tile:
            parts = [
                tiles.translate(generator, self.generate, a, b, tile)
                for a, b in zip(padded.split(1), s.split(1), strict=True)
            ]
        else:
            together = max(1, AT_ONCE // (height * width))
            parts = [
                self.generate(a, b)
                for a, b in zip(padded.split(together), s.split(together), strict=True)
            ]
        return torch.cat(parts)[:, :, :height, :width]

    def generate(self, x: Tensor, s: Tensor) -> Tensor:
        """One pass of the generator, `(N, 3, H, W)` and `(N, style_dim)` to `(N, 3, H, W)`."""
        x = x.contiguous(memory_format=torch.channels_last)
        with autocast(self.precision, self.device.type):
            return self.networks["generator"](x, s).float().clamp(-1, 1)
