"""What tests of the longer experiments share."""

import pytest

from gan_lessons.course.labs.store import Store, read_store


@pytest.fixture(scope="module")
def smallest(tmp_path_factory):
    """Runs an experiment's smallest preset; gives the folder and all results by name."""

    def run(lab):
        folder = tmp_path_factory.mktemp("course") / "data" / "lessons" / lab.LESSON
        lab.run(Store(folder, preset="smoke", report=lambda line: None), "smoke", lambda line: None)
        return folder, read_store(folder)["results"]

    return run
