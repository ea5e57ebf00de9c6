import base64
import sysconfig
from pathlib import Path

import pytest
import torch

from gan_lessons.course.notebook import KERNEL
from gan_lessons.course.publish.outputs import WIDGET_VIEW, clean, has_picture
from gan_lessons.images.gate import encode_image, image_to_tensor, open_image, tensor_to_image

PNG = {"image/png": "iVBORw0KGgo="}


def notebook(*outputs: dict, **metadata) -> dict:
    cell = {
        "cell_type": "code",
        "id": "a",
        "metadata": {"tags": ["x"], **metadata},
        "source": "",
        "execution_count": 1,
        "outputs": list(outputs),
    }
    return {
        "nbformat": 4,
        "nbformat_minor": 4,
        "metadata": {"widgets": {}, "who": 1},
        "cells": [cell],
    }


def shown(data: dict, **metadata) -> dict:
    return {"output_type": "display_data", "data": data, "metadata": metadata}


def cleaned(*outputs: dict, **metadata) -> dict:
    made = notebook(*outputs, **metadata)
    clean(made)
    return made["cells"][0]


def test_metadata_says_nothing_about_the_machine():
    made = notebook(execution={"iopub.execute_input": "2030-01-01"}, collapsed=True)
    clean(made)
    assert made["metadata"] == {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    assert made["cells"][0]["metadata"] == {"tags": ["x"]}


def test_view_of_a_widget_goes_and_its_picture_stays():
    view = {WIDGET_VIEW: {"model_id": "a"}, "text/plain": "IntSlider(value=3)"}
    cell = cleaned(shown(view | PNG, **{"image/png": {"alt": "A curve"}}))
    assert [set(output["data"]) for output in cell["outputs"]] == [{"image/png"}]
    assert cell["metadata"]["tags"] == ["x", "widget"] and has_picture(cell)


def test_widget_without_a_picture_leaves_nothing_and_is_marked():
    cell = cleaned(shown({WIDGET_VIEW: {}, "text/plain": "IntSlider()"}))
    assert cell["outputs"] == [] and "widget" in cell["metadata"]["tags"]
    assert not has_picture(cell)


def test_other_outputs_are_left_alone():
    cell = cleaned(shown({"text/plain": "3"}), shown(PNG))
    assert [output["data"] for output in cell["outputs"]] == [{"text/plain": "3"}, PNG]
    assert cell["metadata"]["tags"] == ["x"]


@pytest.mark.parametrize(
    ("output", "told"),
    [
        (shown(PNG, **{"image/png": {"alt": "A curve"}}), True),
        (shown(PNG, **{"image/png": {"alt": ""}}), False),
        (shown(PNG), False),
        (shown({"text/html": '<img src="x" alt="A curve">'}), True),
        (shown({"text/html": '<img src="x" alt="">'}), False),
        ({"output_type": "stream", "name": "stdout", "text": "a"}, False),
    ],
)
def test_picture_counts_with_alternative_text_alone(output, told):
    assert has_picture({"outputs": [output]}) is told


def test_folders_of_the_machine_are_cut(root):
    site = sysconfig.get_paths()["purelib"]
    text = f"{root}/gan_lessons/files.py {site}/torch/nn.py {Path.home()}/x /tmp/ipykernel_7/1.py:3"
    error = {"output_type": "error", "ename": "E", "evalue": "", "traceback": [f"File {root}/a.py"]}
    stream = {"output_type": "stream", "name": "stderr", "text": text}
    cell = cleaned(stream, error, shown({"text/html": f"<p>{root}</p>"}))
    said = cell["outputs"][0]["text"]
    assert said == "gan-lessons/gan_lessons/files.py site-packages/torch/nn.py ~/x cell:3"
    assert cell["outputs"][1]["traceback"] == ["File gan-lessons/a.py"]
    assert cell["outputs"][2]["data"]["text/html"] == "<p>gan-lessons</p>"


def test_a_large_picture_keeps_its_look_in_few_colours():
    chance = torch.Generator().manual_seed(0)
    noise = torch.rand(3, 96, 96, generator=chance) * 2 - 1
    few = noise.round() * 0.5  # 27 colours
    for x, off in ((few, 0.0), (noise, 0.25)):
        before = base64.b64encode(encode_image(tensor_to_image(x))).decode()
        after = cleaned(shown({"image/png": before}))["outputs"][0]["data"]["image/png"]
        assert len(after) < 0.7 * len(before)
        kept = image_to_tensor(open_image(base64.b64decode(after)))[0]
        assert (kept - image_to_tensor(tensor_to_image(x))[0]).abs().mean() <= off
