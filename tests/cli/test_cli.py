import contextlib
import importlib.util
import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import torch
import typer
from PIL import Image
from typer.testing import CliRunner

from gan_lessons.cli.main import app
from gan_lessons.training import checkpoint

PACKAGES_MADE = Path(__file__).parents[1] / "data" / "packages_made.py"
STYLES = ("discs", "squares", "stripes")
POSIX = pytest.mark.skipif(os.name != "posix", reason="signals and limits are those of POSIX")


def invoke(*arguments, **options):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], **options)


def command(*arguments) -> list[str]:
    return [sys.executable, "-m", "gan_lessons", *(str(argument) for argument in arguments)]


def one_sentence(text: str) -> str:
    """What a user sees of an error; the assertion is that it is one line of prose."""
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    assert "Traceback" not in text and re.fullmatch(r"\S.*[.!?]", lines[0])
    return lines[0]


def noise(path: Path, side: int = 16, seed: int = 0) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def cat(tmp_path):
    return noise(tmp_path / "cat.png")


@pytest.fixture(scope="module")
def styles_folder(tiny_dataset, tmp_path_factory):
    """The tiny set as a folder with one subfolder a style."""
    home = tmp_path_factory.mktemp("sets") / "mine"
    for image, label, key in zip(
        tiny_dataset.images, tiny_dataset.labels, tiny_dataset.keys, strict=True
    ):
        path = home / tiny_dataset.styles[label] / f"{key}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(path)
    return home


@pytest.fixture(scope="module")
def small(tiny_config):
    """Options that make a training tiny."""
    fields = tiny_config.to_dict()
    sections = {"model": fields["model"], "train": fields["train"]}
    left_out = ("model.size", "model.domains", "model.generator")
    settings = [
        f"--set={section}.{key}={value}"
        for section, part in sections.items()
        for key, value in part.items()
        if f"{section}.{key}" not in left_out
    ]
    return ["--set=data.size=16", *settings, "--device=cpu"]


def commands(group, path=()):
    yield path, group
    for name, inner in getattr(group, "commands", {}).items():
        yield from commands(inner, (*path, name))


ALL_COMMANDS = [path for path, _ in commands(typer.main.get_command(app))]


def test_the_commands_are_those_of_the_documentation():
    assert {" ".join(path) for path in ALL_COMMANDS} == {
        "",
        "restyle",
        "train",
        "evaluate",
        "curve",
        "average",
        "widen",
        "models",
        "run",
        "sweep",
        "report",
        "assign",
        "grade",
        "export",
        "explore",
        "doctor",
        "lab",
        "colab",
        "data",
        "data list",
        "data check",
        "data build",
        "data export",
    }


@pytest.mark.parametrize("path", ALL_COMMANDS, ids=" ".join)
def test_every_help_has_an_example(path):
    shown = invoke(*path, "--help")
    assert shown.exit_code == 0
    called = " ".join(["gan-lessons", *path])
    _, example = shown.output.split("Example:\n")
    assert example.strip().startswith(called)


