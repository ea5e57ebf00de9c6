import hashlib
import subprocess
import zipfile

import pytest

from gan_lessons.data.archive import (
    Member,
    note_checksum,
    read_index,
    read_members,
    sorted_members,
    write_archive,
    write_set,
)
from gan_lessons.data.build import packages


def member(name, data):
    return Member({"file": f"images/{name}", "note": "ä, b"}, data)


def test_members_come_back_with_their_rows_and_checksums(tmp_path):
    given = [member("b", b"bb"), member("a", b"a" * 500)]
    rows = write_archive(tmp_path, "x.zip", given, ("file", "note"))
    found = list(read_members(tmp_path / "x.zip"))
    assert [row["file"] for row, _ in found] == ["images/a", "images/b"]
    assert found[1] == (rows[1], b"bb")
    assert all(row["sha256"] == hashlib.sha256(data).hexdigest() for row, data in found)
    assert read_index(tmp_path / "x.zip") == rows and rows[0]["note"] == "ä, b"


def test_order_of_the_members_changes_nothing(tmp_path):
    given = [member("b", b"bb"), member("a", b"aa")]
    write_archive(tmp_path, "x.zip", given, ("file", "note"))
    write_archive(tmp_path, "y.zip", given[::-1], ("file", "note"))
    assert (tmp_path / "x.zip").read_bytes() == (tmp_path / "y.zip").read_bytes()


def test_two_images_of_one_path_are_refused(tmp_path):
    with pytest.raises(ValueError, match="same path"):
        write_archive(tmp_path, "x.zip", [member("a", b"1"), member("a", b"2")], ("file", "note"))
    assert not list(tmp_path.iterdir())


def test_a_damaged_image_is_named(tmp_path):
    write_archive(tmp_path, "x.zip", [member("a", b"some content")], ("file", "note"))
    data = (tmp_path / "x.zip").read_bytes().replace(b"some content", b"sOme content")
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(ValueError, match="images/a is damaged"):
        list(read_members(tmp_path / "x.zip"))


@pytest.mark.parametrize("content", [b"", b"no zip at all", None])
def test_what_is_no_archive_is_refused(tmp_path, content):
    path = tmp_path / "x.zip"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match="x.zip"):
        read_index(path)


@pytest.mark.parametrize("kind", ["unknown packing", "locked", "cut", "one long field"])
def test_a_table_that_cannot_be_read_is_told(tmp_path, kind):
    path = tmp_path / "x.zip"
    write_archive(tmp_path, "x.zip", [member("a", b"aa")], ("file", "note"))
    data = bytearray(path.read_bytes())
    table = data.find(b"PK\x01\x02")  # where the archive's own list begins with this member
    if kind == "unknown packing":
        data[8:10] = data[table + 10 : table + 12] = (99).to_bytes(2, "little")
    elif kind == "locked":
        data[6], data[table + 8] = data[6] | 1, data[table + 8] | 1
    elif kind == "cut":
        data[60:64] = bytes(4)
    path.write_bytes(data)
    if kind == "one long field":
        with zipfile.ZipFile(path, "w") as other:
            other.writestr("index.csv", "file\n" + "x" * 140_000)
    with pytest.raises(ValueError, match="index.csv is damaged .*; build the set again"):
        read_index(path)


def test_a_zip_without_a_table_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as other:
        other.writestr("a.txt", "a")
    with pytest.raises(ValueError, match="x.zip"):
        read_index(tmp_path / "x.zip")


def test_checksum_is_noted_in_its_own_line_alone(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"x")
    (tmp_path / "README.md").write_text("`x.zip`, SHA-256 ``\n`y.zip`, SHA-256 `1`\n")
    checksum = note_checksum(tmp_path, "x.zip")
    assert checksum == hashlib.sha256(b"x").hexdigest()
    expected = f"`x.zip`, SHA-256 `{checksum}`\n`y.zip`, SHA-256 `1`\n"
    assert (tmp_path / "README.md").read_text() == expected


def test_a_missing_client_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ValueError, match="npm is needed.*--source DIR"):
        with packages.npm_package("@a/b", "1.0.0"):
            pass


def test_what_the_client_says_is_passed_on(monkeypatch, tmp_path):
    client = tmp_path / "npm"
    client.write_text("#!/bin/sh\necho 'no such version' >&2\nexit 3\n")
    client.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert subprocess.run(["npm"], capture_output=True).returncode == 3
    with pytest.raises(ValueError, match="npm pack.*@a/b@1.0.0.*no such version"):
        with packages.npm_package("@a/b", "1.0.0"):
            pass


def test_a_set_is_its_archive_its_table_and_its_checksum(tmp_path):
    keys = (("b", "one"), ("a", "two"), ("c", "two"))
    members = [Member({"file": f"{k}.webp", "style": s, "key": k}, k.encode()) for k, s in keys]
    (tmp_path / "README.md").write_text("`x.zip`, SHA-256 ``\n")
    told = write_set(tmp_path, "x.zip", "table.csv", members, ("file", "style", "key"))
    checksum = hashlib.sha256((tmp_path / "x.zip").read_bytes()).hexdigest()
    assert told == f"x.zip: 3 files, SHA-256 {checksum}"
    assert checksum in (tmp_path / "README.md").read_text()
    assert "a.webp,two,a" in (tmp_path / "table.csv").read_text()
    found = sorted_members(tmp_path / "x.zip", ("two", "one"), "key")
    assert [(row["key"], data) for row, data in found] == [("a", b"a"), ("c", b"c"), ("b", b"b")]
    assert [row["key"] for row, _ in sorted_members(tmp_path / "x.zip", ("one",), "key")] == ["b"]
