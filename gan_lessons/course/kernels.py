"""Kernels that talk to their own client and to nobody else's."""

import sys
import tempfile
import uuid
from pathlib import Path


def private():
    """Settings under which a kernel and its client meet at files of this machine, not at ports.

    A kernel takes ports that were free a moment ago. Of two that start at once both can take the
    same ones: then messages go astray, and a client waits for a cell that its kernel never saw.
    Ports are also open to everybody on the machine, and files are not.

    Returns:
        Settings for Jupyter's clients; none on Windows, which has no such files.
    """
    from traitlets.config import Config

    if sys.platform == "win32":
        return Config()
    # Without a name of its own the files would be called the same for all, in the folder at hand.
    meeting = Path(tempfile.gettempdir()) / f"kernel-{uuid.uuid4().hex[:16]}.json"
    return Config(KernelManager={"transport": "ipc", "connection_file": str(meeting)})
