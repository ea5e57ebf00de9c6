"""Checks of exercises: they give hints, never the answer.

A stub that nobody filled in says so and lets Run All go on. A wrong attempt stops at the check
with a hint. Solutions and lessons share the check cells, so continuous integration proves that the
solutions pass and that the stubs do not.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

PASSED = "passed"
NOT_ATTEMPTED = "not attempted"
STUB = "write this, then run the check below"
GRADED = "NBGRADER_EXECUTION"  # set by nbgrader, which gives a check that raises nothing its points


@contextmanager
def check(name: str, *answers: Any) -> Iterator[None]:
    """Runs the assertions of an exercise, if it was attempted.

    Args:
        name: the exercise, as its heading calls it.
        *answers: the values that the learner was asked for; a stub leaves them as `...`. A
            function or class need not be named: its stub raises `NotImplementedError(STUB)`.

    Yields:
        Nothing; the assertions stand in the body, each with a hint as its message.

    Raises:
        AssertionError: if an attempt was made and an assertion failed; the message is the hint.
            Where nbgrader runs the notebook, also if there was no attempt.

    >>> answer = ...
    >>> with check("Exercise 1", answer):
    ...     assert answer > 3, "count the modes again"
    Exercise 1: not attempted
    >>> answer = 4
    >>> with check("Exercise 1", answer):
    ...     assert answer > 3, "count the modes again"
    Exercise 1: passed
    """
    raised = None
    try:
        yield
    except Exception as error:
        raised = error
    said = f"{name}: {verdict(name, answers, raised)}"
    if said.endswith(NOT_ATTEMPTED) and os.environ.get(GRADED):
        raise AssertionError(said)
    print(said)


def verdict(name: str, answers: Sequence[Any], raised: Exception | None) -> str:
    """What the assertions of an exercise came to.

    Args:
        name: the exercise.
        answers: the values that the learner was asked for.
        raised: what the assertions raised, if anything.

    Returns:
        `PASSED` or `NOT_ATTEMPTED`.

    Raises:
        AssertionError: if an attempt was made and an assertion failed; the message is the hint.
        Exception: whatever else an attempt raised.
    """
    # PyTorch raises NotImplementedError too, for reasons that an attempt has to hear of.
    stub = isinstance(raised, NotImplementedError) and str(raised) == STUB
    if stub or any(answer is ... for answer in answers):
        return NOT_ATTEMPTED
    if isinstance(raised, AssertionError):
        raise AssertionError(f"{name}: {raised}") from None
    if raised is not None:
        raise raised
    return PASSED