def test_help_and_version_need_no_torch():
    code = (
        "import sys\nfrom gan_lessons.cli.main import app\n"
        "for arguments in (['--help'], ['restyle', '--help'], ['--version']):\n"
        "    try:\n        app(arguments)\n    except SystemExit as end:\n"
        "        assert not end.code\n"
        "print('heavy', {'torch', 'numpy', 'PIL', 'rich'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("heavy set()\n")


def test_version():
    assert invoke("--version").output == f"gan-lessons {version('gan-lessons')}\n"


def test_restyle_writes_results_manifest_and_gallery(vivid_model, cat, tmp_path):
    out = tmp_path / "out"
    done = invoke("restyle", cat, "--model", vivid_model, "--count", 2, "--seed", 3, "--out", out)
    assert done.exit_code == 0 and not done.stderr
    assert f"6 results of 1 picture; see {out / 'gallery.html'}" in done.stdout
    assert {path.name for path in out.glob("*.png")} == {
        f"cat__{style}__{k}.png" for style in STYLES for k in (1, 2)
    }
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["model"]["name"] == "vivid" and manifest["asked"]["seed"] == 3


def test_style_picks_styles_in_the_given_order(vivid_model, cat, tmp_path):
    asked = "stripes, discs,stripes"
    done = invoke(
        "restyle", cat, "--model", vivid_model, "--style", asked, "--out", tmp_path / "out"
    )
    assert done.exit_code == 0
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert [one["style"] for one in manifest["sources"][0]["results"]] == ["stripes", "discs"]


def test_a_style_whose_name_holds_a_comma_can_be_asked_for(vivid_model, cat, tmp_path):
    described = json.loads((vivid_model / "config.json").read_text())
    described["styles"] = ["Monet, late", "noto", "late"]
    model = shutil.copytree(vivid_model, tmp_path / "model")
    (model / "config.json").write_text(json.dumps(described))
    for number, (options, wanted) in enumerate(
        [
            (["--style", "Monet, late"], ["Monet, late"]),
            (["--style", "noto,Monet, late"], ["noto", "Monet, late"]),
            (["--style", "late, noto", "--style", "Monet, late"], ["late", "noto", "Monet, late"]),
            (["--style", "late", "--style", "all"], ["late", "Monet, late", "noto"]),
        ]
    ):
        out = tmp_path / str(number)
        done = invoke("restyle", cat, "--model", model, "--out", out, *options)
        assert done.exit_code == 0, done.stderr
        assert json.loads((out / "manifest.json").read_text())["asked"]["styles"] == wanted
    wrong = invoke("restyle", cat, "--model", model, "--style", "Monet", "--out", tmp_path / "out")
    assert wrong.exit_code == 1 and "no style 'Monet'" in one_sentence(wrong.stderr)


@pytest.mark.parametrize("order", ["words", "repeated", "before the pictures"])
def test_several_references_may_follow_one_another(vivid_model, cat, tmp_path, order):
    one, two = noise(tmp_path / "one.png", seed=1), noise(tmp_path / "two.png", seed=2)
    arguments = {
        "words": [cat, "--reference", one, two],
        "repeated": ["--reference", one, f"--reference={two}", "--", cat],
        "before the pictures": ["--reference", one, two, "--", cat],
    }[order]
    options = ["--model", vivid_model, "--style", "discs", "--out", tmp_path / "out"]
    done = invoke("restyle", *options, *arguments)
    assert done.exit_code == 0, done.stderr
    made = {path.name for path in (tmp_path / "out").glob("*.png")}
    assert made == {"cat__discs__one__1.png", "cat__discs__two__1.png"}
    assert f"{one} is read as a picture of discs" in done.stdout
    none = invoke("restyle", *options, "--reference", one, cat)
    assert none.exit_code == 2 and "before --reference" in " ".join(none.stderr.split())


def test_interpolate_makes_an_animation(vivid_model, cat, tmp_path):
    options = ["--model", vivid_model, "--out", tmp_path / "out", "--frames", 3]
    walk = ["--interpolate", "discs", "stripes"]
    done = invoke("restyle", cat, *options, *walk, "--animation", "webp")
    assert done.exit_code == 0, done.stderr
    with Image.open(tmp_path / "out" / "cat__discs__stripes__1.webp") as played:
        assert played.format == "WEBP" and played.n_frames == 4
    both = invoke("restyle", cat, *options, *walk, "--style", "discs")
    assert both.exit_code == 2 and "names its styles itself" in " ".join(both.stderr.split())
    unknown = invoke("restyle", cat, *options, "--interpolate", "discs", "cubism")
    assert unknown.exit_code == 1 and "no style 'cubism'" in one_sentence(unknown.stderr)


@pytest.mark.parametrize("count", [10**9, 99999999999999999999])
def test_more_results_than_the_disk_holds_are_refused_in_one_sentence(
    vivid_model, cat, tmp_path, count
):
    options = ["--model", vivid_model, "--out", tmp_path / "out"]
    done = invoke("restyle", cat, *options, "--count", count)
    assert done.exit_code == 1
    assert "results: about" in one_sentence(done.stderr)
    assert not (tmp_path / "out").exists()


def test_some_skipped_is_three_and_nothing_done_is_one(vivid_model, cat, tmp_path):
    options = ["--model", vivid_model, "--style", "discs", "--out", tmp_path / "out"]
    some = invoke("restyle", cat, tmp_path / "no.png", *options)
    assert some.exit_code == 3
    assert one_sentence(some.stderr).startswith(f"skipped {tmp_path / 'no.png'}: it does not exist")
    nothing = invoke("restyle", tmp_path / "no.png", *options)
    assert nothing.exit_code == 1
    assert nothing.stderr.splitlines() == [
        f"skipped {tmp_path / 'no.png'}: it does not exist; check the name.",
        "none of the pictures could be restyled.",
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--style", "cubism"], "no style 'cubism'; this model has discs, squares, stripes."),
        (["--device", "abacus"], "no device 'abacus'"),
        (["--precision", "fp64"], "no precision 'fp64'"),
        (["--reference", "nowhere.png"], "nowhere.png: it does not exist"),
        (["--model", "nowhere"], "no model 'nowhere'"),
        (["--model", "."], "holds no model: config.json is missing"),
        (["--interpolate", "discs", "discs", "--animation", "mp4"], "one of gif, webp, apng"),
    ],
)
def test_a_wrong_wish_is_one_sentence(vivid_model, cat, tmp_path, options, said):
    done = invoke("restyle", cat, "--model", vivid_model, "--out", tmp_path / "out", *options)
    assert done.exit_code == 1
    assert said in one_sentence(done.stderr)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["restyle"],
        ["restyle", "cat.png"],
        ["restyle", "cat.png", "--out", "o", "--count", "0"],
        ["restyle", "cat.png", "--out", "o", "--size", "big"],
        ["restyle", "cat.png", "--out", "o", "--strength", "1.6"],
        ["restyle", "cat.png", "--out", "o", "--strength", "nan"],
        ["restyle", "cat.png", "--out", "o", "--truncation", "2.1"],
        ["evaluate", "emoji64", "--out", "o", "--truncation", "nan"],
        ["restyle", "cat.png", "--out", "o", "--model", ".", "--nonsense"],
        ["train"],
        ["train", "--out", "o", "--model", "unknown"],
        ["train", "--out", "o", "--set", "train.steps"],
        ["data", "build", "unknown"],
        ["data", "check"],
        ["colab"],
        ["unknown"],
    ],
    ids=" ".join,
)
def test_a_command_line_that_makes_no_sense_is_two(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = invoke(*arguments)
    assert done.exit_code == 2
    assert done.stderr.startswith("Usage:") and "Error:" in done.stderr
    assert "Traceback" not in done.stderr and not list(tmp_path.iterdir())


def test_a_file_that_is_not_there_is_named_without_a_number(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = invoke("assign", "01", "--students", "class.csv", "--out", "out")
    assert done.exit_code == 1
    assert one_sentence(done.stderr) == "class.csv: No such file or directory."


def test_debug_shows_the_traceback():
    for debug in ("", "1"):
        environment = os.environ | {"GAN_LESSONS_DEBUG": debug}
        arguments = command("colab", "--repo", "nonsense")
        done = subprocess.run(arguments, capture_output=True, text=True, env=environment)
        assert done.returncode == 1
        assert ("Traceback" in done.stderr) == bool(debug)
        assert "such as OWNER/NAME" in done.stderr.splitlines()[-1]


def test_a_mistake_of_ours_shows_its_traceback():
    code = (
        "from gan_lessons.cli.main import app, main\n"
        "@app.command()\ndef broken():\n    return {}['missing']\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", code, "broken"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "Traceback" in done.stderr and "KeyError: 'missing'" in done.stderr


def test_memory_that_does_not_suffice_is_one_sentence(cat):
    code = (
        "from gan_lessons.cli.main import app, main\n"
        "@app.command()\ndef greedy():\n    import torch\n    torch.empty(2**60)\n"
        "@app.command()\ndef greedier():\n    bytearray(2**60)\n"
        "main()"
    )
    for name in ("greedy", "greedier"):
        done = subprocess.run([sys.executable, "-c", code, name], capture_output=True, text=True)
        assert done.returncode == 1
        assert "Memory did not suffice" in one_sentence(done.stderr)


def test_train_makes_a_model_that_restyle_takes(styles_folder, small, cat, tmp_path):
    run = tmp_path / "run"
    done = invoke("train", "--data", styles_folder, "--out", run, *small, "--set=train.steps=3")
    assert done.exit_code == 0, done.output
    assert "this will cost" in done.stdout and "3 styles" in done.stdout
    again = invoke("train", "--data", styles_folder, "--out", run, *small)
    assert again.exit_code == 1
    assert "already holds a run; add --resume auto" in one_sentence(again.stderr)
    restyled = invoke("restyle", cat, "--model", run, "--out", tmp_path / "out")
    assert restyled.exit_code == 0 and len(list((tmp_path / "out").glob("*.png"))) == 3
    after = tmp_path / "after"
    options = ["--init-from", run, *small, "--set=train.steps=1", "--data", styles_folder]
    assert invoke("train", "--out", after, *options).exit_code == 0
    assert json.loads((after / "config.json").read_text())["run"]["from"]["weights"] == "run"


def test_a_bundled_model_learns_the_styles_of_a_folder_by_one_command(styles_folder, tmp_path):
    out = tmp_path / "tuned"
    options = ["--data", styles_folder, "--init-from", "emoji64", "--out", out]
    done = invoke("train", *options, "--set=train.steps=1", "--set=train.batch=2", "--device=cpu")
    assert done.exit_code == 0, done.output
    told = next(line for line in done.stdout.splitlines() if line.startswith("styles "))
    assert "taken over: none; new: discs (begins as " in told and "left: noto, noto_blob" in told
    described = json.loads((out / "config.json").read_text())
    assert described["styles"] == ["discs", "squares", "stripes"]
    assert set(described["run"]["from"]["styles"]) == set(described["styles"])
    other = invoke("train", *options[:-1], tmp_path / "other", "--preset", "smoke")
    assert other.exit_code == 1 and "use the recipe in their config.json" in other.stderr


def test_train_runs_without_any_option_but_out(tmp_path):
    done = invoke("train", "--out", tmp_path / "run", "--set=train.steps=1")
    assert done.exit_code == 0, done.output
    assert "emoji_styles" in done.stdout and "8 styles" in done.stdout


def test_resume_goes_on_where_a_run_stopped(styles_folder, small, tmp_path):
    options = ["--data", styles_folder, "--out", tmp_path / "run", *small, "--resume", "auto"]
    lengths = (["--set=train.steps=2"], ["--set=train.steps=4"])
    first, second = (invoke("train", *options, "--set=train.decay=0", *one) for one in lengths)
    assert first.exit_code == second.exit_code == 0, second.output
    assert "resuming after step 2" in second.stdout
    assert checkpoint.read(tmp_path / "run" / checkpoint.FILE)["step"] == 4
    other = invoke("train", *options, "--set=train.lr=0.5")
    assert other.exit_code == 1 and "train.lr: 0.5 here" in one_sentence(other.stderr)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--preset", "huge"], "no preset 'huge'"),
        (["--data", "nowhere"], "no data set 'nowhere'"),
        (["--set=train.stepps=3"], "no field 'train.stepps'"),
        (["--set=train.steps=many"], "train.steps takes a value of type int, got 'many'"),
        (["--set=train.steps=0"], "train.steps must lie in 1.."),
        (["--resume", "yes"], 'resume takes "auto" or nothing'),
        (["--device", "abacus"], "no device 'abacus'"),
        (["--init-from", "nowhere"], "no model 'nowhere'"),
    ],
)
def test_a_wrong_recipe_is_one_sentence(styles_folder, small, tmp_path, options, said):
    run = tmp_path / "run"
    done = invoke("train", "--data", styles_folder, "--out", run, *small, *options)
    assert done.exit_code == 1
    assert said in one_sentence(done.stderr)
    assert not run.exists()


def test_a_number_that_is_not_finite_stops_with_one_sentence(styles_folder, small, tmp_path):
    options = [*small, "--set=train.lr=1e30", "--set=train.precision=fp32"]
    done = invoke("train", "--data", styles_folder, "--out", tmp_path / "run", *options)
    assert done.exit_code == 1
    assert re.search(r"became (nan|-?inf) at step \d+", one_sentence(done.stderr))


class Trap:
    """An object whose unpickling leaves a trace on the disk."""

    def __init__(self, trace: Path):
        self.trace = trace

    def __reduce__(self):
        return os.mkdir, (str(self.trace),)


def wrong_files(trace: Path):
    """What may stand where weights or a checkpoint should."""
    yield "pickle", pickle.dumps(Trap(trace))
    zipped = trace.parent / "zipped.pt"
    torch.save({"format": checkpoint.FORMAT, "networks": Trap(trace)}, zipped)
    yield "torch's own, with code in it", zipped.read_bytes()
    torch.save({"weight": torch.zeros(3)}, zipped)
    yield "torch's own, of something else", zipped.read_bytes()
    yield "text", b"<html>404</html>"
    yield "empty", b""
    yield "claims", (2**62).to_bytes(8, "little") + b"{}"


def test_the_trap_is_a_trap(tmp_path):
    for name, data in wrong_files(tmp_path / "trace"):
        if name == "pickle":
            pickle.loads(data)
    assert (tmp_path / "trace").is_dir()


def test_a_wrong_model_is_refused_and_nothing_in_it_is_run(vivid_model, cat, tmp_path):
    model, trace = tmp_path / "model", tmp_path / "trace"
    model.mkdir()
    (model / "config.json").write_bytes((vivid_model / "config.json").read_bytes())
    for name, data in wrong_files(trace):
        (model / "model.safetensors").write_bytes(data)
        done = invoke("restyle", cat, "--model", model, "--out", tmp_path / "out")
        assert done.exit_code == 1, name
        assert "nothing in it was executed" in one_sentence(done.stderr)
    assert not trace.exists() and not (tmp_path / "out").exists()


def test_a_wrong_checkpoint_is_refused_and_nothing_in_it_is_run(styles_folder, small, tmp_path):
    run, trace = tmp_path / "run", tmp_path / "trace"
    run.mkdir()
    for name, data in wrong_files(trace):
        (run / checkpoint.FILE).write_bytes(data)
        options = ["--data", styles_folder, "--out", run, *small, "--resume", "auto"]
        done = invoke("train", *options)
        assert done.exit_code == 1, name
        assert "checkpoint" in one_sentence(done.stderr)
        assert (run / checkpoint.FILE).read_bytes() == data
    assert not trace.exists() and len(list(run.iterdir())) == 1


def interrupted(arguments, line: str) -> tuple[int, str, str]:
    """Start a command, send Ctrl-C once a line appears, and say how it ended."""
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    said = ""
    for each in process.stdout:
        said += each
        if each.startswith(line):
            process.send_signal(signal.SIGINT)
            break
    rest, complained = process.communicate(timeout=120)
    return process.returncode, said + rest, complained


@POSIX
def test_ctrl_c_keeps_what_was_restyled(vivid_model, tmp_path):
    for i in range(20):
        noise(tmp_path / "in" / f"{i:02}.png", 60, i)
    out = tmp_path / "out"
    options = ["--model", vivid_model, "--count", 30, "--device", "cpu", "--out", out]
    code, said, complained = interrupted(command("restyle", tmp_path / "in", *options), "3 of 20")
    assert code == 130
    assert one_sentence(complained) == "Stopped."
    assert "20 of 20" not in said
    manifest = json.loads((out / "manifest.json").read_text())
    listed = {one["file"] for source in manifest["sources"] for one in source["results"]}
    assert manifest["stopped"] and 2 * 90 <= len(listed) < 20 * 90
    assert {path.name for path in out.glob("*.png")} == listed
    for name in listed:
        with Image.open(out / name) as image:
            image.load()
    assert "Stopped early" in (out / "gallery.html").read_text()
    assert not [path for path in out.rglob("*") if path.name.startswith(".")]


@POSIX
def test_ctrl_c_saves_a_training(styles_folder, small, tmp_path):
    run = tmp_path / "run"
    options = ["--data", styles_folder, *small, "--set=train.steps=100000", "--out", run]
    code, said, complained = interrupted(command("train", *options), "step ")
    assert code == 130 and not complained, said + complained
    step = int(re.search(r"stopped after step (\d+); go on with --resume auto", said)[1])
    assert checkpoint.read(run / checkpoint.FILE)["step"] == step
    code, said, complained = interrupted(command("train", *options, "--resume", "auto"), "step ")
    assert code == 130 and not complained, said + complained
    assert f"resuming after step {step}" in said


@contextlib.contextmanager
def full_disk(kind: str, home: Path, kilobytes: int):
    """A folder that holds so much and no more, and what a process in it has to run under."""
    if kind == "limit":
        import resource

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024, kilobytes * 1024))

        yield home, limit
        return
    if not (hasattr(os, "geteuid") and os.geteuid() == 0):
        pytest.skip("only root may mount a small disk")
    home.mkdir(exist_ok=True)
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(home)]
    if subprocess.run(mounting, capture_output=True).returncode:
        pytest.skip("this container may not mount a small disk")
    try:
        yield home, None
    finally:
        subprocess.run(["umount", str(home)], check=True)


