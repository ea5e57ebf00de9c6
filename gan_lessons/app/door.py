"""The door in front of Voilà: what is no request or message of a page of ours ends here.

Voilà reads what it is sent by Jupyter's readers, which trust it. So hosts, paths, bodies, protocols
and messages are looked at before, in code that is small enough to be tested whole.
"""

import asyncio
import re
import signal
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from gan_lessons.app.messages import PROTOCOL
from gan_lessons.app.places import CONNECTS, FULL, VISITOR
from gan_lessons.app.sockets import Discreet, Listening
from gan_lessons.app.visitors import Visitors, knows_host

KERNEL = r"(\w+-\w+-\w+-\w+-\w+)"
ITS_KERNEL = re.compile(rf"/api/kernels/{KERNEL}")
CHANNELS = re.compile(rf"/api/kernels/{KERNEL}/channels")
SHUTDOWN = re.compile(rf"/voila/api/shutdown/{KERNEL}")
SHOWN = re.compile(
    r"/|/voila/static/[\w./@~+-]+|/voila/templates/[\w-]+/static/[\w./@~+-]+"
    r"|/voila/labextensions/[\w./@~+-]+|/voila/api/themes/[\w./@~+-]+"
)
ADDRESS, BODY, HEAD = 2048, 2**16, 2**14  # bytes of an address, of a body, of all headers
CONNECTIONS, OWN = 400, 60  # at a time, and of one address
BUFFER = 4 * 2**20  # bytes of one message, with room
UNREAD = 32 * 2**20  # bytes that wait for a visitor who does not read


def refusal(request: Any, ip: str, hosts: Sequence[str]) -> tuple[int, str] | None:
    """Why a request is not let in: a status and a sentence; None if it is.

    Args:
        request: of tornado, read up to its headers.
        ip: that the server listens on.
        hosts: names that it is reached by.
    """
    if not knows_host(request.host or "", ip, hosts):
        return 421, "This app does not answer under that name."
    if len(request.uri) > ADDRESS:
        return 414, "The address is too long."
    if CHANNELS.fullmatch(request.path):
        offered = request.headers.get("Sec-WebSocket-Protocol", "").split(",")
        if PROTOCOL not in [each.strip() for each in offered]:
            return 400, "This is no protocol that is spoken here."
        sessions = request.query_arguments.get("session_id", [])
        if any(not re.fullmatch(rb"[\w-]{1,64}", each) for each in sessions):
            return 400, "This is no session."
        return None if request.method == "GET" else (405, "Not so.")
    if SHUTDOWN.fullmatch(request.path):
        return None if request.method == "POST" else (405, "Not so.")
    if ITS_KERNEL.fullmatch(request.path):  # a page asks whether its kernel is there
        return None if request.method == "GET" else (405, "Not so.")
    path = unquote(request.path)  # browsers write @ as %40
    if ".." in path or not SHOWN.fullmatch(path):
        return 404, "There is nothing here."
    return None if request.method in ("GET", "HEAD") else (405, "Not so.")


class Refusing:
    """Says no in one sentence."""

    def initialize(self, status: int, sentence: str) -> None:
        """Take what is to be said."""
        self.status, self.sentence = status, sentence

    def prepare(self) -> None:
        """Say it, whatever was asked."""
        say(self, self.status, self.sentence)


class Knocking:
    """Looks at each request before the app does."""

    def __init__(self, app: Any, ip: str, hosts: Sequence[str], no: type):
        self.app, self.ip, self.hosts, self.no = app, ip, hosts, no

    def find_handler(self, request: Any, **kwargs) -> Any:
        """Who answers."""
        if refused := refusal(request, self.ip, self.hosts):
            told = dict(zip(("status", "sentence"), refused))
            return self.app.get_handler_delegate(request, self.no, told)
        return self.app.find_handler(request, **kwargs)


class Counting:
    """Holds so many connections and no more."""

    def initialize(self, *args, **kwargs) -> None:
        """Begin with none."""
        self.own: Counter[str] = Counter()
        super().initialize(*args, **kwargs)

    def handle_stream(self, stream: Any, address: tuple) -> None:
        """Take a connection, or close it."""
        who = address[0]
        if self.own.total() >= CONNECTIONS or self.own[who] >= OWN:
            stream.close()
            return
        self.own[who] += 1
        stream.max_write_buffer_size = UNREAD
        super().handle_stream(stream, address)

    def on_close(self, server_conn: Any) -> None:
        """Count one less."""
        self.own[server_conn.context.address[0]] -= 1
        self.own += Counter()  # forgets those at 0
        super().on_close(server_conn)


