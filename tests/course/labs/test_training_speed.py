import pytest
import torch

from gan_lessons.course.labs import training_speed as speed

CPU = torch.device("cpu")


def test_the_arithmetic_of_an_image_hardly_hangs_on_the_batch(tiny_dataset):
    few = speed.arithmetic(2, tiny_dataset, CPU)["gflop_an_image"]
    many = speed.arithmetic(4, tiny_dataset, CPU)["gflop_an_image"]
    assert 1 < few < 100 and many == pytest.approx(few, rel=0.25)  # whatever the batch


def test_the_rate_of_matrix_products_is_that_of_a_machine():
    assert 1e-4 < speed.matrix_rate(CPU)["tflop_a_second"] < 1e4


@pytest.mark.slow
def test_a_row_says_one_fewg_in_two_ways(tiny_dataset):
    changes = {"model.domains": 3, "loss.r1_interval": 4, "train.precision": "fp32"}
    row = speed.steps(speed.recipe(2, **changes), tiny_dataset, CPU)
    assert row["images_a_second"] * row["ms_a_step"] == pytest.approx(2 * 1000)
    assert row["precision"] == "fp32" and row["peak_mib"] > 0 and row["seconds_before"] > 0
