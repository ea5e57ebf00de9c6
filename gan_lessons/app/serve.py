"""Serves `explorer_app.ipynb` by Voilà: few kernels, idle ones ended, small messages only.

A visitor can move controls and send pictures, and nothing else: `door` stands in front of Voilà and
lets through what a page of ours asks for. Pictures are shrunk in the browser, and what is larger
than a message may be never reaches a kernel.
"""

import os
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gan_lessons.app.places import MAKES_PLACE, Places

NOTEBOOK = Path(__file__).parent / "explorer_app.ipynb"
LOOKS = Path(__file__).parent / "jupyter"  # where the page's template lies
MODEL = "GAN_LESSONS_EXPLORE"  # environment variable that tells the kernels what to open with
PLACES = 6  # visitors at a time, each with a kernel of about half a gigabyte
HEATED = 1  # kernels that wait, all imported and drawn, for the next visitor
IDLE = 600  # seconds without any action after which a visitor's kernel is ended
MESSAGE = 2 * 2**20  # bytes; the largest picture that the browser's part sends stays below


def serve(
    *,
    model: str = "",
    port: int = 8866,
    ip: str = "127.0.0.1",
    browser: bool = True,
    places: int = PLACES,
    hosts: Sequence[str] = (),
) -> None:
    """Serve the explorer until Ctrl-C.

    Args:
        model: what it opens with, as `StyleTransfer.load` takes it; "" takes a bundled one.
        port: to listen on; when it is taken, the next free one.
        ip: address to listen on; "0.0.0.0" lets other machines in.
        browser: whether to open one.
        places: visitors at a time; one address gets half of them.
        hosts: names under which the app is reached; this machine's own and addresses in numbers
            need not be named. Requests for other names are refused.

    Raises:
        ValueError: if Voilà or anywidget is not installed, there is no such model, or no place for
            anybody.
    """
    if missing := [name for name in ("voila", "anywidget") if find_spec(name) is None]:
        raise ValueError(
            f"{' and '.join(missing)} not installed; the explorer's app needs: "
            "pip install 'gan-lessons[app]'"
        )
    if places < 1:
        raise ValueError(f"places must be 1 or more, got {places}")
    os.environ[MODEL] = str(_folder(model)) if model else ""
    # Kernels share the processor: more threads in each would stand in each other's way.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    paths = [str(LOOKS), os.environ.get("JUPYTER_PATH", "")]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, paths))
    from gan_lessons.app.door import guarded

    app = guarded(hosts)(config=settings(port=port, ip=ip, browser=browser, places=places))
    app.initialize([str(NOTEBOOK)])
    app.start()


def _folder(model: str) -> str | Path:
    """A model that can be loaded; tried here, since a kernel's error reaches no terminal."""
    from gan_lessons.models.store import bundled, find
    from gan_lessons.style_transfer import StyleTransfer

    folder = find(model).resolve()
    StyleTransfer.load(folder, device="cpu", precision="fp32")
    return model if model in bundled() and not Path(model).is_dir() else folder


def settings(*, port: int, ip: str, browser: bool, places: int) -> Any:
    """What Voilà is told; see `serve`. Kernels that wait count beside those of visitors."""
    from traitlets.config import Config

    config = Config()
    config.Voila.update(
        port=port,
        ip=ip,
        open_browser=browser,
        config_file_paths=[],  # settings of this machine for other notebooks stay out
        tornado_settings={"websocket_max_message_size": MESSAGE},
    )
    config.VoilaConfiguration.update(
        template="explorer",
        multi_kernel_manager_class=kernels(),
        preheat_kernel=True,
        default_pool_size=HEATED,
        file_allowlist=["$^"],  # no file beside the page
        show_tracebacks=False,
        # Both come with nbgrader and ask for a JupyterLab that is not there.
        extension_denylist=["@jupyter/nbgrader", "@jupyter-notebook/lab-extension"],
        allow_template_override="NO",  # either would draw the page anew, in a kernel of its own
        allow_theme_override="NO",
    )
    config.KernelManager.autorestart = False  # one that died has lost its page
    config.MappingKernelManager.update(
        cull_idle_timeout=IDLE, cull_interval=MAKES_PLACE, cull_connected=True
    )
    config.FewKernels.places = places + HEATED
    return config


@cache
def kernels() -> type:
    """Jupyter's manager of kernels with places, made when Jupyter is there to make it of."""
    from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
    from traitlets import Int

    class FewKernels(Places, AsyncMappingKernelManager):
        """See `Places`."""

        places = Int(PLACES + HEATED, config=True, help="Kernels at a time.")

    return FewKernels
