"""What a user holds: load a model, restyle pictures, walk between styles, save."""

import math
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons.augment import resize
from gan_lessons.config import Config
from gan_lessons.data.batches import generator_at
from gan_lessons.data.gate import (
    MAX_PIXELS,
    ImageError,
    Source,
    image_to_tensor,
    open_image,
    tensor_to_image,
)
from gan_lessons.files import OutputFolder, share
from gan_lessons.layers import InstanceNorm, shared_statistics
from gan_lessons.training import weights
from gan_lessons.training.card import model_card
from gan_lessons.training.precision import autocast, device_named, resolve

NETWORKS = ("generator", "mapping_network", "style_encoder")
TILE = 1024  # pixels a side; a larger picture is cut up, so that memory stays bounded
AT_ONCE = 64 * 64 * 64  # pixels in one pass of the generator: 64 pictures of 64 pixels a side
DRAWN = 1 / 3  # how far further results of one reference move towards a drawn style


class StyleTransfer:
    """A trained style-transfer model.

    Make one with `StyleTransfer.load`.

    Args:
        networks: "generator", "mapping_network" and "style_encoder".
        styles: names of the domains, in order.
        config: the recipe the networks were made by.
        run: what made the weights, as `config.json` says.
        device: "auto", "cuda", "mps" or "cpu".
        precision: "auto", "fp32", "bf16" or "fp16".
    """

    def __init__(
        self,
        networks: dict[str, nn.Module],
        *,
        styles: tuple[str, ...],
        config: Config,
        run: dict | None = None,
        device: str = "auto",
        precision: str = "auto",
    ):
        self.device = device_named(device)
        self.precision = resolve(precision, self.device.type)
        self.styles, self.config, self.run = styles, config, run or {}
        self.networks = {
            name: network.to(self.device, memory_format=torch.channels_last)
            .eval()
            .requires_grad_(False)
            for name, network in networks.items()
        }
        self.size = config.model.size

    @classmethod
    def load(
        cls, name: str | Path, *, device: str = "auto", precision: str = "auto"
    ) -> "StyleTransfer":
        """Load a bundled model, a folder, or a model of the Hugging Face hub.

        Args:
            name: such as "emoji64"; a folder of a model or run; or "owner/name" on the hub.
            device: "auto", "cuda", "mps" or "cpu".
            precision: "auto", "fp32", "bf16" or "fp16".

        Returns:
            The model, ready to use.

        Raises:
            ValueError: if there is no such model, or its files are damaged or of another kind.
        """
        folder = find(name)
        config, styles, run = weights.read_config(folder)
        networks = weights.read(folder, NETWORKS)
        return cls(
            networks, styles=styles, config=config, run=run, device=device, precision=precision
        )

    def save(self, folder: str | Path) -> None:
        """Write weights, configuration and model card, loadable again by `load`.

        Args:
            folder: made where it does not exist.

        Raises:
            OSError: if it cannot be written.
        """
        out = OutputFolder(folder)
        weights.write(out, self.networks, self.config, self.styles, self.run)
        out.write_text("README.md", model_card(out.root.name, self.styles, self.config, self.run))

    def restyle(
        self,
        image: Source,
        style: str,
        *,
        count: int = 1,
        reference: Source | None = None,
        seed: int = 0,
        size: int | None = None,
    ) -> list[Image.Image]:
        """Show one picture in one style, several times differently.

        Args:
            image: path, bytes or PIL image of any size and mode.
            style: one of `styles`.
            count: number of results; result `k` of a seed is the same whatever the count.
            reference: a picture to take the style from instead of drawing it; the first result
                is its style, further ones move a third of the way towards drawn styles.
            seed: of the drawn styles.
            size: short side in pixels to work at; None keeps the picture's size. A model shows
                its styles best near the size it was trained at, `self.size`.

        Returns:
            `count` RGB images.

        Raises:
            ValueError: for a style the model does not have, or a picture that cannot be read.
        """
        x = self.prepare(image, size)
        codes = self.codes(style, count=count, reference=reference, seed=seed)
        return [tensor_to_image(picture) for picture in self.translate(x, codes)]

    def interpolate(
        self,
        image: Source,
        start: str | tuple[str, int],
        end: str | tuple[str, int],
        *,
        steps: int = 8,
        seed: int = 0,
        size: int | None = None,
    ) -> list[Image.Image]:
        """Walk from one style to another, or between two results of one style.

        Args:
            image: path, bytes or PIL image.
            start: a style, or a style and a seed.
            end: likewise.
            steps: number of pictures, both ends included.
            seed: where `start` or `end` name none.
            size: short side in pixels to work at; None keeps the picture's size.

        Returns:
            `steps` RGB images.

        Raises:
            ValueError: for an unknown style, a picture that cannot be read, or fewer than 2 steps.
        """
        if steps < 2:
            raise ValueError(f"a walk needs 2 steps or more, got {steps}")
        ends = []
        for point in (start, end):
            style, own = (point, seed) if isinstance(point, str) else point
            ends.append(self.codes(style, seed=own))
        share_of_end = torch.linspace(0, 1, steps, device=self.device)[:, None]
        codes = torch.lerp(ends[0], ends[1], share_of_end)
        return [tensor_to_image(p) for p in self.translate(self.prepare(image, size), codes)]

    def prepare(self, image: Source, size: int | None = None) -> Tensor:
        """Read a picture through the gate.

        Args:
            image: path, bytes or PIL image.
            size: short side in pixels, or None to keep it.

        Returns:
            `(1, 3, H, W)` in [-1, 1] on the model's device.
        """
        opened = open_image(image)
        if size is not None:
            if size < 1:
                raise ValueError(f"size is a number of pixels, 1 or more, got {size}")
            factor = size / min(opened.size)
            shape = [max(1, round(side * factor)) for side in opened.size]
            if math.prod(shape) > MAX_PIXELS:  # a strip of one pixel's height would take all memory
                named = str(image) if isinstance(image, str | Path) else "image"
                reason = f"at a shorter side of {size} it has {shape[0]:,} x {shape[1]:,} pixels"
                raise ImageError(named, reason, "ask for a smaller size")
            opened = opened.resize(shape, Image.Resampling.LANCZOS)
        return image_to_tensor(opened)[None].to(self.device)

    @torch.inference_mode()
    def codes(
        self, style: str, *, count: int = 1, reference: Source | None = None, seed: int = 0
    ) -> Tensor:
        """Style codes, drawn or read off a reference.

        Args:
            style: one of `styles`.
            count: how many.
            reference: a picture in that style, or None to draw.
            seed: of the draws.

        Returns:
            `(count, style_dim)`.

        Raises:
            ValueError: for an unknown style or a count below 1.
        """
        if style not in self.styles:
            raise ValueError(f"no style {style!r}; this model has {', '.join(self.styles)}")
        if count < 1:
            raise ValueError(f"count must be 1 or more, got {count}")
        y = torch.full((count,), self.styles.index(style), device=self.device)
        z = [
            torch.randn(self.config.model.latent_dim, generator=generator_at(seed, k))
            for k in range(count)
        ]
        drawn = self.networks["mapping_network"](torch.stack(z).to(self.device), y)
        if reference is None:
            return drawn
        x = centre_square(self.prepare(reference), self.size)
        own = self.networks["style_encoder"](x, y[:1])
        towards = torch.full((count, 1), DRAWN, device=self.device)
        towards[0] = 0
        return torch.lerp(own.expand_as(drawn), drawn, towards)

    @torch.inference_mode()
    def translate(self, x: Tensor, s: Tensor, *, tile: int = TILE) -> Tensor:
        """Run the generator over pictures of any size.

        Args:
            x: `(N, 3, H, W)` in [-1, 1], or `(1, 3, H, W)` for one source in several styles.
            s: `(N, style_dim)`.
            tile: side in pixels above which a picture is cut up.

        Returns:
            `(N, 3, H, W)` float32, clamped to [-1, 1].
        """
        x = x.expand(len(s), -1, -1, -1)
        height, width = x.shape[2:]
        stride = self.networks["generator"].stride
        padded = pad(x, -height % stride, -width % stride)
        if max(height, width) > tile:
            parts = [
                self.tiled(a, b, tile) for a, b in zip(padded.split(1), s.split(1), strict=True)
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

    def tiled(self, x: Tensor, s: Tensor, tile: int) -> Tensor:
        """One picture in tiles that overlap by all that a pixel can see.

        Tiles share the normalisation statistics of one pass over the picture at reduced size.
        """
        generator = self.networks["generator"]
        stride = generator.stride
        margin = -(-reach(generator, s) // stride) * stride
        step = max(stride, tile // stride * stride)
        height, width = x.shape[2:]
        small = shrink(x, tile, stride)
        out = torch.empty_like(x)
        with shared_statistics(generator, lambda: generator(small, s)):
            for top in range(0, height, step):
                for left in range(0, width, step):
                    above, before = max(0, top - margin), max(0, left - margin)
                    bottom, right = min(height, top + step), min(width, left + step)
                    window = x[:, :, above : bottom + margin, before : right + margin]
                    done = self.generate(window, s)[:, :, top - above :, left - before :]
                    out[:, :, top:bottom, left:right] = done[:, :, : bottom - top, : right - left]
        return out


def find(name: str | Path) -> Path:
    """The folder of a model.

    Args:
        name: a folder; the name of a bundled model; or "owner/name" on the Hugging Face hub.

    Returns:
        A folder on this machine.

    Raises:
        ValueError: if there is no such model; the sentence lists the bundled ones.
    """
    folder, text = Path(name), str(name)
    if folder.is_dir():
        return folder
    if folder.exists():
        raise ValueError(f"{text} is a file; give the folder of a model, with config.json in it")
    if text in bundled():
        return share("data", "models", text)
    if text.count("/") == 1 and not text.startswith((".", "/", "~")):
        return _from_hub(text)
    raise ValueError(
        f"no model {text!r}: expected a folder, 'owner/name' on the Hugging Face hub, or one of "
        f"the bundled models ({', '.join(bundled())})"
    )


def bundled() -> Sequence[str]:
    """Names of the models that come with the course."""
    try:
        home = share("data", "models")
    except ValueError:
        return []
    return sorted(p.name for p in home.iterdir() if (p / weights.CONFIG).is_file())


def _from_hub(name: str) -> Path:
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError
    except ImportError:
        raise ValueError(
            f"no folder {name!r} here; to look on the Hugging Face hub, "
            "install it with: pip install huggingface_hub"
        ) from None
    try:
        return Path(
            snapshot_download(name, allow_patterns=[weights.FILE, weights.CONFIG, "README.md"])
        )
    except (HfHubHTTPError, HFValidationError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(
            f"no folder {name!r} here, and the Hugging Face hub did not give it ({reason})"
        ) from None


def centre_square(x: Tensor, size: int) -> Tensor:
    """The central square of a picture, resized: `(1, 3, H, W)` to `(1, 3, size, size)`."""
    height, width = x.shape[2:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return resize(x[:, :, top : top + side, left : left + side], size)


def pad(x: Tensor, below: int, right: int) -> Tensor:
    """Repeat the last row and column: `(N, 3, H, W)` to `(N, 3, H + below, W + right)`."""
    return F.pad(x, (0, right, 0, below), mode="replicate") if below or right else x


def shrink(x: Tensor, side: int, stride: int) -> Tensor:
    """The whole picture with its long side at most `side`, both sides multiples of `stride`."""
    height, width = x.shape[2:]
    factor = min(1.0, side / max(height, width))
    shape = [max(stride, round(n * factor / stride) * stride) for n in (height, width)]
    return F.interpolate(x, shape, mode="bilinear", antialias=True)


@torch.inference_mode()
def reach(generator: nn.Module, s: Tensor) -> int:
    """How far away a pixel of the source can change a pixel of the result, found by trying.

    Args:
        generator: with an attribute `stride`.
        s: `(1, style_dim)`, any style.

    Returns:
        Pixels. Statistics of instance normalisation, which see everything, are left out: tiles
        share them.
    """
    stride, side = generator.stride, 64 * generator.stride
    blank = torch.zeros(1, 3, side, side, device=s.device)
    poked = blank.clone()
    middle = side // 2
    poked[:, :, middle : middle + stride, middle : middle + stride] = 1
    noise = torch.rand_like(blank)  # so that no activation sits at zero everywhere
    has_norm = any(isinstance(m, InstanceNorm) for m in generator.modules())
    with shared_statistics(generator, lambda: generator(noise, s) if has_norm else None):
        change = (generator(noise + poked, s) - generator(noise, s)).abs().amax(dim=(0, 1))
    rows = change.amax(dim=1).nonzero()
    columns = change.amax(dim=0).nonzero()
    ends = torch.cat([rows, columns])
    if not len(ends):
        return 0
    return int(max(middle - ends.min(), ends.max() - middle - stride + 1, 0))
