"""A visitor of the app as a program: pages, websockets and messages of Jupyter's protocol."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import websocket

from gan_lessons.app.messages import PROTOCOL


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class App:
    """The real app in a process of its own."""

    def __init__(self, folder: Path, *options: str):
        self.port, self.log = free_port(), folder / "log.txt"
        self.mark = f"VISITED={uuid.uuid4().hex}"  # kernels inherit it, whatever becomes of us
        command = [sys.executable, "-m", "gan_lessons", "explore", "--no-browser", *options]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.port)], cwd=folder, stdout=log, stderr=log,
                env=os.environ | {"OMP_NUM_THREADS": "1"} | dict([self.mark.split("=")]),
            )  # fmt: skip

    def wait(self, patience: float = 300) -> None:
        """Until a kernel waits for visitors."""
        until = time.monotonic() + patience
        while "is filled with" not in self.log.read_text(errors="replace"):
            assert self.process.poll() is None and time.monotonic() < until, self.log.read_text()
            time.sleep(0.2)

    def end(self) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def family(self) -> list[int]:
        """The process and its kernels."""
        found, pending = [], [self.process.pid]
        while pending:
            found.append(pending.pop())
            with contextlib.suppress(OSError):
                children = Path(f"/proc/{found[-1]}/task/{found[-1]}/children").read_text()
                pending += [int(pid) for pid in children.split()]
        return found

    def left(self) -> list[int]:
        """Processes that came of the app and live, also those that lost their parent."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if self.mark.encode() in (process / "environ").read_bytes():
                    found.append(int(process.name))
        return found

    def memory(self) -> dict[int, float]:
        """MB that each process of the family holds."""
        held = {}
        for pid in self.family():
            with contextlib.suppress(OSError):
                text = Path(f"/proc/{pid}/status").read_text()
                if line := re.search(r"VmRSS:\s*(\d+)", text):
                    held[pid] = int(line[1]) / 1024
        return held


class Visitor:
    """Comes from an address of its own, which Linux allows on the loopback."""

    def __init__(self, port: int, address: str = "127.0.0.1"):
        self.port, self.address, self.kernel = port, address, ""
        self.wait = 0  # seconds that the last answer asked to wait

    def ask(
        self, path: str, method: str = "GET", *, body: bytes = b"", patience: float = 300, **headers
    ) -> tuple[int, str, str]:
        """Status, headers and body of an answer."""
        ours = (self.address, 0)
        there = http.client.HTTPConnection("127.0.0.1", self.port, patience, source_address=ours)
        try:
            named = {"Host": f"127.0.0.1:{self.port}"} | headers
            there.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in named.items():
                there.putheader(name.replace("_", "-"), value)
            if body:
                there.putheader("Content-Length", str(len(body)))
            there.endheaders(body or None)
            answer = there.getresponse()
            return answer.status, str(answer.headers), answer.read().decode(errors="replace")
        finally:
            there.close()

    def open_page(self) -> int:
        status, headers, page = self.ask("/")
        asked = re.search(r"Retry-After: (\d+)", headers)
        self.wait = int(asked[1]) if asked else 0
        found = re.search(r'"kernelId":\s*"([\w-]+)"', page)
        self.kernel = found[1] if found else ""
        return status

    @contextlib.contextmanager
    def connected(
        self, protocol: str | None = PROTOCOL, **headers
    ) -> Iterator[websocket.WebSocket]:
        """A websocket to the kernel of the page."""
        plain = socket.create_connection(
            ("127.0.0.1", self.port), 60, source_address=(self.address, 0)
        )
        address = f"ws://127.0.0.1:{self.port}/api/kernels/{self.kernel}/channels"
        there = websocket.create_connection(
            f"{address}?session_id={uuid.uuid4()}",
            socket=plain,
            timeout=60,
            subprotocols=[protocol] if protocol else None,
            origin=f"http://127.0.0.1:{self.port}",
        )
        try:
            yield there
        finally:
            there.close(timeout=1)


def message(kind: str, content: dict, *buffers: bytes, channel: str = "shell") -> bytes:
    """A message as pages send it."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "session": "x", "username": ""}
    objects = [header | {"version": "5.2", "date": "2026-01-01T00:00:00Z"}, {}]
    objects += [{"version": "1.0.0"}, content]
    return framed([channel.encode(), *(json.dumps(each).encode() for each in objects), *buffers])


def framed(parts: list[bytes]) -> bytes:
    count = len(parts) + 1
    offsets = [8 * (count + 1)]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    numbers = [count, *offsets]
    return b"".join([*(number.to_bytes(8, "little") for number in numbers), *parts])


def read(data: bytes) -> tuple[str, dict]:
    """Type and content of a message that came."""
    count = int.from_bytes(data[:8], "little")
    at = [int.from_bytes(data[8 * k : 8 * k + 8], "little") for k in range(1, count + 1)]
    parts = [data[start:end] for start, end in zip(at, at[1:])]
    return json.loads(parts[1])["msg_type"], json.loads(parts[4])


def states(there: websocket.WebSocket, patience: float = 60) -> dict:
    """What a page asks for first: the states of all widgets."""
    asked = {"comm_id": uuid.uuid4().hex, "target_name": "jupyter.widget.control", "data": {}}
    there.send_binary(message("comm_open", asked))
    told = {"comm_id": asked["comm_id"], "data": {"method": "request_states"}}
    there.send_binary(message("comm_msg", told))
    until = time.monotonic() + patience
    while time.monotonic() < until:
        kind, content = read(there.recv())
        if kind == "comm_msg" and content["data"].get("method") == "update_states":
            return content["data"]["states"]
    raise TimeoutError("no states came")
