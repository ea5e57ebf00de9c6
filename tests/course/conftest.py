"""What tests of the course share."""

import pytest

from gan_lessons.cli.main import app


@pytest.fixture
def cli():
    """Runs the command in this process; gives its exit code."""

    def run(*words) -> int:
        with pytest.raises(SystemExit) as left:
            app([str(word) for word in words], prog_name="gan-lessons")
        return left.value.code

    return run