@POSIX
@pytest.mark.parametrize("kind", ["tmpfs", "limit"])
def test_full_disk_keeps_what_was_restyled(kind, vivid_model, tmp_path):
    sources = [noise(tmp_path / "a.png"), noise(tmp_path / "b.png"), noise(tmp_path / "c.png", 500)]
    with full_disk(kind, tmp_path / "disk", 500) as (disk, limit):
        options = ["--model", vivid_model, "--device", "cpu", "--out", disk / "out"]
        arguments = command("restyle", *sources, *options)
        done = subprocess.run(arguments, capture_output=True, text=True, preexec_fn=limit)
        assert done.returncode == 1
        sentence = done.stderr.strip().splitlines()[-1]  # the first is the hint on large pictures
        assert one_sentence(sentence).endswith(("name another folder.", "on another disk."))
        manifest = json.loads((disk / "out" / "manifest.json").read_text())
        listed = {one["file"] for source in manifest["sources"] for one in source["results"]}
        assert {path.name for path in (disk / "out").glob("*.png")} == listed
        assert {f"{stem}__{style}__1.png" for stem in "ab" for style in STYLES} <= listed
        for name in listed:
            with Image.open(disk / "out" / name) as image:
                image.load()
        assert "Stopped early" in (disk / "out" / "gallery.html").read_text()
        assert not [path for path in disk.rglob("*") if path.name.startswith(".")]


