"""What a class gets: exercises without answers, a seed each, and nbgrader's metadata."""

import json

import pytest

from gan_lessons.course import notebook
from gan_lessons.course.assignments import handout

LIST = "id,name\nada,Ada L.\nbob,Bob\n"


@pytest.fixture
def listed(tmp_path):
    (tmp_path / "list.csv").write_text(LIST)
    return tmp_path / "list.csv"


def test_each_student_gets_a_notebook_and_a_seed_and_no_answer(listed, tmp_path):
    ada, bob = handout.hand_out("04", tmp_path / "class", listed)
    assert ada.seed != bob.seed and ada.seed == handout.seed_of("04_tiny", "ada")
    texts = {}
    for student in (ada, bob):
        path = tmp_path / "class" / student.id / "04_tiny.ipynb"
        texts[student.id] = path.read_text()
        made = notebook.read_notebook(path)
        assert f"seed = {student.seed}" in [c["source"] for c in made["cells"]][3]
        assert not any(cell.get("outputs") for cell in made["cells"])
    everything = "".join(path.read_text() for path in (tmp_path / "class").rglob("*.*"))
    for answer in ("2 * x", "four = 4", "secret"):
        assert answer not in everything
    assert "Ada L." in texts["ada"] and "Ada" not in texts["bob"]
    assert handout.read_assignment(tmp_path / "class") == ("04_tiny", [ada, bob])


def test_what_came_back_is_not_written_over(listed, tmp_path):
    handout.hand_out("04", tmp_path / "class", listed)
    mine = tmp_path / "class" / "ada" / "04_tiny.ipynb"
    mine.write_text("answers")
    listed.write_text(LIST + "cyd,Cyd\n")
    assert len(handout.hand_out("04", tmp_path / "class", listed)) == 3
    assert mine.read_text() == "answers"
    listed.write_text("id,name\nada,Ada L.\n")
    with pytest.raises(ValueError, match="holds an assignment of 04_tiny for 3"):
        handout.hand_out("04", tmp_path / "class", listed)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("id,name\nada,A\nada,B", "line 3: the id 'ada' comes twice"),
        ("id,name\nada,A\nADA,B", "line 3: the id 'ADA' comes twice"),
        ("id,name\n../x,A", "line 2: '../x' cannot name a folder"),
        ("id,name\n,A", "line 2: '' cannot name a folder"),
        ("id,name\nfeedback,A", "'feedback' cannot name a folder"),
        ("id,name\ngrades.csv,A", "'grades.csv' cannot name a folder"),
        ("id,name\nassignment.json,A", "'assignment.json' cannot name a folder"),
        ('id,name\nada,"' + "x" * 140_000, "is no list of students: field larger than"),
        ("number,name\n1,A", "needs the columns id and name in its first line"),
        ("", "needs the columns id and name"),
        ("id,name\n", "names no student"),
    ],
)
def test_list_that_cannot_be_used_is_refused(text, sentence, listed, tmp_path):
    listed.write_text(text)
    with pytest.raises(ValueError, match=sentence):
        handout.hand_out("04", tmp_path / "class", listed)
    assert not (tmp_path / "class").exists()


@pytest.mark.parametrize("id_", [7, "../x", None, ["ada"]])
def test_damaged_note_of_an_assignment_is_told(id_, listed, tmp_path):
    handout.hand_out("04", tmp_path / "class", listed)
    note = tmp_path / "class" / handout.FILE
    stored = json.loads(note.read_text())
    stored["students"][0]["id"] = id_
    note.write_text(json.dumps(stored))
    with pytest.raises(ValueError, match="is damaged; make the assignment again"):
        handout.read_assignment(tmp_path / "class")


def test_list_may_come_from_a_spreadsheet(listed):
    listed.write_bytes("\ufeffName;ID\r\n Zoë ; z1\r\n;\r\n".encode())
    assert handout.read_students(listed) == [("z1", "Zoë")]


def test_nbgrader_knows_the_cells(listed, tmp_path):
    pytest.importorskip("nbgrader")
    from nbgrader import utils
    from nbgrader.nbgraderformat import MetadataValidator

    handout.hand_out("04", tmp_path / "class", listed)
    path = tmp_path / "class" / "ada" / "04_tiny.ipynb"
    made = notebook.as_nodes(json.loads(path.read_text()))
    for cell in made["cells"]:
        cell["source"] = "".join(cell["source"])
    MetadataValidator().validate_nb(made)
    graded = [cell for cell in made["cells"] if utils.is_grade(cell)]
    assert sum(cell["metadata"]["nbgrader"]["points"] for cell in graded) == 3
    assert sum(map(utils.is_solution, made["cells"])) == 3
    locked = [cell for cell in made["cells"] if utils.is_locked(cell)]
    assert len(locked) == len(made["cells"]) - 3


def test_lesson_without_exercises_is_told(course, tmp_path):
    path = course / "notebooks" / "05_bare.ipynb"
    made = notebook.read_notebook(course / "notebooks" / "04_tiny.ipynb")
    notebook.write_notebook(path, made)
    with pytest.raises(ValueError, match="05_bare has no exercises"):
        handout.hand_out("05", tmp_path / "class")
    path.unlink()
