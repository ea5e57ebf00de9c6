import pytest
import torch

from gan_lessons.course.checks import STUB, check


def test_solution_passes(capsys):
    with check("Exercise 2: R1"):
        assert torch.ones(1).item() == 1, "look at the sign"
    assert capsys.readouterr().out == "Exercise 2: R1: passed\n"


def test_wrong_attempt_raises_its_hint(capsys):
    with pytest.raises(AssertionError, match="Exercise 2: look at the sign"), check("Exercise 2"):
        assert 1 == 2, "look at the sign"
    assert not capsys.readouterr().out


def test_function_that_nobody_wrote_lets_run_all_go_on(capsys):
    def r1(logits):
        raise NotImplementedError(STUB)

    with check("Exercise 2"):
        assert r1(1) == 2
    assert capsys.readouterr().out == "Exercise 2: not attempted\n"


def test_where_nbgrader_grades_an_open_answer_gets_no_point(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(AssertionError, match="Exercise 2: not attempted"), check("Exercise 2", ...):
        pass


@pytest.mark.parametrize("body", ["answer == 3", "answer < 3", "True", "len(answer) == 1"])
def test_value_that_nobody_gave_lets_run_all_go_on(body, capsys):
    answer = ...
    with check("Exercise 3", 1, answer):
        assert eval(body)
    assert capsys.readouterr().out == "Exercise 3: not attempted\n"


def test_error_inside_an_attempt_is_shown():
    with pytest.raises(NotImplementedError, match="backend"), check("Exercise 2"):
        raise NotImplementedError("no such operator on this backend")
    with pytest.raises(TypeError), check("Exercise 2", 3):
        len(3)