@POSIX
@pytest.mark.parametrize("kind", ["tmpfs", "limit"])
def test_full_disk_before_the_first_result_leaves_nothing(kind, vivid_model, cat, tmp_path):
    with full_disk(kind, tmp_path / "disk", 4) as (disk, limit):
        options = ["--model", vivid_model, "--device", "cpu", "--out", disk / "out"]
        arguments = command("restyle", cat, *options)
        done = subprocess.run(arguments, capture_output=True, text=True, preexec_fn=limit)
        assert done.returncode == 1
        assert "was not written" in one_sentence(done.stderr)
        assert not [path for path in disk.rglob("*") if path.is_file()]


@POSIX
@pytest.mark.parametrize("kind", ["tmpfs", "limit"])
def test_full_disk_ends_a_training_with_one_sentence(
    kind, styles_folder, tiny_model, small, tmp_path
):
    size = (tiny_model / checkpoint.FILE).stat().st_size // 1024
    with full_disk(kind, tmp_path / "disk", size - 4) as (disk, limit):
        options = ["--data", styles_folder, *small, "--out", disk / "run"]
        done = subprocess.run(
            command("train", *options), capture_output=True, text=True, preexec_fn=limit
        )
        assert done.returncode == 1
        assert "was not written" in one_sentence(done.stderr)
        assert not (disk / "run" / checkpoint.FILE).exists()
        assert not [p for p in disk.rglob("*") if p.name.startswith(".")]


