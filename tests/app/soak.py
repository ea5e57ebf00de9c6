"""Twelve hostile visitors at two places: `make soak` runs it, ten minutes on the loopback address.

Each comes from an address of its own and does one of six things, over and over. The host's memory
has to stay bounded, and an honest visitor, who asks as often as he is told to, has to be served.
He waits until those who waste places are known for it: ten of the twelve take one each, all places
together start a kernel in some ten seconds each, and who never connects loses his after thirty. A
run that is over before says so, and judges the memory alone.
"""

import random
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import visiting
from visiting import App, Visitor, message

MINUTES = float(sys.argv[1]) if __name__ == "__main__" and len(sys.argv) > 1 else 10
BOUND = 6000  # MB of the server and its kernels together: three of 0.7, and room
DUE = 600  # seconds within which the honest visitor has to be served; on two busy cores 252


def plain_gets(visitor: Visitor) -> None:
    visitor.ask("/", patience=60)


def unknown_protocols(visitor: Visitor) -> None:
    visitor.open_page()
    with visitor.connected(protocol=None) as there:
        there.send_binary(b"\xff" * 64)


def endless_lists(visitor: Visitor) -> None:
    visitor.open_page()
    with visitor.connected() as there:
        there.send_binary((2**60).to_bytes(8, "little") + bytes(8))
        there.recv()


def many_comms(visitor: Visitor) -> None:
    visitor.open_page()
    with visitor.connected() as there:
        for k in range(400):
            told = {"comm_id": f"{k:032}", "target_name": "jupyter.widget", "data": {}}
            there.send_binary(message("comm_open", told | {"metadata": "x" * 1_900_000}))


def endings(visitor: Visitor) -> None:
    visitor.open_page()
    with visitor.connected() as there:
        for _ in range(30):
            there.send_binary(message("shutdown_request", {"restart": False}))


def other_hosts(visitor: Visitor) -> None:
    visitor.ask("/", Host="evil.example", patience=60)
    visitor.ask("/voila/api/shutdown/a-b-c-d-e", "POST", body=bytes(2**20), patience=60)


KINDS = (plain_gets, unknown_protocols, endless_lists, many_comms, endings, other_hosts)


def hostile(number: int, port: int, end: float, counts: list[int]) -> None:
    visitor = Visitor(port, f"127.0.1.{number + 1}")
    while time.monotonic() < end:
        try:
            KINDS[number % len(KINDS)](visitor)
        except Exception:  # noqa: BLE001  (refused, closed, timed out: that is what is hoped for)
            pass
        counts[number] += 1
        time.sleep(random.uniform(0.02, 0.2))


def honest(port: int, end: float, served: list[float], told: Counter[int]) -> None:
    """Asks for the page until it gets one, plays for ten seconds, leaves, and comes again."""
    visitor = Visitor(port, "127.0.2.1")
    came = time.monotonic()
    while time.monotonic() < end:
        status = visitor.open_page()
        told[status] += 1
        if status != 200:
            time.sleep(visitor.wait or 2)
            continue
        try:
            with visitor.connected() as there:
                if len(visiting.states(there)) > 50:
                    served.append(time.monotonic() - came)
                time.sleep(10)
        except Exception as error:  # noqa: BLE001
            print("the honest visitor:", type(error).__name__, error, flush=True)
        visitor.ask(f"/voila/api/shutdown/{visitor.kernel}", "POST")
        time.sleep(20)
        came = time.monotonic()


def main() -> int:
    app = App(Path(tempfile.mkdtemp()), "--places", "2")
    try:
        app.wait()
        end = time.monotonic() + 60 * MINUTES
        counts, served, told, most = [0] * 12, [], Counter(), 0.0
        crowd = ((k, app.port, end, counts) for k in range(12))
        work = [threading.Thread(target=hostile, args=each) for each in crowd]
        work.append(threading.Thread(target=honest, args=(app.port, end, served, told)))
        for each in work:
            each.daemon = True
            each.start()
        while time.monotonic() < end:
            time.sleep(5)
            most = max(most, sum(app.memory().values()))
        for each in work:
            each.join(120)
        print(f"{sum(counts):,} hostile visits; the most memory at once: {most:,.0f} MB")
        waits = ", ".join(f"{each:.0f} s" for each in served)
        print(f"the honest visitor was served {len(served)} times, after: {waits or 'nothing'}")
        print("what he was answered:", ", ".join(f"{k} x {n}" for k, n in sorted(told.items())))
        in_time = bool(served) and served[0] <= DUE
        if 60 * MINUTES < DUE:
            print(f"he is due within {DUE} s, and this run was shorter: memory alone was judged")
            in_time = True
        alive = app.process.poll() is None
        return 0 if alive and in_time and most < BOUND else 1
    finally:
        app.end()


if __name__ == "__main__":
    sys.exit(main())
