"""Places for visitors: a kernel each, bounded in number, memory and patience."""

import asyncio
import os
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime

from gan_lessons.app.visitors import network_of

MAKES_PLACE = 60  # seconds of idleness after which a kernel makes place, when all are taken
CONNECTS = 30  # seconds within which a page connects to its kernel, once it was delivered
STAYS = 1800  # seconds after which a visit makes place, when all are taken
MEMORY = 3 * 2**30  # bytes that a kernel may ask for; it needs a third of it
NICE = 5  # how far kernels stand back, so that the door always answers
AGAIN = 30  # seconds until the waiting kernel is tried again, when there was no place for it
FULL = "All places are taken. Try again in a minute."
VISITOR: ContextVar[str] = ContextVar("visitor", default="")  # address that a kernel is taken for


@dataclass
class Guest:
    """Who has a kernel."""

    address: str
    since: datetime
    connected: bool = False


class Places:
    """Starts no more kernels than there are places; one that idles makes place.

    Mixed into Jupyter's manager of kernels, which does the work.
    """

    starting = 0  # kernels that are about to be among those that run

    @property
    def guests(self) -> dict[str, Guest]:
        """Who has which kernel."""
        return self.__dict__.setdefault("_guests", {})

    async def start_kernel(self, **kwargs) -> str:
        """Start one, or refuse with a sentence when all are taken."""
        from tornado.web import HTTPError

        heating = kwargs.get("env", {}).get("VOILA_PREHEAT") == "True"
        if len(self) + self.starting >= self.places and not await self.make_place():
            if heating:
                asyncio.get_running_loop().call_later(AGAIN, self.heat)
            raise HTTPError(503, FULL, reason=FULL)
        self.starting += 1
        try:
            kernel_id = await super().start_kernel(**kwargs)
        finally:
            self.starting -= 1
        self.limit(kernel_id)
        if not heating:
            self.took(kernel_id)
        return kernel_id

    def limit(self, kernel_id: str) -> None:
        """Bound a kernel's memory and its share of the processor, where the system can."""
        provisioner = getattr(self._kernels[kernel_id], "provisioner", None)
        process = getattr(provisioner, "pid", None)
        if process is None:
            return
        try:
            import resource

            resource.prlimit(process, resource.RLIMIT_DATA, (MEMORY, MEMORY))
            resource.prlimit(process, resource.RLIMIT_CORE, (0, 0))
            os.setpriority(os.PRIO_PROCESS, process, NICE)
        except (ImportError, AttributeError, OSError):  # not Linux
            self.log.warning("This system does not bound the memory of kernels.")

    def took(self, kernel_id: str) -> None:
        """Note that a kernel was given to the visitor whose request is being answered."""
        self.guests[kernel_id] = Guest(VISITOR.get(), datetime.now(UTC))

    def held_by(self, address: str) -> list[str]:
        """The kernels that a visitor has."""
        key = network_of(address)
        return [k for k, guest in self.present().items() if network_of(guest.address) == key]

    async def own_places(self, address: str) -> list[str]:
        """The kernels of a visitor, once those are ended whose pages were closed."""
        for kernel_id in self.held_by(address):
            closed = not self._kernel_connections.get(kernel_id, 0)
            guest = self.guests.get(kernel_id)
            if guest is not None and guest.connected and closed:
                await self.end(kernel_id)
        return self.held_by(address)

    def places_of_one(self) -> int:
        """How many places one visitor may have: half of them."""
        return max(1, self.places // 2)

    def spares_a_place(self) -> bool:
        """Whether another place stays free when one more is taken."""
        return self.places - len(self.present()) > 1

    def present(self) -> dict[str, Guest]:
        """Guests whose kernels are still there."""
        for gone in [kernel_id for kernel_id in self.guests if kernel_id not in self]:
            del self.guests[gone]
        return self.guests

    async def make_place(self) -> bool:
        """End a kernel that is dead, idles longest or was visited longest, if that is enough."""
        waiting, now = self.waiting(), datetime.now(UTC)
        taken = {
            key: kernel.last_activity
            for key, kernel in self._kernels.items()
            if key not in waiting and hasattr(kernel, "last_activity")
        }
        for key in taken:
            if not await self.lives(key):
                await self.end(key)
                return True
        if not taken:
            return False
        longest = min(taken, key=taken.get)
        if (now - taken[longest]).total_seconds() >= MAKES_PLACE:
            await self.end(longest)
            return True
        stays = {k: (now - guest.since).total_seconds() for k, guest in self.present().items()}
        if stays and max(stays.values()) >= STAYS:
            await self.end(max(stays, key=stays.get))
            return True
        return False

    async def lives(self, kernel_id: str) -> bool:
        """Whether a kernel's process is there."""
        from jupyter_core.utils import ensure_async

        alive = getattr(self._kernels[kernel_id], "is_alive", None)
        return alive is None or bool(await ensure_async(alive()))

    async def end(self, kernel_id: str) -> None:
        """End a kernel at once."""
        self.guests.pop(kernel_id, None)
        if kernel_id in self:
            await self.shutdown_kernel(kernel_id, now=True)

    def waiting(self) -> set[str]:
        """Kernels that Voilà has heated and nobody has taken yet."""
        tasks = [task for pool in getattr(self, "_pools", {}).values() for task in pool]
        done = [task for task in tasks if task.done() and not task.cancelled()]
        return {task.result()["kernel_id"] for task in done if not task.exception()}

    def heat(self) -> None:
        """Try again to keep a kernel waiting."""
        for pool in self._pools.values():
            pool[:] = [t for t in pool if not (t.done() and (t.cancelled() or t.exception()))]
        self.fill_if_needed(delay=0, notebook_name=self.notebook_path)
