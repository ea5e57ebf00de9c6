"""The doctor finds what was planted, names it, says what to do, and finds nothing else."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from gan_lessons.data.check import inspection
from gan_lessons.data.check.duplicates import near_groups
from gan_lessons.data.check.inspection import inspect_folder
from gan_lessons.data.check.report import Finding, Report

sys.path.insert(0, str(Path(__file__).parents[1]))
import damaged  # noqa: E402

cleanvision = pytest.mark.skipif(
    importlib.util.find_spec("cleanvision") is None, reason="cleanvision is not installed"
)


def sketch(seed: int, size: int = 96) -> Image.Image:
    """A busy picture with sharp edges, unlike any of another seed."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((size, size), Image.Resampling.NEAREST)
    for _ in range(30):
        left, top = rng.integers(0, size - 12, 2)
        colour = tuple(int(c) for c in rng.integers(0, 256, 3))
        image.paste(colour, (int(left), int(top), int(left) + 12, int(top) + 12))
    return image


@pytest.fixture
def healthy(tmp_path) -> Path:
    """Two styles of 24 pictures in which nothing is wrong."""
    for style, first in (("ink", 0), ("oil", 1000)):
        (tmp_path / "set" / style).mkdir(parents=True)
        for number in range(24):
            sketch(first + number).save(tmp_path / "set" / style / f"{number:02d}.png")
    return tmp_path / "set"


def found(folder: Path, **options) -> dict[tuple[str, str | None], Finding]:
    return {(one.kind, one.style): one for one in inspect_folder(folder, **options).findings}


