"""The process that runs one submission: trusted cells and a stranger's, in turn.

It reads one line of JSON, shuts itself in, and writes a line of JSON for each check. What the
stranger's code prints goes elsewhere. Before each check, what that code has put in the place of
library functions is put back, and told.
"""

import ast
import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

from gan_lessons.course import checks
from gan_lessons.course.assignments import isolation

WATCHED = ("builtins", "math", "torch", "torch.nn.functional", "torch.linalg", "torch.testing")
WATCHED += ("numpy", "numpy.linalg", "numpy.testing", "gan_lessons", "gan_lessons.course.checks")
CLASSES = (("torch", "Tensor"), ("numpy", "ndarray"))
MET, MISSED = "_gan_lessons_met", "_gan_lessons_missed"

Tell = Callable[..., None]


def main() -> None:
    """Runs what standard input asks for."""
    tell = _teller()
    request = json.loads(sys.stdin.readline())
    limits = isolation.Limits(**request["limits"])
    if request["isolated"]:
        isolation.confine(request["own"], request["hidden"], limits)
    else:
        isolation.limit(limits)
    os.chdir(request["own"])
    sys.stdin = open(os.devnull)
    run(request["cells"], request["token"], tell)
    with contextlib.suppress(Exception):  # a stranger may have closed it
        sys.stdout.flush()  # before the end is told: whoever hears it ends this process
    tell(token=request["token"], event="end")
    os._exit(0)  # whatever a stranger wants to do when the program ends


def run(cells: list[dict[str, Any]], token: str, tell: Tell) -> None:
    """Runs cells one after another; each has "source", "trusted" and "checks"."""
    shell = _shell()
    known: dict[tuple[str, str], dict] = {}
    for number, cell in enumerate(cells):
        tell(token=token, event="cell", number=number)
        if not cell["trusted"]:
            known = known or _snapshot()
            error = _run(shell, cell["source"])
            tell(token=token, event="answer", number=number, error=error)
        elif cell["checks"]:
            changed = _put_back(known)
            for result in _checked(shell, cell["source"]):
                tell(token=token, event="check", number=number, changed=changed, **result)
        else:
            error = _run(shell, cell["source"])
            tell(token=token, event="prepared", number=number, error=error)


def instrumented(source: str) -> ast.Module:
    """A check in which an assertion that fails is noted, and the rest goes on.

    `assert a, b` becomes `MET(line) if a else MISSED(line, b)`.
    """
    return ast.fix_missing_locations(_Noted().visit(ast.parse(source)))


def assertions_of(source: str) -> list[int]:
    """Lines of the assertions of a check."""
    return [node.lineno for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert)]


class _Noted(ast.NodeTransformer):
    """Replaces assertions."""

    def visit_Assert(self, node: ast.Assert) -> ast.If:
        """Note which side an assertion fell on."""
        line = ast.Constant(node.lineno)
        hint = node.msg or ast.Constant("")
        met = ast.Call(ast.Name(MET, ast.Load()), [line], [])
        missed = ast.Call(ast.Name(MISSED, ast.Load()), [line, hint], [])
        made = ast.If(node.test, [ast.Expr(met)], [ast.Expr(missed)])
        return ast.copy_location(made, node)


def _checked(shell: Any, source: str) -> list[dict[str, Any]]:
    """Runs the checks of a cell; gives for each its verdict, hints, and assertions that held."""
    results: list[dict[str, Any]] = []
    lines, missed, hints = set(), set(), []

    def note_missed(line: int, hint: Any) -> None:
        missed.add(line)
        hints.append(str(hint))

    @contextlib.contextmanager
    def check(name: str, *answers: Any):
        raised = None
        try:
            yield
        except BaseException as error:
            raised = error if isinstance(error, Exception) else RuntimeError(f"left by {error!r}")
        if missed:
            raised = AssertionError(hints[0])
        try:
            verdict, error = checks.verdict(name, answers, raised), ""
        except BaseException as problem:
            verdict, error = "failed", f"{type(problem).__name__}: {problem}"[:500]
        results.append({"name": name, "verdict": verdict, "error": error, "hints": hints[:10]})

    # Names of its own: what a stranger's function does to those of the notebook is not seen here.
    own = {"check": check, MET: lines.add, MISSED: note_missed}
    names = {**shell.user_ns, **own}
    problem = ""
    try:
        exec(compile(instrumented(source), "<check>", "exec"), names)
    except BaseException as error:
        problem = f"{type(error).__name__}: {error}"[:500]
    shell.user_ns.update({name: value for name, value in names.items() if name not in own})
    if not results:
        results.append({"name": "", "verdict": "failed", "error": problem, "hints": []})
    asked = set(assertions_of(source))
    for result in results:
        result |= {"met": len((lines - missed) & asked), "asked": len(asked)}
    return results


def _run(shell: Any, source: str) -> str:
    """Runs a cell as a notebook would; gives its error as one line, empty where there is none."""
    try:
        done = shell.run_cell(source, store_history=False)
    except BaseException as error:
        return f"{type(error).__name__}: {error}"[:500]
    problem = done.error_before_exec or done.error_in_exec
    return f"{type(problem).__name__}: {problem}"[:500] if problem else ""


def _shell() -> Any:
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    settings = Config()
    settings.HistoryManager.enabled = False
    settings.InteractiveShell.colors = "nocolor"
    return InteractiveShell.instance(config=settings)


def _snapshot() -> dict[tuple[str, str], dict]:
    """What the names of libraries stand for."""
    return {place: dict(vars(owner)) for place, owner in _owners()}


def _put_back(known: dict[tuple[str, str], dict]) -> list[str]:
    """Puts back what was changed in libraries; gives the names."""
    changed = []
    for place, owner in _owners():
        for name, value in known.get(place, {}).items():
            if vars(owner).get(name) is not value and not name.startswith("_"):
                changed.append(".".join([*filter(None, place), name]))
                with contextlib.suppress(Exception):
                    setattr(owner, name, value)
    return changed[:5]


def _owners() -> Iterator[tuple[tuple[str, str], Any]]:
    for name in WATCHED:
        if name in sys.modules:
            yield (name, ""), sys.modules[name]
    for name, kind in CLASSES:
        if name in sys.modules:
            yield (name, kind), getattr(sys.modules[name], kind)


def _teller() -> Tell:
    """Keeps standard output for events alone; what cells print goes to standard error."""
    events = os.dup(1)
    os.dup2(2, 1)

    def tell(**event: Any) -> None:
        os.write(events, (json.dumps(event) + "\n").encode())

    return tell


if __name__ == "__main__":
    main()
