"""What people have to know who use exported graphs, beside them, with an example that runs."""

from gan_lessons.files import OutputFolder
from gan_lessons.models.card import LICENCES
from gan_lessons.style_transfer import StyleTransfer

README = """# {name} as ONNX graphs

Three networks that show a picture in other styles, for any program that runs ONNX; PyTorch is not
needed. Weights are stored in half precision; all that goes in and comes out is in single precision.

`generator.onnx`: a picture in a style

- takes `x`, float32 (N, 3, H, W): pictures
- takes `s`, float32 (N, {style_dim}): their style codes
- gives `out`, float32 (N, 3, H, W): the pictures in these styles

`mapping_network.onnx`: style codes, drawn

- takes `z`, float32 (N, {latent_dim}): numbers drawn from a standard normal distribution
- takes `y`, int64 (N,): styles, by number
- gives `out`, float32 (N, {style_dim}): style codes

`style_encoder.onnx`: style codes, read off pictures

- takes `x`, float32 (N, 3, {size}, {size}): pictures to take the style from
- takes `y`, int64 (N,): the style that each is one of, by number
- gives `out`, float32 (N, {style_dim}): style codes

Pictures are RGB, channels first; a byte b becomes b / 127.5 - 1, a number in [-1, 1]. Clip what
comes out to that range. N is any number; H and W are multiples of {stride}, {least} or more. The
model was trained at {size} x {size} pixels and shows its styles best near that. `model.json` says
all this to programs.

Styles by number: {styles}.

## Try it

With `picture.png` in this folder, after `pip install numpy pillow onnxruntime`:

```python
import numpy as np
import onnxruntime
from PIL import Image

mapping, generator = (
    onnxruntime.InferenceSession(f"{{name}}.onnx") for name in ("mapping_network", "generator")
)
picture = Image.open("picture.png").convert("RGB").resize(({size}, {size}))
x = np.asarray(picture, np.float32).transpose(2, 0, 1)[None] / np.float32(127.5) - 1
z = np.random.default_rng(0).standard_normal((1, {latent_dim}), np.float32)
(s,) = mapping.run(None, {{"z": z, "y": np.array([{number}], np.int64)}})  # {style}
(out,) = generator.run(None, {{"x": x, "s": s}})
pixels = ((out[0].clip(-1, 1) + 1) * 127.5).round().astype(np.uint8)
Image.fromarray(pixels.transpose(1, 2, 0)).save("restyled.png")
```

## Licence

Weights: {licence}. The code above: Apache-2.0.
"""

FEWER = """# {name} as ONNX graphs

What shows a picture as {style}, for any program that runs ONNX; PyTorch is not needed. Weights are
stored in half precision; all that goes in and comes out is in single precision.

`generator.onnx`: a picture in the style

- takes `x`, float32 (N, 3, H, W): pictures
{codes}- gives `out`, float32 (N, 3, H, W): the pictures in the style
{encoder}
Pictures are RGB, channels first; a byte b becomes b / 127.5 - 1, a number in [-1, 1]. Clip what
comes out to that range. N is any number; H and W are multiples of {stride}, {least} or more. The
model was trained at {size} x {size} pixels and shows its style best near that. `model.json` says
all this to programs.

## Licence

Weights: {licence}.
"""
CODES = "- takes `s`, float32 (N, {style_dim}): codes that `style_encoder.onnx` gives\n"
ENCODER = """
`style_encoder.onnx`: style codes, read off pictures

- takes `x`, float32 (N, 3, {size}, {size}): pictures to take the style from
- takes `y`, int64 (N,): zeros
- gives `out`, float32 (N, {style_dim}): style codes
"""


def write_readme(folder: OutputFolder, model: StyleTransfer, name: str) -> None:
    """Write what people have to know who use the graphs, with an example that runs.

    Args:
        folder: of the graphs.
        model: what was exported.
        name: what to call it.
    """
    data, generator = model.config.data.name, model.networks["generator"]
    stride, last = generator.stride, len(model.styles) - 1
    licence = LICENCES.get(data)
    draws = model.kind.draws
    encoder = ENCODER if "style_encoder" in model.networks else ""
    text = (README if draws else FEWER).format(
        name=name,
        style_dim=generator.style_dim,
        latent_dim=model.config.model.latent_dim if draws else 0,
        codes=CODES.format(style_dim=generator.style_dim) if generator.style_dim else "",
        encoder=encoder.format(style_dim=generator.style_dim, size=model.size),
        size=model.size,
        stride=stride,
        least=2 * stride,
        styles=", ".join(f"{number} {style}" for number, style in enumerate(model.styles)),
        number=last,
        style=model.styles[last],
        licence=f"{licence}, as the pictures of {data} ask for that they were trained on"
        if licence
        else "what the pictures allow that they were trained on, which whoever trained them knows",
    )
    folder.write_text("README.md", text)
