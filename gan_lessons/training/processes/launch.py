"""Start several processes on this machine that train one model; end without a report of one's own.

For several machines there are `accelerate launch` and `torchrun`; inside, all is the same.
"""

import logging
import os
import signal
import sys

from gan_lessons.training.precision import device_named


def launch(count: int, arguments: list[str], device: str = "auto") -> int:
    """Run this command in several processes at once, and wait for all of them.

    Args:
        count: processes.
        arguments: what `gan-lessons` was called with.
        device: as asked for; processes on a CPU share its cores out between them.

    Returns:
        The exit code of the first that failed, 0 if none did; 128 and the signal's number if it
        was one that ended them. They have told the user why.
    """
    from torch.distributed.elastic.multiprocessing import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    if device_named(device).type == "cpu":
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // count)))
    # Several such launches may run beside each other: each looks for a free port.
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=count,
        run_id=str(os.getpid()),
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        max_restarts=0,
        monitor_interval=0.1,
    )
    logging.disable(logging.ERROR)  # the launcher's own words; this process says nothing else
    try:
        elastic_launch(config, sys.executable)("-m", "gan_lessons", *arguments)
    except ChildFailedError as error:
        code = error.get_first_failure()[1].exitcode
        return code if code > 0 else 128 - code
    except SignalException as error:
        return 128 + (error.sigval or signal.SIGTERM)
    return 0
