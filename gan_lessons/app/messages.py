"""What a visitor's page may say to its kernel and hear from it; all else ends at the door.

Jupyter's readers trust what they read: eight bytes that claim 2**60 parts make a list without end.
So each message is read here first, by its own lengths and never by what it claims.
"""

from dataclasses import dataclass
from typing import Any

from gan_lessons.text import parse_json

PROTOCOL = "v1.kernel.websocket.jupyter.org"
SAID = ("comm_open", "comm_close", "comm_msg", "comm_info_request", "kernel_info_request")
HEARD = ("comm_open", "comm_close", "comm_msg", "comm_info_reply", "kernel_info_reply", "status")
CONTROL = "jupyter.widget.control"  # the one comm that a page opens: it asks for all states
METHODS = ("update", "custom", "request_state", "request_states")
BUFFERS = 8  # most binary parts of a message; a picture is one
SHORT = 4096  # bytes of every part but the content of a widget's message and the buffers
DEEPEST = 32  # levels of a content
NUMBER = 8  # bytes of a number in the protocol


class Malformed(ValueError):
    """A message that no page of ours sends: whoever sends it means no good."""


@dataclass(frozen=True)
class Message:
    """A message of the protocol, in its parts."""

    channel: str
    header: dict[str, Any]
    content: dict[str, Any]
    size: int  # of the content, in bytes


def read_message(data: Any) -> Message:
    """Reads a message by the protocol that pages of ours speak.

    Its form: the number of offsets, the offsets, and between them channel, header, parent header,
    metadata, content and buffers; numbers have eight bytes, the lowest first.

    Args:
        data: what came; text is of another protocol.

    Returns:
        The message, of which nothing was executed or passed on.

    Raises:
        Malformed: for anything else.
    """
    if not isinstance(data, bytes):
        raise Malformed("text in the place of bytes")
    parts = _parts(data)
    channel, header, parent, metadata, content = parts[:5]
    if max(map(len, (channel, header, parent, metadata))) > SHORT:
        raise Malformed("a part is too long")
    if channel not in (b"shell", b"control"):
        raise Malformed("an unknown channel")
    _read_object(parent)
    _read_object(metadata)
    read = _read_object(header)
    if not all(isinstance(read.get(key), str) for key in ("msg_id", "msg_type")):
        raise Malformed("a header without a type")
    return Message(channel.decode(), read, _read_object(content), len(content))


def may_be_said(message: Message) -> bool:
    """Whether a message is one that pages send; others of the protocol are passed over."""
    kind, content = message.header["msg_type"], message.content
    if kind not in SAID:
        return False
    if kind in ("comm_info_request", "kernel_info_request"):
        return message.size <= SHORT
    if not isinstance(content.get("comm_id"), str) or len(content["comm_id"]) > 64:
        return False
    if kind == "comm_open":
        return content.get("target_name") == CONTROL and message.size <= SHORT
    if kind == "comm_close":
        return message.size <= SHORT
    told = content.get("data")
    return isinstance(told, dict) and told.get("method") in METHODS


def may_be_heard(kind: Any) -> bool:
    """Whether a kernel's message is for visitors; what it prints and how it fails is not."""
    return kind in HEARD


def _parts(data: bytes) -> list[bytes]:
    count = int.from_bytes(data[:NUMBER], "little")
    if not 6 <= count <= 6 + BUFFERS or len(data) < NUMBER * (count + 1):
        raise Malformed("a wrong number of parts")
    places = range(NUMBER, NUMBER * (count + 1), NUMBER)
    offsets = [int.from_bytes(data[at : at + NUMBER], "little") for at in places]
    ordered = all(one <= other for one, other in zip(offsets, offsets[1:]))
    if not ordered or offsets[0] != NUMBER * (count + 1) or offsets[-1] != len(data):
        raise Malformed("parts that do not fit")
    return [data[start:end] for start, end in zip(offsets, offsets[1:])]


def _read_object(data: bytes) -> dict[str, Any]:
    try:
        value = parse_json(data.decode("utf-8"))
    except ValueError as error:
        raise Malformed("a part that is no JSON") from error
    if not isinstance(value, dict) or _too_deep(value):
        raise Malformed("a part that is no object, or too deep")
    return value


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        inner = [each.values() if isinstance(each, dict) else each for each in level]
        level = [one for each in inner for one in each if isinstance(one, dict | list)]
        if not level:
            return False
    return True
