"""Cases of the corpus, damaged: bytes changed, cut out, repeated, cut short."""

from pathlib import Path

from hypothesis import strategies as st

CORPUS = Path(__file__).parent / "corpus"


def cases(name: str) -> list[Path]:
    """The stored cases of a target."""
    return sorted(path for path in (CORPUS / name).iterdir() if path.is_file())


@st.composite
def damaged(draw, name: str) -> bytes:
    """A case with up to four damages, or any bytes."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=300))
    data = bytearray(draw(st.sampled_from(cases(name))).read_bytes()[:65_536])
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, max(len(data) - 1, 0)))
        length = draw(st.integers(0, 16))
        kind = draw(st.sampled_from(["change", "drop", "repeat", "cut"]))
        if kind == "change":
            data[start : start + length] = draw(st.binary(max_size=16))
        elif kind == "drop":
            del data[start : start + length]
        elif kind == "repeat":
            data[start:start] = data[start : start + length] * draw(st.integers(1, 200))
        else:
            del data[start:]
    return bytes(data)