class TestFindings:
    def test_a_healthy_set(self, healthy):
        report = inspect_folder(healthy)
        assert report.ok and not report.findings
        assert report.images == {"ink": 24, "oil": 24}
        assert "Nothing to complain about." in report.to_text()

    def test_unreadable(self, healthy):
        (healthy / "oil" / "cut.png").write_bytes((healthy / "oil" / "00.png").read_bytes()[:300])
        (healthy / "oil" / "empty.jpg").touch()
        (healthy / "ink" / "bomb.png").write_bytes(damaged.bomb())
        report = inspect_folder(healthy)
        reasons = {one.files: one.text for one in report.findings if one.kind == "unreadable"}
        assert reasons[("oil/cut.png",)] == "it is cut short"
        assert reasons[("oil/empty.jpg",)] == "it is empty"
        assert "million" in reasons[("ink/bomb.png",)]
        assert not report.ok and report.images == {"ink": 24, "oil": 24}

    def test_exact_duplicates_by_pixels(self, healthy):
        sketch(3).save(healthy / "ink" / "copy.bmp")
        sketch(1003).save(healthy / "ink" / "foreign.webp", lossless=True)
        findings = found(healthy)
        assert findings.keys() == {("duplicates", "ink"), ("duplicates across styles", None)}
        assert findings["duplicates", "ink"].files == ("ink/03.png", "ink/copy.bmp")
        across = findings["duplicates across styles", None]
        assert across.files == ("ink/foreign.webp", "oil/03.png")
        assert across.severity == "error" and findings["duplicates", "ink"].severity == "warning"

    @cleanvision
    def test_near_duplicates(self, healthy):
        sketch(5).save(healthy / "ink" / "again.jpg", quality=80, subsampling=0)
        sketch(1005).resize((150, 150), Image.Resampling.BICUBIC).save(healthy / "ink" / "b.png")
        findings = found(healthy)
        assert findings.keys() == {
            ("near duplicates", "ink"),
            ("near duplicates across styles", None),
        }
        assert findings["near duplicates", "ink"].files == ("ink/05.png", "ink/again.jpg")
        assert findings["near duplicates across styles", None].files == ("ink/b.png", "oil/05.png")

    @cleanvision
    def test_a_copy_in_another_colour_is_another_picture(self, healthy):
        red, green, blue = sketch(6).split()
        Image.merge("RGB", (blue, red, green)).save(healthy / "ink" / "other.png")
        assert inspect_folder(healthy).ok

    def test_blank(self, healthy):
        Image.new("RGB", (96, 96), (200, 30, 30)).save(healthy / "oil" / "red.png")
        Image.new("RGBA", (96, 96), (9, 9, 9, 0)).save(healthy / "oil" / "clear.png")
        findings = found(healthy)
        assert findings["blank", "oil"].files == ("oil/clear.png", "oil/red.png")
        assert findings.keys() == {("blank", "oil"), ("read so", "oil")}

    def test_tiny_depends_on_the_size_asked_for(self, healthy):
        assert found(healthy, size=128)["tiny", "ink"].severity == "warning"
        assert len(found(healthy, size=128)["tiny", "ink"].files) == 24
        assert not found(healthy, size=96)

    def test_odd_shapes_and_sizes(self, healthy):
        sketch(70, 400).crop((0, 0, 400, 100)).save(healthy / "oil" / "wide.png")
        sketch(71, 1000).save(healthy / "oil" / "huge.png")
        findings = found(healthy)
        assert findings["odd shape", "oil"].files == ("oil/wide.png",)
        assert findings["odd size", "oil"].files == ("oil/huge.png",)

    @cleanvision
    def test_dark_blurry_and_empty(self, healthy):
        sketch(80).point(lambda value: value // 12).save(healthy / "oil" / "night.png")
        blurred = sketch(81, 400).filter(ImageFilter.GaussianBlur(10))
        blurred.save(healthy / "oil" / "soft.png")
        paper = Image.new("RGB", (96, 96), "white")
        paper.paste((0, 0, 0), (48, 48, 50, 50))
        paper.save(healthy / "ink" / "dot.png")
        findings = found(healthy)
        assert findings["dark", "oil"].files == ("oil/night.png",)
        assert findings["blurry", "oil"].files == ("oil/soft.png",)
        assert findings["nearly empty", "ink"].files == ("ink/dot.png",)
        assert inspect_folder(healthy).ok  # a style may well be dark, soft or sparse: only notes

    def test_counts(self, healthy):
        for name, count in (("chalk", 3), ("lead", 1), ("none", 0)):
            (healthy / name).mkdir()
            for number in range(count):
                sketch(count * 100 + number).save(healthy / name / f"{number}.png")
        findings = found(healthy)
        assert findings["too few images", "chalk"].severity == "warning"
        assert findings["too few images", "lead"].severity == "error"
        assert findings["too few images", "none"].severity == "error"
        unbalanced = findings["unbalanced styles", None]
        assert unbalanced.text == "the largest has 24 images, the smallest 1 (chalk, lead, none)"

    def test_one_style_is_too_few(self, healthy):
        assert found(healthy / "oil")["too few styles", None].severity == "error"

    def test_strays(self, healthy, tmp_path):
        sketch(90).save(healthy / "lost.png")
        (healthy / "oil" / "clip.MOV").write_bytes(b"x")
        (healthy / "oil" / "LICENSE").write_text("CC0")
        (healthy / "notes.md").write_text("hello")
        (healthy / ".DS_Store").touch()
        sketch(91).save(tmp_path / "elsewhere.png")
        (healthy / "oil" / "link.png").symlink_to(tmp_path / "elsewhere.png")
        sketch(92).save(healthy / "ink" / ".secret.png")
        for style in ("ink", "oil"):
            for number in range(24):
                thumb = healthy / style / "@eaDir" / f"{number:02d}.png" / "SYNOPHOTO_THUMB_M.jpg"
                thumb.parent.mkdir(parents=True)
                sketch(number).save(thumb)
        findings = found(healthy)
        assert findings["outside", None].files == ("lost.png",)
        assert findings["video", None].files == ("oil/clip.MOV",)
        assert findings["ignored", None].files == ("notes.md", "oil/LICENSE")
        assert findings["link", None].files == ("oil/link.png",)
        assert findings["hidden", None].files == ("ink/.secret.png",)
        assert findings["system copies", None].count == 48
        assert findings["system copies", None].severity == "note"
        assert len(findings) == 6 and inspect_folder(healthy).images == {"ink": 24, "oil": 24}

    def test_a_scan_of_twelve_bits_is_no_blank_picture(self, healthy):
        for number in range(3):
            grey = np.asarray(sketch(200 + number).convert("L")).astype(np.uint16) * 16
            Image.fromarray(grey).save(healthy / "oil" / f"scan{number}.png")
        findings = found(healthy)
        assert ("blank", "oil") not in findings and inspect_folder(healthy).images["oil"] == 27
        assert findings["read so", "oil"].count == 3
        assert "taken for 12" in findings["read so", "oil"].text
        assert inspect_folder(healthy).ok

    def test_transparency_is_told_of(self, healthy):
        image = sketch(300)
        image.putalpha(Image.new("L", image.size, 90))
        image.save(healthy / "ink" / "sticker.png")
        finding = found(healthy)["read so", "ink"]
        assert finding.files == ("ink/sticker.png",) and "laid on white" in finding.text

    def test_layouts(self, healthy, tmp_path):
        for style in ("ink", "oil"):
            for split, numbers in (("train", range(20)), ("test", range(20, 24))):
                (tmp_path / "split" / style / split).mkdir(parents=True)
                for number in numbers:
                    name = f"{number:02d}.png"
                    os.link(healthy / style / name, tmp_path / "split" / style / split / name)
        report = inspect_folder(tmp_path / "split")
        assert report.layout == "splits within styles (test, train)" and not report.findings
        assert "splits within styles" in report.to_text()

    def test_no_folder(self, tmp_path):
        with pytest.raises(ValueError, match="is not a folder"):
            inspect_folder(tmp_path / "none")

    def test_the_folder_is_only_read(self, healthy):
        before = {path: path.stat().st_mtime_ns for path in healthy.rglob("*")}
        inspect_folder(healthy)
        assert {path: path.stat().st_mtime_ns for path in healthy.rglob("*")} == before


@pytest.fixture(scope="module")
def sick(tmp_path_factory):
    """Two styles full of damaged images, and what must come of each."""
    folder = tmp_path_factory.mktemp("sick")
    cases = []
    for seed, style in enumerate("ab"):
        (folder / style).mkdir()
        cases += damaged.make(folder / style, seed)
    return folder, cases


class TestDamaged:
    def test_all_that_is_refused_is_named_with_its_reason(self, sick, capfd):
        folder, cases = sick
        report = inspect_folder(folder)
        assert capfd.readouterr() == ("", "")
        named = {file: one for one in report.findings for file in one.files}
        for path, wanted in cases:
            name = path.relative_to(folder).as_posix()
            if wanted.outcome == "refused" and not path.is_dir():
                finding = named[name]
                assert finding.kind in ("unreadable", "link")
                assert finding.kind != "unreadable" or wanted.reason in finding.text
        taken = sum(wanted.outcome == "ok" for _, wanted in cases)
        assert sum(report.images.values()) == taken
        unreadable = [one for one in report.findings if one.kind == "unreadable"]
        assert all(file in report.to_text() for one in unreadable for file in one.files)

    def test_memory_is_bounded(self, sick):
        """In a process of its own: what looking adds to what the imports took."""
        result = subprocess.run(
            [sys.executable, "-c", MEASURED, str(sick[0])],
            env=os.environ | {"PYTHONPATH": str(Path(inspection.__file__).parents[3])},
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, result.stderr
        assert int(result.stdout) < 250 * 2**20, f"{int(result.stdout) / 2**20:.0f} MiB"

    def test_it_tells_how_far_it_is(self, sick):
        folder, cases = sick
        calls = []
        inspect_folder(folder, progress=lambda done, total: calls.append((done, total)))
        total = calls[-1][1]
        assert calls == [(done, total) for done in range(1, total + 1)]
        assert total > 1000


MEASURED = """
import importlib.util, re, resource, sys
from pathlib import Path
from gan_lessons.data.check.inspection import inspect_folder

def peak():
    try:  # getrusage would remember the size of the process that started this one
        return int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit

if importlib.util.find_spec("cleanvision"):
    import cleanvision, imagehash
before = peak()
inspect_folder(sys.argv[1])
print(peak() - before)
"""


class TestReport:
    def test_as_values_and_json(self, healthy):
        (healthy / "oil" / "bad.png").touch()
        report = inspect_folder(healthy)
        values = json.loads(report.to_json())
        assert values == report.to_dict()
        assert values["ok"] is False and values["images"] == {"ink": 24, "oil": 24}
        [finding] = values["findings"]
        assert finding["files"] == ["oil/bad.png"] and finding["advice"]

    def test_text_shortens_long_lists_but_no_unreadable_ones(self):
        files = tuple(f"{number}.png" for number in range(50))
        tiny = Finding("tiny", "warning", "small", "find them larger", "oil", files)
        bad = Finding("unreadable", "error", "it is empty", "leave it out", "oil", files)
        text = Report("set", {"oil": 1}, (tiny,)).to_text(limit=5)
        assert "4.png" in text and "5.png" not in text and "and 45 more" in text
        assert "  Find them larger." in text
        assert all(name in Report("set", {"oil": 1}, (bad,)).to_text(limit=5) for name in files)

    def test_json_is_text_whatever_the_names(self, healthy):
        name = os.fsdecode(b"caf\xe9.png")
        (healthy / "oil" / name).write_bytes(b"nonsense")
        (healthy / "oil" / "a\nb.mov").touch()
        report = inspect_folder(healthy)
        values = json.loads(report.to_json().encode("utf-8"))
        files = [file for one in values["findings"] for file in one["files"]]
        assert set(files) == {"oil/caf\\xe9.png", "oil/a\nb.mov"}
        assert report.to_text().encode("utf-8").isascii()

    @cleanvision
    def test_a_sparse_style_is_told_of_in_a_line_not_in_thousands(self, tmp_path):
        for style in ("line", "oil"):
            (tmp_path / style).mkdir()
            for number in range(40):
                if style == "oil":
                    sketch(number).save(tmp_path / style / f"{number:02d}.png")
                    continue
                paper = Image.new("RGB", (96, 96), "white")
                paper.paste((0, 0, 0), (8 + number, 40 - number, 10 + number, 42 + number))
                paper.save(tmp_path / style / f"{number:02d}.png")
        report = inspect_folder(tmp_path)
        [sparse] = [one for one in report.findings if one.kind == "nearly empty"]
        assert sparse.count > 20 and len(sparse.files) == 5 and sparse.style == "line"
        assert "how the style looks" in sparse.text
        assert len(report.to_text().splitlines()) < 60

    def test_many_findings_stay_few_lines(self):
        styles = [f"s{number}" for number in range(450)]
        files = tuple(f"{number}.png" for number in range(20))
        ones = tuple(Finding("dark", "note", "by a measure", "look", s, files) for s in styles)
        text = Report("set", dict.fromkeys(styles, 20), ones).to_text()
        heading = next(line for line in text.splitlines() if line.startswith("note: dark"))
        assert "s0 (20), s1 (20)" in heading and "444 more styles" in heading
        assert "and 8,995 more" in text and len(text.splitlines()) < 12

    def test_text_is_printable_whatever_the_names(self):
        odd = Finding("tiny", "warning", "small", "look", "oil", ("a\nb\udcff.png",))
        text = Report("s\x1b[31m", {}, (odd,)).to_text()
        assert "a?b?.png" in text and "\x1b" not in text
        text.encode("utf-8")

    def test_errors_come_first(self, healthy):
        (healthy / "oil" / "bad.png").touch()
        (healthy / "notes.md").touch()
        Image.new("RGB", (96, 96)).save(healthy / "oil" / "black.png")
        severities = [one.severity for one in inspect_folder(healthy).findings]
        assert severities == ["error", "warning", "note"]


class TestWithoutTheLibrary:
    def test_what_was_not_checked_is_said(self, healthy, monkeypatch):
        monkeypatch.setitem(sys.modules, "cleanvision", None)
        Image.new("RGB", (96, 96)).save(healthy / "oil" / "black.png")
        findings = found(healthy)
        assert "pip install" in findings["not checked", None].advice
        assert findings["blank", "oil"].files == ("oil/black.png",)


class TestNearGroups:
    @given(st.lists(st.integers(0, 2**64 - 1), max_size=40), st.data())
    def test_agrees_with_comparing_all(self, hashes, data):
        for value in hashes[:10]:  # neighbours of some, at every distance that matters
            bits = data.draw(st.lists(st.integers(0, 63), max_size=5))
            hashes.append(value ^ sum(1 << bit for bit in set(bits)))
        small = [np.zeros((16, 16, 3), np.uint8)] * len(hashes)
        links = {i: {i} for i in range(len(hashes))}
        for i, one in enumerate(hashes):
            for j, other in enumerate(hashes[:i]):
                if (one ^ other).bit_count() <= 3 and links[i] is not links[j]:
                    links[j] |= links[i]
                    for member in links[i]:
                        links[member] = links[j]
        wanted = {tuple(sorted(group)) for group in links.values() if len(group) > 1}
        assert {tuple(group) for group in near_groups(hashes, small)} == wanted

    def test_colours_must_agree(self):
        dark, light = np.zeros((16, 16, 3), np.uint8), np.full((16, 16, 3), 9, np.uint8)
        assert near_groups([5, 5, 5], [dark, light, dark]) == [[0, 2]]


def test_portions_do_not_change_the_findings(healthy, monkeypatch):
    sketch(80).point(lambda value: value // 12).save(healthy / "oil" / "night.png")
    whole = inspect_folder(healthy)
    monkeypatch.setattr(inspection, "_PORTION", 7)
    assert inspect_folder(healthy) == whole