def test_data_list_names_every_set():
    done = invoke("data", "list")
    assert done.exit_code == 0
    assert "emoji_styles" in done.stdout and "painted_photos" in done.stdout


def test_data_check_tells_what_is_wrong(styles_folder, tmp_path):
    fine = invoke("data", "check", styles_folder, "--size", 16)
    assert fine.exit_code == 0 and "3 styles" in fine.stdout
    report = json.loads(invoke("data", "check", styles_folder, "--json").stdout)
    assert report["images"] == dict.fromkeys(STYLES, 12)
    for style in STYLES[:2]:
        noise(tmp_path / style / "a.png", 70)
        noise(tmp_path / style / "b.png", 70, seed=len(style))
    (tmp_path / "discs" / "bad.png").write_bytes(b"no picture")
    broken = invoke("data", "check", tmp_path)
    assert broken.exit_code == 1 and "discs/bad.png" in broken.stdout and not broken.stderr
    missing = invoke("data", "check", tmp_path / "nowhere")
    assert missing.exit_code == 1 and "is not a folder" in one_sentence(missing.stderr)


def test_data_build_without_its_packages_is_one_sentence(tmp_path):
    (tmp_path / "empty").mkdir()
    for name in ("emoji_styles", "painted_photos", "letters"):
        options = ["--source", tmp_path / "empty", "--out", tmp_path / "out"]
        done = invoke("data", "build", name, *options)
        assert done.exit_code == 1
        assert "fetch the package" in one_sentence(done.stderr)
    assert not list((tmp_path / "out").glob("*.zip"))


