"""Keeps libraries from talking to the user: what matters is said by the code that calls them."""

import contextlib
import io
import logging
import os
import threading
import warnings
from collections.abc import Iterator

from PIL import Image

_quieting = threading.Lock()


@contextlib.contextmanager
def hushed_pillow() -> Iterator[None]:
    """Keeps Pillow's remarks on odd files off the screen, but makes a bomb warning an error.

    Both settings belong to the whole process: hence the lock, and hence they are put back.
    """
    logger = logging.getLogger("PIL")
    with _quieting, warnings.catch_warnings():
        level = logger.level
        logger.setLevel(logging.CRITICAL + 1)
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            yield
        finally:
            logger.setLevel(level)


@contextlib.contextmanager
def muted_c_code() -> Iterator[None]:
    """Sends the error output of C code nowhere: libtiff writes there, past Python and Pillow."""
    try:
        saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    except OSError:  # a program without a console has nothing to mute
        yield
        return
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Catches what Python code prints and warns of, progress bars among it."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield
