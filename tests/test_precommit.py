"""What is looked at before a commit: the repository passes, secrets and large files do not."""

import importlib.util
import re
import subprocess
import sys

import pytest
import yaml


@pytest.fixture(scope="module")
def hooks(root) -> dict[str, dict]:
    config = yaml.safe_load((root / ".pre-commit-config.yaml").read_text())
    return {
        hook["id"]: hook | {"rev": source["rev"]}
        for source in config["repos"]
        for hook in source["hooks"]
    }


def ends(module: str, hook: dict, paths, root) -> int:
    """The exit code of a hook, called as pre-commit does."""
    if not importlib.util.find_spec(module.partition(".")[0]):
        pytest.skip(f"{module.partition('.')[0]} is not installed; the weekly run installs it")
    command = [sys.executable, "-m", module, *hook.get("args", ()), *map(str, paths)]
    return subprocess.run(command, cwd=root, capture_output=True, timeout=600).returncode


def test_the_style_is_that_of_make_lint(hooks, root):
    pinned = re.search(r"^ruff==(\S+)$", (root / "constraints.txt").read_text(), re.MULTILINE)
    assert hooks["ruff-check"]["rev"] == f"v{pinned[1]}"


def test_all_that_is_tracked_could_be_added_and_little_more(hooks, root, tracked):
    (most,) = (int(each.partition("=")[2]) for each in hooks["check-added-large-files"]["args"])
    largest = max((root / path).stat().st_size for path in tracked) / 1024
    assert largest <= most < 1.1 * largest


@pytest.mark.slow
def test_no_tracked_text_is_taken_for_a_secret(hooks, root, tracked):
    hook = hooks["detect-secrets"]
    left_out = re.compile(hook["exclude"])
    paths = [path for path in tracked if not left_out.search(path.as_posix())]
    assert ends("detect_secrets.pre_commit_hook", hook, paths, root) == 0


@pytest.mark.parametrize(
    "line",
    [
        "AWS = 'AKIA" + "QWERTYUIOPASDFGH'",
        "password = 'correct-" + "horse-battery'",
        "token = 'ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a'",
        "key = '" + "2b7e151628aed2a6abf7158809cf4f3c'",
    ],
)
def test_a_secret_is_kept_out(hooks, tmp_path, root, line):
    (tmp_path / "settings.py").write_text(line + "\n")
    paths = [tmp_path / "settings.py"]
    assert ends("detect_secrets.pre_commit_hook", hooks["detect-secrets"], paths, root) == 1


def test_a_private_key_is_kept_out(hooks, tmp_path, root):
    (tmp_path / "id").write_text("-----BEGIN RSA " + "PRIVATE KEY-----\n")
    paths = [tmp_path / "id"]
    assert ends("pre_commit_hooks.detect_private_key", hooks["detect-private-key"], paths, root)


def test_a_large_file_is_kept_out(hooks, tmp_path):
    hook = hooks["check-added-large-files"]
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (most,) = (int(each.partition("=")[2]) for each in hook["args"])
    for name, size in (("small", most * 1024), ("large", most * 1024 + 1)):
        (tmp_path / name).write_bytes(bytes(size))
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    module = "pre_commit_hooks.check_added_large_files"
    assert ends(module, hook, ["small"], tmp_path) == 0
    assert ends(module, hook, ["large"], tmp_path) == 1