def test_data_build_makes_an_archive(tmp_path):
    (tmp_path / "packages").mkdir()
    spec = importlib.util.spec_from_file_location("packages_made", PACKAGES_MADE)
    packages_made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(packages_made)
    packages_made.emoji_packages(tmp_path / "packages")
    options = ["--source", tmp_path / "packages", "--out", tmp_path / "out"]
    done = invoke("data", "build", "emoji_styles", *options)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / "emoji_styles_64.zip").is_file()
    odd = invoke("data", "build", "emoji_styles", "--size", 65, *options)
    assert odd.exit_code == 1 and "64 or 128" in one_sentence(odd.stderr)


def test_doctor_tells_people_and_programs():
    shown, report = invoke("doctor"), invoke("doctor", "--json")
    values = json.loads(report.stdout)
    assert shown.exit_code == report.exit_code == (0 if values["ok"] else 1)
    states = {one["name"]: one["state"] for one in values["findings"]}
    assert set(states.values()) <= {"ok", "warn", "fail"}
    for name in ("Python", "torch", "torchvision", "device", "precision", "cores", "disk"):
        assert states[name] == "ok" and f" {name} " in shown.stdout
    assert values["ok"] == ("fail" not in states.values())


def test_doctor_fails_where_data_is_damaged(root, tmp_path):
    folder = tmp_path / "data" / "emoji_styles"
    folder.mkdir(parents=True)
    (folder / "emoji_styles_64.zip").write_bytes(b"damaged")
    (folder / "README.md").write_text(f"| `emoji_styles_64.zip` | SHA-256 `{'0' * 64}` |")
    environment = {"GAN_LESSONS_DATA": str(tmp_path)}
    done = invoke("doctor", "--json", env=environment)
    assert done.exit_code == 1
    found = {one["name"]: one for one in json.loads(done.stdout)["findings"]}
    assert found["emoji_styles_64"]["state"] == "fail"
    assert "data build emoji_styles" in found["emoji_styles_64"]["advice"]


