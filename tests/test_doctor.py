import hashlib

import pytest

from gan_lessons import doctor
from gan_lessons.doctor import Finding


def found(check) -> dict[str, Finding]:
    return {finding.name: finding for finding in check()}


@pytest.mark.parametrize(
    ("line", "name", "least", "extra"),
    [
        ("torch>=2.6", "torch", "2.6", ""),
        ("numpy", "numpy", "0", ""),
        ("ipywidgets<9,>=7.7; extra == 'lessons'", "ipywidgets", "7.7", "lessons"),
        ('huggingface_hub (>= 0.26) ; extra == "hub"', "huggingface_hub", "0.26", "hub"),
        ("gan-lessons[lessons]; extra == 'notebook'", "gan-lessons", "0", "notebook"),
        ("a.b-c~=1.0; python_version < '3.12' and extra == 'x'", "a.b-c", "0", "x"),
    ],
)
def test_a_requirement_is_read(line, name, least, extra):
    assert doctor._requirement(line) == doctor.Requirement(name, least, extra)


def test_the_package_needs_torch_and_its_extras_more():
    needed = doctor.requirements()
    assert "torch" in {one.name for one in needed if not one.extra}
    assert {one.extra for one in needed} >= {"", "lessons", "notebook", "data"}
    assert "gan-lessons" not in {one.name for one in needed}


@pytest.mark.parametrize(
    ("version", "least", "enough"),
    [
        ("2.6", "2.6", True),
        ("2.15.0+cpu", "2.6", True),
        ("2.5.1", "2.6", False),
        ("11.0", "10.3", True),
        ("2.6rc1", "2.6", True),
        ("1.26.4", "1.26", True),
    ],
)
def test_versions_are_compared_as_numbers(version, least, enough):
    assert (doctor._numbers(version) >= doctor._numbers(least)) == enough


def test_a_missing_package_fails_and_names_the_command(monkeypatch):
    wanted = [doctor.Requirement("torch", "2.6", ""), doctor.Requirement("not-there", "1.0", "")]
    monkeypatch.setattr(doctor, "requirements", lambda: wanted)
    states = found(doctor._packages)
    assert states["torch"].state == "ok"
    assert states["not-there"].state == "fail"
    assert states["not-there"].advice == "pip install 'not-there>=1.0'"


def test_a_check_that_breaks_is_a_finding(monkeypatch):
    def broken():
        raise RuntimeError("no driver")
        yield

    monkeypatch.setattr(doctor, "_device", broken)
    states = found(doctor.examine)
    assert states["broken"].state == "fail" and "no driver" in states["broken"].text
    assert states["Python"].state == "ok" and "Jupyter" in states


def test_a_container_s_limit_bounds_the_memory():
    memory = doctor.memory()
    assert memory is None or 0.1 < memory < 1e5


@pytest.mark.parametrize("place", ["beside", "above"])
def test_checksums_are_read_from_the_readme(tmp_path, place):
    file = tmp_path / "models" / "one" / "model.bin"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"weights")
    right = hashlib.sha256(b"weights").hexdigest()
    readme = file.parent / "README.md" if place == "beside" else tmp_path / "models" / "README.md"
    name = "model.bin" if place == "beside" else "one/model.bin"
    readme.write_text(f"| `other.bin` | `{'1' * 64}` |\n| `{name}` | SHA-256 `{right}` |\n")
    assert doctor.checksum_noted(file) == right == doctor.checksum(file)
    assert doctor._checked("x", file, "build it").state == "ok"
    file.write_bytes(b"changed")
    bad = doctor._checked("x", file, "build it")
    assert (bad.state, bad.advice) == ("fail", "build it")


def test_bundled_data_is_what_its_readme_says():
    for name, finding in found(doctor._data).items():
        if doctor.archives(name.rsplit("_", 1)[0]) or doctor.archives(name):
            assert finding.state == "ok", finding


def test_text_lines_up():
    text = doctor.as_text([Finding("a", "ok", "one"), Finding("long", "fail", "two", "do this")])
    assert text.splitlines() == ["ok    a     one", "fail  long  two", "            do this"]


def test_data_sets_are_described_without_opening_an_image():
    text = doctor.describe_data()
    for name in doctor.BUNDLED:
        assert name in text


def test_several_gpus_come_with_the_command_that_uses_them(monkeypatch):
    assert doctor._gpus(1).text == "1" and not doctor._gpus(1).advice
    assert "gan-lessons train --processes 4" in doctor._gpus(4).advice
    monkeypatch.setattr(doctor, "installed", lambda name: None)
    assert doctor._gpus(4).advice.endswith("pip install 'gan-lessons[train]'")
