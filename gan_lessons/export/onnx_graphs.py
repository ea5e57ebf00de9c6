"""A model as ONNX graphs, which run where there is no PyTorch: in a browser, on a phone."""

import copy
import io
import logging
import warnings
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons.files import OutputFolder
from gan_lessons.layers import InstanceNorm, ModulatedConv
from gan_lessons.style_transfer import DRAWN, StyleTransfer

OPSET = 18  # old enough for every runtime of the last years
DESCRIPTION = "model.json"
WORTH_HALVING = 256  # numbers; what is smaller saves nothing, and may be a constant of the code
HALF_MAX = 65_504  # the largest number in half precision
LARGEST = 2**14  # pixels a side that the graph of the generator says it takes
INPUTS = {
    "generator": ("x", "s"),
    "mapping_network": ("z", "y"),
    "style_encoder": ("x", "y"),
}


def write_graphs(model: StyleTransfer, folder: OutputFolder, name: str) -> dict:
    """Write one ONNX file a network, and what has to be known to use them, for programs.

    Weights are stored in half precision and cast to float32 when a runtime loads them, so that
    the files are small and every processor can compute with them.

    Args:
        model: what to export.
        folder: gets `generator.onnx`, `mapping_network.onnx`, `style_encoder.onnx`, `model.json`.
        name: what to call the model.

    Returns:
        The content of `model.json`.

    Raises:
        ValueError: if the packages of the extra `web` are missing.
    """
    files = {}
    for network, arguments in _examples(model).items():
        files[network] = f"{network}.onnx"
        # What knows one answer takes no code.
        traced = model.networks[network] if len(arguments) > 1 else model.networks[network].network
        data = _graph(traced, arguments, network)
        folder.write_bytes(files[network], data)
    generator = model.networks["generator"]
    description = {
        "name": name,
        "styles": list(model.styles),
        "size": model.size,
        "stride": generator.stride,
        "latent_dim": model.config.model.latent_dim if model.kind.draws else 0,
        "style_dim": generator.style_dim,
        "drawn": DRAWN,
        "files": files,
    }
    folder.write_json(DESCRIPTION, description)
    return description


def _examples(model: StyleTransfer) -> dict[str, tuple[Tensor, ...]]:
    """Arguments to trace with: two of each, since one of anything passes for a constant."""
    generator = model.networks["generator"]
    side, y = 8 * generator.stride, torch.tensor([0, len(model.styles) - 1])
    x, s = torch.zeros(2, 3, side, 2 * side), torch.zeros(2, generator.style_dim)
    found = {"generator": (x, s) if generator.style_dim else (x,)}
    if model.kind.draws:
        z = torch.zeros(2, model.config.model.latent_dim)
        found["mapping_network"] = (z, y)
    if "style_encoder" in model.networks:
        found["style_encoder"] = (torch.zeros(2, 3, model.size, model.size), y)
    return found


def _graph(network: nn.Module, arguments: tuple[Tensor, ...], name: str) -> bytes:
    """The graph of a network for any number of pictures, and for the generator of any size."""
    _require()
    many = torch.export.Dim("n", min=1, max=1024)
    shapes = ({0: many}, {0: many})
    if name == "generator":
        stride = network.stride
        rows, columns = (
            stride * torch.export.Dim(side, min=2, max=LARGEST // stride) for side in "hw"
        )
        shapes = ({0: many, 2: rows, 3: columns}, {0: many})
    with _quietly(), torch.inference_mode(False), torch.no_grad():
        program = torch.onnx.export(
            _traceable(network),
            arguments,
            dynamo=True,
            input_names=INPUTS[name][: len(arguments)],
            output_names=["out"],
            dynamic_shapes=shapes[: len(arguments)],
            opset_version=OPSET,
            verbose=False,
        )
    return _in_halves(program.model_proto)


def _require() -> None:
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError:
        raise ValueError(
            "exporting needs onnx and onnxscript: pip install 'gan-lessons[web]'"
        ) from None


def _traceable(network: nn.Module) -> nn.Module:
    """A copy on the CPU in float32, its layers written as what runtimes know and do fast."""
    network = copy.deepcopy(network).to("cpu", torch.float32, memory_format=torch.contiguous_format)
    for module in network.modules():
        if isinstance(module, InstanceNorm):
            # The layer's own way is faster in PyTorch, but counts the pictures while it is traced.
            module.normalise = lambda x, m=module: F.instance_norm(
                x, weight=m.weight, bias=m.bias, eps=m.eps
            )
        if isinstance(module, ModulatedConv) and module.upsample:
            module.convolve = partial(_enlarge, module)
    return network.eval()


def _enlarge(layer: ModulatedConv, x: Tensor) -> Tensor:
    """Enlarge by the kernel and blur afterwards: the layer's sum, in two operations.

    The layer blurs its kernel instead, to 6x6. With 3x3 a runtime multiplies a quarter as often,
    and the blur costs next to nothing, since each channel has its own.

    Args:
        layer: one that enlarges.
        x: `(N, dim_in, H, W)`.

    Returns:
        `(N, dim_out, 2H, 2W)`.
    """
    kernel = layer.weight.flip(2, 3).transpose(0, 1)
    h = F.conv_transpose2d(x, kernel, stride=2)  # (N, dim_out, 2H + 1, 2W + 1)
    channels = h.shape[1]
    return F.conv2d(h, layer.blur.expand(channels, 1, 4, 4), padding=1, groups=channels)


@contextmanager
def _quietly():
    """Without the exporter's remarks on its own workings."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)


def _in_halves(proto) -> bytes:
    """The graph with its weights in half precision, each followed by a cast to float32."""
    import onnx
    from onnx import helper, numpy_helper

    graph, casts = proto.graph, []
    for weights in graph.initializer:
        values = numpy_helper.to_array(weights)
        if weights.data_type != onnx.TensorProto.FLOAT or values.size < WORTH_HALVING:
            continue
        if abs(values).max() > HALF_MAX:
            continue
        stored = f"{weights.name}.half"
        casts.append(helper.make_node("Cast", [stored], [weights.name], to=onnx.TensorProto.FLOAT))
        weights.CopyFrom(numpy_helper.from_array(values.astype("float16"), stored))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    # What the exporter notes of its own workings, paths of this machine among it, stays here.
    for part in (proto, graph, *graph.node, *graph.input, *graph.output):
        del part.metadata_props[:]
    del graph.value_info[:]
    for node in graph.node:
        node.doc_string = ""
    onnx.checker.check_model(proto)
    buffer = io.BytesIO()
    onnx.save_model(proto, buffer)
    return buffer.getvalue()
