"""HEIF files made box by box, so that they can ask for what no camera writes."""

import struct

Names = list[int]


def box(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def full(kind: bytes, version: int, flags: int, body: bytes = b"") -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags) + body)


def find(data: bytes, *path: bytes) -> bytes:
    """The content of a box within boxes."""
    at = 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if kind == path[0]:
            body = data[at + 8 + 4 * (kind == b"meta") : at + size]
            return body if len(path) == 1 else find(body, *path[1:])
        at += size
    raise KeyError(path)


class PhoneFile:
    """Items that are one coded picture or made of others; the first is what is shown."""

    def __init__(self, plain: bytes):
        """Takes the coded picture of a plain file."""
        self.coded = find(plain, b"mdat")
        self.config = box(b"hvcC", find(plain, b"meta", b"iprp", b"ipco", b"hvcC"))
        self.items: list[tuple[bytes, bytes, Names]] = []
        self.properties: list[bytes] = []
        self.links: list[tuple[int, Names]] = []
        self.stretches = 1  # of the last item, all of them the same

    def add(self, kind: bytes, data: bytes, size: tuple[int, int], *more: bytes) -> None:
        extent = full(b"ispe", 0, 0, struct.pack(">II", *size))
        own = [extent, full(b"pixi", 0, 0, b"\3\x08\x08\x08")]
        first = len(self.properties) + 1
        self.properties += [*own, *more]
        self.items.append((kind, data, list(range(first, len(self.properties) + 1))))

    def picture(self, size: tuple[int, int], *more: bytes, after: bytes = b"") -> None:
        self.add(b"hvc1", self.coded + after, size, self.config, *more)

    def grid(self, of: int, size: tuple[int, int], rows: int, columns: int) -> None:
        self.add(b"grid", struct.pack(">BBBBII", 0, 1, rows - 1, columns - 1, *size), size)
        self.links.append((len(self.items), [of] * rows * columns))

    def overlay(self, of: int, size: tuple[int, int], count: int) -> None:
        head = struct.pack(">BBHHHHII", 0, 1, 0, 0, 0, 0xFFFF, *size)
        self.add(b"iovl", head + bytes(8 * count), size)
        self.links.append((len(self.items), [of] * count))

    def content(self) -> bytes:
        """The whole file."""
        infos, places, names, data = b"", b"", b"", b""
        for number, (kind, body, properties) in enumerate(self.items, 1):
            infos += full(b"infe", 2, number > 1, struct.pack(">HH4sB", number, 0, kind, 0))
            times = self.stretches if number == len(self.items) else 1
            places += struct.pack(">HHHH", number, 1, 0, times)
            places += struct.pack(">II", len(data), len(body)) * times
            names += struct.pack(">HB", number, len(properties))
            names += b"".join(struct.pack(">H", 0x8000 | each) for each in properties)
            data += body
        count = struct.pack(">H", len(self.items))
        links = b"".join(
            box(b"dimg", struct.pack(f">HH{len(to)}H", item, len(to), *to))
            for item, to in self.links
        )
        properties = box(b"ipco", b"".join(self.properties))
        properties += full(b"ipma", 0, 1, b"\0\0" + count + names)
        meta = full(b"hdlr", 0, 0, struct.pack(">I4s12xB", 0, b"pict", 0))
        meta += full(b"pitm", 0, 0, b"\0\1") + full(b"iloc", 1, 0, b"\x44\0" + count + places)
        meta += full(b"iinf", 0, 0, count + infos) + box(b"iprp", properties)
        meta += full(b"iref", 0, 0, links) + box(b"idat", data)
        return box(b"ftyp", b"heic\0\0\0\0mif1heic") + full(b"meta", 0, 0, meta)
