"""A page's websocket to its kernel: what may be said, what may be heard, and how much."""

import asyncio
from typing import Any

from gan_lessons.app.messages import Malformed, may_be_heard, may_be_said, read_message
from gan_lessons.app.visitors import Allowance

SOCKETS = 3  # on one kernel; a page has one, and comes back where it was lost
PASSED_OVER = 20  # messages of other kinds before a visitor is asked to leave
SAID_AT_ONCE, SAID_A_SECOND = 500, 100  # messages
BYTES_AT_ONCE, BYTES_A_SECOND = 32 * 2**20, 2 * 2**20
REFUSED = 1008  # code of a websocket that is closed for what it said


class Listening:
    """A page's connection to its kernel."""

    async def pre_get(self) -> None:
        """Let in who has a kernel."""
        from tornado.web import HTTPError

        manager = self.kernel_manager
        if self.kernel_id not in manager or self.kernel_id in manager.waiting():
            raise HTTPError(404)
        if manager._kernel_connections.get(self.kernel_id, 0) >= SOCKETS:
            raise HTTPError(429)
        await super().pre_get()

    async def open(self, kernel_id: str) -> None:
        """Begin to listen."""
        now = asyncio.get_running_loop().time()
        self.messages = Allowance(SAID_AT_ONCE, SAID_A_SECOND, now)
        self.bytes = Allowance(BYTES_AT_ONCE, BYTES_A_SECOND, now)
        self.passed_over, self.good = 0, False
        if guest := self.kernel_manager.present().get(kernel_id):
            guest.connected = True
        await super().open(kernel_id)

    def on_message(self, ws_message: str | bytes) -> None:
        """Pass a message on, pass over it, or send its visitor away."""
        now = asyncio.get_running_loop().time()
        if not self.messages.take(1, now) or not self.bytes.take(len(ws_message), now):
            return self.send_away("too much at once")
        try:
            message = read_message(ws_message)
        except Malformed as error:
            return self.send_away(str(error))
        if not may_be_said(message):
            self.passed_over += 1
            if self.passed_over > PASSED_OVER:
                self.send_away("other messages")
            return None
        if message.header["msg_type"] == "comm_msg" and not self.good:
            self.good = True
            self.settings["visitors"].stayed(self.request.remote_ip)
        super().on_message(ws_message)
        return None

    def send_away(self, reason: str) -> None:
        """Close, and end the kernel."""
        self.settings["visitors"].wasted(self.request.remote_ip)
        self.close(REFUSED, reason)
        asyncio.ensure_future(self.kernel_manager.end(self.kernel_id))

    def on_close(self) -> None:
        """Forget the connection, if there was one."""
        if self.connection is not None:
            super().on_close()


class Discreet:
    """What a kernel says to its page: nothing that it prints, and not how it fails."""

    def handle_outgoing_message(self, stream: Any, outgoing_msg: list) -> None:
        """Pass on what is for visitors."""
        _, parts = self.session.feed_identities(outgoing_msg)
        if may_be_heard(self.session.unpack(parts[1]).get("msg_type")):
            super().handle_outgoing_message(stream, outgoing_msg)
