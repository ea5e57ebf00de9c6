"""Where the runs of a grid are made: in processes of this machine, or by the workers of Dask."""

import os
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gan_lessons.course.sweep.parameters import Parameters
from gan_lessons.course.sweep.runs import FAILED, STOPPED, THREADS, Result, run_lesson
from gan_lessons.files import OutputFolder

CONNECT_SECONDS = 10
LOOK = 1.0  # seconds between two looks of a worker whether it is to stop
SIGN = ".sweep"  # a file by which workers tell that they see the folder of the runs


@dataclass(frozen=True)
class Work:
    """One run that is to be made.

    Attributes:
        lesson: path of the notebook.
        parameters: those that are given.
        folder: absolute path, for what it leaves.
        cell_seconds: longest that one cell may take.
        seconds: longest that the run may take.
        threads: of the kernel.
    """

    lesson: str
    parameters: Parameters
    folder: str
    cell_seconds: float | None = None
    seconds: float | None = None
    threads: int | None = None


def make(work: Work, stop: threading.Event, where: str | None = None) -> Result:
    """Makes one run, unless it is there by now; whatever goes wrong in it is its result.

    Args:
        work: what.
        stop: ends it once it is set.
        where: the folder from which relative paths count.

    Returns:
        What `run.json` holds.
    """
    if stop.is_set():
        return _without_run(work, STOPPED, "it was not begun")
    try:
        return run_lesson(
            work.lesson,
            work.parameters,
            work.folder,
            cell_seconds=work.cell_seconds,
            seconds=work.seconds,
            threads=work.threads,
            folder=where,
            again=False,
            stop=stop,
        )
    except KeyboardInterrupt:
        return _without_run(work, STOPPED, "it was not begun")
    except Exception as error:  # the rest of the grid is nobody's fault
        return _without_run(work, FAILED, " ".join(str(error).split()) or type(error).__name__)


def here(works: Sequence[Work], jobs: int, stop: threading.Event) -> Iterator[tuple[Work, Result]]:
    """Makes runs on this machine, several at a time; yields each as it ends."""
    if not works:
        return
    if jobs > 1 and THREADS not in os.environ:
        threads = max(1, (os.cpu_count() or 1) // jobs)
        works = [replace(work, threads=threads) for work in works]
    # Each run is a process of its own; the threads only watch them.
    with ThreadPoolExecutor(jobs) as pool:
        asked = {pool.submit(make, work, stop): work for work in works}
        for future in as_completed(asked):
            yield asked[future], future.result()


def over_dask(
    works: Sequence[Work], address: str, out: Path, stop: threading.Event
) -> Iterator[tuple[Work, Result]]:
    """Makes runs by the workers of a Dask scheduler; yields each as it ends.

    A run whose worker is lost is made by another one. Only the folder counts: what is finished
    there is never made again, whatever the scheduler believes.

    Args:
        works: the runs.
        address: of the scheduler, such as `tcp://10.0.0.1:8786`.
        out: folder of all runs, which every worker has to see at the same path.
        stop: ends the runs once it is set.

    Raises:
        ValueError: if Dask is not installed, nobody answers there, there is no worker, or one
            does not see the folder.
    """
    try:
        from distributed import Client, Event
    except ImportError:
        raise ValueError(
            "sweeps over many machines need Dask: pip install 'gan-lessons[instructor]'"
        ) from None
    if not works:
        return
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ValueError(f"no Dask scheduler answers at {address} ({error})") from None
    with client:
        _refuse_blind_workers(client, out)
        end = Event(f"gan-lessons-{secrets.token_hex(8)}", client=client)
        asked = {
            client.submit(
                _make_there, work, str(Path.cwd()), end.name, key=_key(work), pure=False
            ): work
            for work in works
        }
        yield from _gathered(asked, end, stop)


def _gathered(asked: dict, end: Any, stop: threading.Event) -> Iterator[tuple[Work, Result]]:
    """Yields what workers made, and tells them once if they are to stop."""
    told = False
    while asked:
        if stop.is_set() and not told:
            end.set()
            told = True
        for future in [each for each in asked if each.done()]:
            work = asked.pop(future)
            error = future.exception()
            if error is None:
                yield work, future.result()
            else:  # such as too many workers lost by one run
                yield work, _without_run(work, FAILED, " ".join(str(error).split()))
        time.sleep(LOOK / 5)


def _make_there(work: Work, where: str, event: str) -> Result:
    """Makes one run on a worker, and looks from time to time whether it is to stop."""
    from distributed import Event, get_client

    stop, over = threading.Event(), threading.Event()
    end = Event(event, client=get_client())

    def look() -> None:
        while not over.wait(LOOK):
            if end.is_set():
                stop.set()
                return

    threading.Thread(target=look, daemon=True).start()
    try:
        return make(work, stop, where)
    finally:
        over.set()


def _refuse_blind_workers(client: Any, out: Path) -> None:
    """Raises where a worker does not see the folder, or there is none."""
    token = secrets.token_hex(8)
    OutputFolder(out).write_text(SIGN, token)
    try:
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except TimeoutError:
        raise ValueError(
            "the Dask scheduler has no worker; start some by `dask worker ADDRESS --nthreads 1`"
        ) from None
    seen = client.run(_seen, str(out / SIGN), str(Path.cwd()), on_error="return")
    for worker, answer in seen.items():
        if answer != (token, True):
            why = "it does not see this folder" if isinstance(answer, tuple) else str(answer)
            raise ValueError(
                f"the Dask worker {worker} cannot make runs in {out}: {why}; "
                "all workers need the course and must see the folder of the runs, and the one in "
                "which you stand, at the same path"
            )


def _seen(sign: str, where: str) -> tuple[str, bool]:
    path = Path(sign)
    return path.read_text(encoding="utf-8") if path.is_file() else "", Path(where).is_dir()


def _key(work: Work) -> str:
    return f"gan-lessons-{Path(work.folder).name}-{secrets.token_hex(4)}"


def _without_run(work: Work, status: str, error: str) -> Result:
    """What is known of a run that left nothing."""
    result = {"lesson": Path(work.lesson).stem, "parameters": work.parameters, "claims": []}
    return result | {"seconds": 0.0, "cpu_seconds": None, "status": status, "error": error}