def test_lab_passes_its_options_on(tmp_path):
    pytest.importorskip("jupyterlab")
    done = subprocess.run(command("lab", "--version"), capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    *copies, told = done.stdout.split("\n")[:-1]
    assert told == version("jupyterlab") and "copies of the lessons" in copies[0]


def test_colab_writes_the_address(tmp_path):
    from gan_lessons.course import notebook as nb

    path = tmp_path / "notebooks" / "00_first.ipynb"
    path.parent.mkdir()
    cell = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# First"}
    nb.write_notebook(path, {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    environment = {"GAN_LESSONS_DATA": str(tmp_path)}
    done = invoke("colab", "--repo", "somebody/course", env=environment)
    assert done.exit_code == 0 and done.stdout.endswith("1 notebook changed\n")
    assert "colab.research.google.com/github/somebody/course" in path.read_text()
    again = invoke("colab", "--repo", "somebody/course", env=environment)
    assert again.exit_code == 0 and again.stdout == "0 notebooks changed\n"
    wrong = invoke("colab", "--repo", "nonsense", env=environment)
    assert wrong.exit_code == 1 and "OWNER/NAME" in one_sentence(wrong.stderr)


@POSIX
def test_a_reader_that_has_seen_enough_gets_no_traceback():
    process = subprocess.Popen(
        command("data", "list"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.close()
    complained = process.stderr.read()
    process.wait(timeout=60)
    assert "Traceback" not in complained
