"""`import gan_lessons` costs next to nothing beyond PyTorch."""

import statistics
import subprocess
import sys

BUDGET = 0.1  # seconds
RUNS = 5


def run(code: str) -> str:
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert not result.returncode, result.stderr
    return result.stdout


def test_import_adds_less_than_a_tenth_of_a_second_to_torch():
    code = (
        "import time, torch; start = time.perf_counter(); import gan_lessons; "
        "print(time.perf_counter() - start)"
    )
    seconds = statistics.median(float(run(code)) for _ in range(RUNS))
    assert seconds < BUDGET


def test_import_brings_along_nothing_that_is_not_asked_for():
    heavy = "IPython jupyter_core matplotlib torchvision PIL pandas sklearn tensorboard typer"
    found = run(
        f"import gan_lessons, sys; print([m for m in '{heavy}'.split() if m in sys.modules])"
    )
    assert found.strip() == "[]"


def test_a_model_is_loaded_without_what_training_needs():
    found = run(
        "import sys; from gan_lessons import StyleTransfer; import gan_lessons.restyle.folder; "
        "print([m for m in ('torchvision', 'torch._dynamo', 'matplotlib') if m in sys.modules])"
    )
    assert found.strip() == "[]"


def test_public_names_are_there_and_come_when_asked_for():
    code = (
        "import gan_lessons\n"
        "for name in gan_lessons.__all__:\n"
        "    assert getattr(gan_lessons, name) is not None and name in dir(gan_lessons), name\n"
        "try:\n"
        "    gan_lessons.no_such_name\n"
        "except AttributeError as error:\n"
        "    print(error)\n"
    )
    assert "no_such_name" in run(code)