class Placed:
    """The page, for who may have a place."""

    async def get(self, path: str | None = None) -> None:
        """Answer with the page, or with why not now."""
        address, manager = self.request.remote_ip, self.kernel_manager
        visitors = self.settings["visitors"]
        if wait := visitors.wait(address):
            self.set_header("Retry-After", str(wait))
            return say(self, 429, f"Too many pages for your address. Wait {wait} seconds.")
        if len(await manager.own_places(address)) >= manager.places_of_one():
            return say(self, 429, "Your address has as many places as one may have.")
        if visitors.has_wasted(address) and not manager.spares_a_place():
            return say(self, 503, FULL)
        VISITOR.set(address)
        try:
            await super().get(path)
        finally:
            later = asyncio.get_running_loop().call_later
            for kernel_id in manager.held_by(address):
                later(CONNECTS, self.look_after, kernel_id, address)

    def look_after(self, kernel_id: str, address: str) -> None:
        """Take back a place that nobody came for."""
        guest = self.kernel_manager.present().get(kernel_id)
        if guest is not None and not guest.connected:
            self.settings["visitors"].wasted(address)
            asyncio.ensure_future(self.kernel_manager.end(kernel_id))


class Opening:
    """Voilà's application, with the door in front of what it serves."""

    name = "voila"
    hosts: Sequence[str] = ()
    parts: Mapping[str, type] = {}  # classes of this module, made of those of Voilà and tornado

    def init_settings(self) -> dict[str, Any]:
        """Let it be noted who took the kernel that waited."""
        settings = super().init_settings()
        manager = self.kernel_manager
        taking = manager.get_rendered_notebook

        async def taken(*args, **kwargs):
            found = await taking(*args, **kwargs)
            manager.took(found[2])
            return found

        manager.get_rendered_notebook = taken
        spoken = {"kernel_websocket_connection_class": self.parts["connection"]}
        return settings | spoken | {"visitors": Visitors()}

    def init_handlers(self) -> list:
        """Put ours in the place of two of Voilà's, and the door before all."""
        self.app.listen = self.listen_behind_the_door
        ours = self.parts["replaced"]
        return [(at, ours.get(kind, kind), *rest) for at, kind, *rest in super().init_handlers()]

    def listen_behind_the_door(self, port: int, address: str) -> None:
        """Serve, within bounds."""
        door = self.parts["door"](self.app, self.ip, self.hosts, self.parts["no"])
        bounds = {"max_body_size": BODY, "max_header_size": HEAD, "max_buffer_size": BUFFER}
        patience = {"body_timeout": 10, "idle_connection_timeout": 75}  # seconds
        self.parts["server"](door, **bounds, **patience).listen(port, address=address)
        ending_the_loop()


def ending_the_loop() -> None:
    """Let Ctrl-C end the loop instead of whatever runs just then, which may swallow it.

    A second one interrupts at once.
    """
    from tornado.ioloop import IOLoop

    loop = IOLoop.current()

    def end(number: int, frame: Any) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        loop.add_callback_from_signal(loop.stop)

    signal.signal(signal.SIGINT, end)


def say(handler: Any, status: int, sentence: str) -> None:
    """Answer with one sentence."""
    handler.set_status(status)
    handler.set_header("Content-Type", "text/plain; charset=utf-8")
    handler.finish(sentence + "\n")


def guarded(hosts: Sequence[str] = ()) -> type:
    """Voilà with a door in front, made when Voilà is there to make it of.

    Args:
        hosts: names under which it is reached.
    """
    from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
    from tornado.httpserver import HTTPServer
    from tornado.routing import Router
    from tornado.web import RequestHandler
    from voila.app import Voila
    from voila.tornado.handler import TornadoVoilaHandler
    from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

    pages = type("Page", (Placed, TornadoVoilaHandler), {})
    sockets = type("Socket", (Listening, VoilaKernelWebsocketHandler), {})
    parts = {
        "no": type("Refusal", (Refusing, RequestHandler), {}),
        "door": type("Door", (Knocking, Router), {}),
        "server": type("Server", (Counting, HTTPServer), {}),
        "connection": type("Connection", (Discreet, ZMQChannelsWebsocketConnection), {}),
        "replaced": {TornadoVoilaHandler: pages, VoilaKernelWebsocketHandler: sockets},
    }
    return type("Guarded", (Opening, Voila), {"hosts": tuple(hosts), "parts": parts})
