"""Who visits the app: how often an address may come, and who is asked to wait."""

import ipaddress
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass

REMEMBERED = 10_000  # addresses; the one that was away longest is forgotten first
OPENINGS, EVERY = 6, 20  # pages at once, and then one more every so many seconds
FIRST_WAIT, LONGEST_WAIT = 60, 3600  # seconds, for who wasted a place; five times as long each time
LOCAL = ("localhost", "127.0.0.1", "::1")


class Allowance:
    """So many at once, and a steady number a second from then on.

    >>> allowance = Allowance(2, 0.5, now=0)
    >>> [allowance.take(1, now) for now in (0, 0, 1, 2)]
    [True, True, False, True]
    """

    def __init__(self, most: float, a_second: float, now: float):
        self.most, self.a_second = most, a_second
        self.left, self.at = most, now

    def take(self, amount: float, now: float) -> bool:
        """Use some of it; False, and nothing is used, if there is not as much."""
        self.left = min(self.most, self.left + (now - self.at) * self.a_second)
        self.at = now
        if amount > self.left:
            return False
        self.left -= amount
        return True


@dataclass
class _Known:
    """What is remembered of an address."""

    pages: Allowance
    wasted: int = 0  # places, of late
    until: float = 0.0  # it is to wait


class Visitors:
    """Addresses and how they behaved, in memory only and for as long as the app runs.

    A place is wasted by who opens a page and never connects to it, as programs do, or says what no
    page of ours says. The address waits then, five times as long each time, and gets a place only
    while another one stays free. A good visit makes up for a wasted one.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self.clock = clock
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def wait(self, address: str) -> int:
        """Seconds until an address may open a page; 0 counts as opening it."""
        known, now = self._of(address), self.clock()
        if known.until > now:
            return max(1, round(known.until - now))
        return 0 if known.pages.take(1, now) else EVERY

    def has_wasted(self, address: str) -> bool:
        """Whether it wasted a place and has not made up for it."""
        return self._of(address).wasted > 0

    def wasted(self, address: str) -> None:
        """Note a place that was wasted."""
        known = self._of(address)
        wait = min(LONGEST_WAIT, FIRST_WAIT * 5.0 ** min(known.wasted, 9))
        known.until = self.clock() + wait
        known.wasted += 1

    def stayed(self, address: str) -> None:
        """Note a good visit."""
        known = self._of(address)
        known.wasted = max(0, known.wasted - 1)

    def _of(self, address: str) -> _Known:
        key = network_of(address)
        known = self._known.pop(key, None)
        if known is None:
            known = _Known(Allowance(OPENINGS, 1 / EVERY, self.clock()))
        self._known[key] = known
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return known


def network_of(address: str) -> str:
    """What counts as one visitor: an address, or in IPv6 the network that one gets with it.

    >>> network_of("192.0.2.7"), network_of("2001:db8:1:2:3:4:5:6")
    ('192.0.2.7', '2001:db8:1:2::')
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)


def knows_host(host: str, ip: str, named: Collection[str]) -> bool:
    """Whether a request's Host is one of ours: another site's name may lead to this address, too.

    Args:
        host: as the request says, with or without a port.
        ip: that the server listens on.
        named: further names that it is reached by.

    >>> knows_host("localhost:8866", "127.0.0.1", ()), knows_host("evil.example", "127.0.0.1", ())
    (True, False)
    """
    name = host.strip().lower()
    name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
    if name in (*LOCAL, ip) or name in {each.lower() for each in named}:
        return True
    if is_local(ip):
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return bool(name) and name == socket.gethostname().lower()
    return True  # nobody can make a number lead elsewhere than to its machine


def is_local(ip: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(ip).is_loopback
    except ValueError:
        return ip == "localhost"
