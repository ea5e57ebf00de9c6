import struct
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_lessons.data.build.rcc import read_rcc

sys.path.insert(0, str(Path(__file__).parents[1]))
from packages_made import rcc  # noqa: E402

FILES = {
    "a/b/one.txt": b"one" * 50,
    "a/two.bin": bytes(range(256)),
    "a/b/c/Ümlaut.qml": b"",
    "three": b"3",
}


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("packed", [True, False])
def test_reads_every_file(tmp_path, version, packed):
    path = tmp_path / "a.rcc"
    path.write_bytes(rcc(FILES, version, packed=packed))
    assert read_rcc(path) == FILES


def test_packed_and_plain_containers_differ():
    assert len(rcc(FILES)) < len(rcc(FILES, packed=False))


@given(st.binary(max_size=400))
def test_anything_else_is_refused_by_name(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("rcc") / "b.rcc"
    path.write_bytes(data)
    with pytest.raises(ValueError, match="b.rcc"):
        read_rcc(path)


@given(st.data())
def test_damage_is_told_or_harmless(tmp_path_factory, data):
    good = bytearray(rcc(FILES))
    place = data.draw(st.integers(0, len(good) - 1))
    good[place] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.mktemp("rcc") / "c.rcc"
    path.write_bytes(good[: data.draw(st.integers(20, len(good)))])
    try:
        read_rcc(path)
    except ValueError as error:
        assert "c.rcc" in str(error)


def test_unknown_format_is_refused(tmp_path):
    path = tmp_path / "d.rcc"
    path.write_bytes(b"qres" + struct.pack(">I", 9) + bytes(64))
    with pytest.raises(ValueError, match="this one is 9"):
        read_rcc(path)


def test_a_folder_inside_itself_is_refused(tmp_path):
    node = struct.pack(">IHII", 0, 2, 1, 0)
    path = tmp_path / "e.rcc"
    path.write_bytes(b"qres" + struct.pack(">4I", 1, 20, 34, 34) + node + bytes(8))
    with pytest.raises(ValueError, match="contains itself"):
        read_rcc(path)


def test_impossible_size_is_refused_before_it_is_unpacked(tmp_path):
    data = rcc({"big": b"x" * 100, "small": b"y"})
    start = data.index(struct.pack(">I", 100) + b"x\x9c")  # the length, then a stream of zlib
    path = tmp_path / "f.rcc"
    path.write_bytes(data[:start] + struct.pack(">I", 2**31) + data[start + 4 :])
    with pytest.raises(ValueError, match="impossible size"):
        read_rcc(path)
