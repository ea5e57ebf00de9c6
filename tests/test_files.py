"""Files are found where they should be, and written whole, confined, or not at all."""

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_lessons import files
from gan_lessons.files import OutputFolder, share

POSIX = os.name == "posix"
posix = pytest.mark.skipif(not POSIX, reason="signals and limits of POSIX")


@pytest.fixture
def out(tmp_path) -> OutputFolder:
    return OutputFolder(tmp_path / "out")


def run(script: str, *args: object) -> subprocess.CompletedProcess:
    """Runs a script with this package importable, whatever is installed."""
    root = Path(files.__file__).parent.parent
    command = [sys.executable, "-c", script, *map(str, args)]
    environment = os.environ | {"PYTHONPATH": str(root)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def left_over(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.suffix == ".tmp"]


class TestShare:
    @pytest.fixture
    def places(self, tmp_path, monkeypatch) -> dict[str, Path]:
        """A made-up checkout with a package that carries its own copy, and a folder beside."""
        places = {
            "named": tmp_path / "named",
            "checkout": tmp_path / "checkout",
            "inside": tmp_path / "checkout" / "package" / "_share",
        }
        for place in places.values():
            (place / "data" / "set").mkdir(parents=True)
        (places["checkout"] / "pyproject.toml").touch()
        monkeypatch.setattr(files, "_PACKAGE", tmp_path / "checkout" / "package")
        monkeypatch.delenv("GAN_LESSONS_DATA", raising=False)
        return places

    def test_the_named_folder_comes_first(self, places, monkeypatch):
        monkeypatch.setenv("GAN_LESSONS_DATA", str(places["named"]))
        assert share("data", "set") == places["named"] / "data" / "set"

    def test_the_named_folder_may_be_the_data_folder(self, places, monkeypatch):
        monkeypatch.setenv("GAN_LESSONS_DATA", str(places["named"] / "data"))
        assert share("data", "set") == places["named"] / "data" / "set"

    def test_then_the_checkout(self, places, monkeypatch):
        assert share("data", "set") == places["checkout"] / "data" / "set"
        monkeypatch.setenv("GAN_LESSONS_DATA", str(places["named"]))
        (places["checkout"] / "notebooks").mkdir()
        assert share("notebooks") == places["checkout"] / "notebooks"

    def test_a_folder_beside_the_installed_package_is_not_ours(self, places):
        (places["checkout"] / "pyproject.toml").unlink()
        assert share("data", "set") == places["inside"] / "data" / "set"

    def test_what_is_missing_is_named(self, places):
        with pytest.raises(ValueError, match="nothing.*GAN_LESSONS_DATA"):
            share("data", "nothing")

    @pytest.mark.parametrize("parts", [("..",), ("data", "..", ".."), ("/etc",)])
    def test_no_way_out(self, places, parts):
        with pytest.raises(ValueError, match="relative"):
            share(*parts)


class TestWriting:
    def test_round_trip(self, out):
        assert out.write_bytes("a/b/c.bin", b"\0\1") == out.root / "a" / "b" / "c.bin"
        assert (out.root / "a/b/c.bin").read_bytes() == b"\0\1"
        out.write_text("t.txt", "Größe\r\n")
        assert (out.root / "t.txt").read_bytes() == "Größe\r\n".encode()

    def test_json_keeps_order_and_ends_with_a_line(self, out):
        path = out.write_json("v.json", {"b": 1, "a": ["ü", None]})
        text = path.read_text(encoding="utf-8")
        assert text == '{\n "b": 1,\n "a": [\n  "ü",\n  null\n ]\n}\n'

    def test_json_refuses_what_no_other_reader_takes(self, out):
        with pytest.raises(ValueError, match="NaN"):
            out.write_json("v.json", {"loss": float("nan")})
        assert not (out.root / "v.json").exists()

    def test_replaces_and_leaves_nothing_behind(self, out):
        for content in (b"one", b"two"):
            out.write_bytes("x", content)
        assert (out.root / "x").read_bytes() == b"two"
        assert [path.name for path in out.root.iterdir()] == ["x"]

    def test_handle_is_seekable_and_names_the_right_place(self, out):
        with out.open("x") as handle:
            handle.write(b"0123")
            handle.seek(1)
            handle.write(b"x")
            assert not (out.root / "x").exists()
        assert (out.root / "x").read_bytes() == b"0x23"

    @pytest.mark.parametrize("interruption", [RuntimeError, KeyboardInterrupt, SystemExit])
    def test_an_interrupted_write_changes_nothing(self, out, interruption):
        out.write_bytes("x", b"old")
        with pytest.raises(interruption), out.open("x") as handle:
            handle.write(b"half")
            raise interruption
        assert (out.root / "x").read_bytes() == b"old"
        assert not left_over(out.root)

    def test_an_error_of_the_caller_keeps_its_own_words(self, out, tmp_path):
        with pytest.raises(FileNotFoundError, match="missing"), out.open("x"):
            (tmp_path / "missing").read_bytes()

    @posix
    def test_permissions(self, out):
        out.write_bytes("new", b"")
        umask = os.umask(0)
        os.umask(umask)
        assert stat.S_IMODE((out.root / "new").stat().st_mode) == 0o666 & ~umask
        (out.root / "new").chmod(0o640)
        out.write_bytes("new", b"again")
        assert stat.S_IMODE((out.root / "new").stat().st_mode) == 0o640

    def test_a_reader_never_sees_a_half(self, out):
        contents = [bytes([value]) * 300_000 for value in range(4)]
        out.write_bytes("x", contents[0])
        seen, done = [], threading.Event()

        def read():
            while not done.is_set():
                seen.append((out.root / "x").read_bytes())

        reader = threading.Thread(target=read)
        reader.start()
        for _ in range(10):
            for content in contents:
                out.write_bytes("x", content)
        done.set()
        reader.join()
        assert seen and set(seen) <= set(contents)

    def test_a_folder_in_the_way(self, out):
        (out.root / "x").mkdir()
        with pytest.raises(OSError, match="folder"):
            out.write_bytes("x", b"")
        assert not left_over(out.root)

    def test_a_file_in_the_way(self, out):
        out.write_bytes("x", b"")
        with pytest.raises(OSError, match="a file stands where a folder should be"):
            out.write_bytes("x/y", b"")

    def test_root_must_be_a_folder(self, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(OSError, match="file stands where"):
            OutputFolder(tmp_path / "file")
        with pytest.raises(OSError, match="does not exist"):
            OutputFolder(tmp_path / "none", create=False)
        assert not (tmp_path / "none").exists()


class TestConfinement:
    @pytest.mark.parametrize(
        "name", ["/etc/x", "..", "../x", "a/../../x", "a/..", "", ".", "C:x", "C:\\x", "a\0b"]
    )
    def test_refused(self, out, name):
        with pytest.raises(ValueError, match="relative path"):
            out.write_bytes(name, b"")

    @posix
    def test_links_that_leave(self, out, tmp_path):
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        (elsewhere / "secret").write_bytes(b"untouched")
        (out.root / "folder").symlink_to(elsewhere)
        (out.root / "file").symlink_to(elsewhere / "secret")
        (out.root / "loop").symlink_to("loop")
        for name in ("folder/new", "folder/secret", "file", "loop/x"):
            with pytest.raises(ValueError, match="symbolic link"):
                out.write_bytes(name, b"overwritten")
            with pytest.raises(ValueError, match="symbolic link"):
                out.append_line(name, "overwritten")
        assert [path.name for path in elsewhere.iterdir()] == ["secret"]
        assert (elsewhere / "secret").read_bytes() == b"untouched"

    @posix
    def test_links_that_stay(self, out, tmp_path):
        (out.root / "real").mkdir()
        (out.root / "alias").symlink_to("real")
        out.write_bytes("alias/x", b"1")
        assert (out.root / "real" / "x").read_bytes() == b"1"
        (tmp_path / "door").symlink_to(out.root)
        OutputFolder(tmp_path / "door").write_bytes("y", b"2")
        assert (out.root / "y").read_bytes() == b"2"

    @given(st.text(alphabet=st.sampled_from("ab./\\:~ \n\0é"), max_size=12) | st.text(max_size=12))
    def test_any_name_stays_inside_or_is_refused(self, tmp_path_factory, name):
        out = OutputFolder(tmp_path_factory.getbasetemp() / "confined")
        try:
            target = out.path(name)
        except ValueError:
            return
        assert target.resolve().is_relative_to(out.root) and target.resolve() != out.root


class TestAppending:
    def test_lines(self, out):
        for i in range(3):
            out.append_line("log/x.jsonl", json.dumps({"i": i}))
        lines = (out.root / "log/x.jsonl").read_text().splitlines()
        assert [json.loads(line)["i"] for line in lines] == [0, 1, 2]

    @pytest.mark.parametrize("unfinished", [b"{", b'{"a": 1}\n{"b"'])
    def test_an_unfinished_line_spoils_no_other(self, out, unfinished):
        (out.root / "log").write_bytes(unfinished)
        out.append_line("log", "{}")
        assert (out.root / "log").read_bytes() == unfinished + b"\n{}\n"

    @pytest.mark.parametrize("line", ["a\nb", "a\r", "\n"])
    def test_one_line_at_a_time(self, out, line):
        with pytest.raises(ValueError, match="one line"):
            out.append_line("log", line)

    def test_many_writers(self, out):
        # Lines of several memory pages: the system makes such a write visible page by page.
        def write(who: int):
            for i in range(50):
                out.append_line("log", f"{who}:{i}:" + "x" * 20_000)

        writers = [threading.Thread(target=write, args=(who,)) for who in range(4)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        lines = (out.root / "log").read_text().splitlines()
        assert len(lines) == len(set(lines)) == 200

    @posix
    def test_a_line_that_is_being_written_is_waited_for(self, out):
        import fcntl

        with (out.root / "log").open("wb", buffering=0) as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            other.write(b"its first half,")
            ours = threading.Thread(target=out.append_line, args=("log", "ours"))
            ours.start()
            ours.join(timeout=0.2)
            other.write(b" its second\n")
        ours.join()
        assert (out.root / "log").read_text() == "its first half, its second\nours\n"


KILLED = """
import os, signal, sys
from gan_lessons.files import OutputFolder
with OutputFolder(sys.argv[1]).open("x") as handle:
    handle.write(b"half" * 100_000)
    handle.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""

FULL = """
import sys
from gan_lessons.files import OutputFolder
out = OutputFolder(sys.argv[1])
for write in (
    lambda: out.write_bytes("x", b"n" * 300_000),
    lambda: out.append_line("log", "n" * 300_000),
    lambda: out.write_json("new.json", ["n" * 300_000]),
):
    try:
        write()
    except OSError as error:
        print(error)
    else:
        print("written")
"""

LIMITED = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))" + FULL


@posix
class TestCatastrophe:
    def test_killed_in_the_middle(self, out):
        out.write_bytes("x", b"old")
        assert run(KILLED, out.root).returncode == -signal.SIGKILL
        assert (out.root / "x").read_bytes() == b"old"
        leftover = left_over(out.root)
        assert len(leftover) == 1
        # What the killed process left goes away when a later run writes there.
        os.utime(leftover[0], (time.time() - 60,) * 2)
        OutputFolder(out.root).write_bytes("y", b"")
        assert not left_over(out.root)

    def test_another_run_at_work_is_not_swept_away(self, out):
        with out.open("x") as handle:
            handle.write(b"slow")
            handle.flush()
            os.utime(left_over(out.root)[0], (time.time() - 3600,) * 2)
            OutputFolder(out.root).write_bytes("y", b"")
        assert (out.root / "x").read_bytes() == b"slow"

    def check_full(self, folder: Path, result: subprocess.CompletedProcess, reason: str):
        lines = result.stdout.splitlines()
        assert len(lines) == 3, result.stderr
        for name, line in zip(("x", "log", "new.json"), lines, strict=True):
            assert line.startswith(f"{folder / name} was not written: {reason}; "), line
        assert (folder / "x").read_bytes() == b"old"
        assert (folder / "log").read_bytes() == b"first\n"
        assert sorted(path.name for path in folder.iterdir()) == ["log", "x"]

    def test_no_room_by_a_limit(self, out):
        out.write_bytes("x", b"old")
        out.append_line("log", "first")
        self.check_full(
            out.root, run(LIMITED, out.root), "the file is larger than is allowed there"
        )

    def test_no_room_on_the_disk(self, tmp_path):
        """A real full disk: a file system in memory, in a mount namespace of its own."""
        script = (
            'mount -t tmpfs -o size=128k none "$1" && printf old >"$1/x" && '
            'printf "first\\n" >"$1/log" && "$2" -c "$3" "$1" && cp -a "$1/." "$4"'
        )
        disk, after = tmp_path / "disk", tmp_path / "after"
        disk.mkdir()
        after.mkdir()
        root = Path(files.__file__).parent.parent
        command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]
        command += [str(disk), sys.executable, FULL, str(after)]
        environment = os.environ | {"PYTHONPATH": str(root)}
        try:
            result = subprocess.run(command, env=environment, capture_output=True, text=True)
        except FileNotFoundError:
            pytest.skip("there is no `unshare` here; the limit above was tested instead")
        if result.returncode and ("mount" in result.stderr or "unshare" in result.stderr):
            pytest.skip("mounting is not allowed here; the limit above was tested instead")
        result.stdout = result.stdout.replace(str(disk), str(after))
        self.check_full(after, result, "the disk is full")

    @pytest.mark.skipif(POSIX and os.geteuid() == 0, reason="root may write everywhere")
    def test_a_folder_that_is_closed_to_us(self, out):
        out.root.chmod(0o500)
        try:
            with pytest.raises(OSError, match="may not write"):
                out.write_bytes("x", b"")
        finally:
            out.root.chmod(0o700)
