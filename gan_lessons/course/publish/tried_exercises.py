"""Exercises tried out as learners would: solved, left open, and answered wrongly.

One kernel runs a notebook of solutions once. After each check the stub and then each typical wrong
answer takes the place of the solution, the check alone is run again, and the solution's names are
put back. So a wrong answer costs one check and no second run of the notebook.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from queue import Empty

from gan_lessons.course import checks, kernels
from gan_lessons.course.notebook import KERNEL, Cell, Notebook, code_cells, tags
from gan_lessons.course.publish import stubs

CELL_SECONDS, START_SECONDS = 600, 120

# By check: wrong code, and words of the hint that it has to meet.
Wrong = Mapping[str, Mapping[str, str]]


def problems(solutions: Notebook, folder: Path, wrong: Wrong) -> list[str]:
    """Tries out all exercises of a lesson.

    Args:
        solutions: the notebook of solutions.
        folder: where it lies; the kernel works there.
        wrong: for each check by its name, such as "Exercise 2", wrong answers: code that takes
            the place of what the solution defines, each with words of the hint it must meet.

    Returns:
        One sentence for everything that is not as it should be: a solution that does not pass, a
        stub that is taken for an attempt or stops Run All, a wrong answer that passes or meets no
        hint or another one, a check without wrong answers, wrong answers without a check.
    """
    cells = list(code_cells(solutions))
    names = [name for cell in cells for name in checks_in(cell)]
    found = [f"{name}: no wrong answer is tried." for name in names if not wrong.get(name)]
    found += [f"{name}: there is no such check." for name in wrong if name not in names]
    with_kernel = _Kernel(folder)
    try:
        found += _tried(with_kernel, cells, wrong)
    finally:
        with_kernel.stop()
    return found


def checks_in(cell: Cell) -> list[str]:
    """Names the checks of a code cell: the first argument of each `check(...)`."""
    calls = (node for node in ast.walk(ast.parse(cell["source"])) if isinstance(node, ast.Call))
    return [
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Name)
        and call.func.id == "check"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    ]


def names_made(source: str) -> set[str]:
    """Names that code defines at its top: functions, classes, imports and values."""
    made: set[str] = set()
    for statement in ast.parse(source).body:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                made.add(statement.name)
            case ast.Import() | ast.ImportFrom():
                made |= {(each.asname or each.name).split(".")[0] for each in statement.names}
            case _:
                stored = (n for n in ast.walk(statement) if isinstance(n, ast.Name))
                made |= {name.id for name in stored if isinstance(name.ctx, ast.Store)}
    return made


def _tried(kernel: "_Kernel", cells: list[Cell], wrong: Wrong) -> Iterator[str]:
    solved: list[str] = []  # solutions since the last check
    for cell in cells:
        source = cell["source"]
        error, printed = kernel.run(source)
        if error and "raises-exception" not in tags(cell):
            yield f"The solutions stop at {source.splitlines()[0]!r}: {error}"
            return
        if "solution" in tags(cell):
            solved.append(source)
        for name in (names := checks_in(cell)):
            if f"{name}: {checks.PASSED}" not in printed:
                yield f"{name}: the solution does not pass."
        if names and solved:
            yield from _stub(kernel, names, solved, source)
        for name in names:
            for answer, hint in wrong.get(name, {}).items():
                yield from _wrong(kernel, name, answer, hint, source)
        solved = [] if names else solved


def _stub(kernel: "_Kernel", names: list[str], solved: list[str], check: str) -> Iterator[str]:
    open_ = "\n\n".join(stubs.stub(source) for source in solved)
    error, printed = kernel.instead(open_, check)
    if error:
        yield f"{names[0]}: the stub stops Run All: {error}"
        return
    for name in names:
        if f"{name}: {checks.NOT_ATTEMPTED}" not in printed:
            yield f"{name}: the stub does not say {checks.NOT_ATTEMPTED!r}."


def _wrong(kernel: "_Kernel", name: str, answer: str, hint: str, check: str) -> Iterator[str]:
    error, _ = kernel.instead(answer, check)
    shown = " / ".join(line.strip() for line in answer.strip().splitlines())
    if not error:
        yield f"{name}: a wrong answer passes: {shown}"
    elif not error.startswith(f"AssertionError: {name}: "):
        yield f"{name}: a wrong answer meets no hint but {error}: {shown}"
    elif not hint or hint not in error:
        yield f"{name}: a wrong answer meets another hint, {error!r}: {shown}"


class _Kernel:
    """A running kernel."""

    def __init__(self, folder: Path):
        from jupyter_client.manager import KernelManager

        self.manager = KernelManager(kernel_name=KERNEL["name"], config=kernels.private())
        self.manager.start_kernel(cwd=str(folder))
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=START_SECONDS)
        self.lost = ""  # why nothing can be run any more

    def run(self, source: str) -> tuple[str, str]:
        """Runs code; gives the error as one line, empty where there is none, and what it said."""
        printed: list[str] = []

        def hear(message: dict) -> None:
            if message["header"]["msg_type"] == "stream":
                printed.append(message["content"]["text"])

        if self.lost:
            return self.lost, ""
        try:
            reply = self.client.execute_interactive(
                source, store_history=False, output_hook=hear, timeout=CELL_SECONDS
            )["content"]
        except (TimeoutError, Empty):  # a kernel that does not answer once answers no more
            self.lost = f"the kernel has not answered for {CELL_SECONDS} s"
            return self.lost, "".join(printed)
        if reply["status"] == "ok":
            return "", "".join(printed)
        return f"{reply.get('ename', 'Error')}: {reply.get('evalue', '')}", "".join(printed)

    def instead(self, answer: str, check: str) -> tuple[str, str]:
        """Runs a check with an answer in the solution's place, and puts the solution back."""
        names = sorted(names_made(answer))
        keep = f"_kept = {{name: globals()[name] for name in {names} if name in globals()}}"
        back = f"for _name in {names}: globals().pop(_name, None)\nglobals().update(_kept)"
        self.run(keep)
        error, printed = self.run(answer)
        if not error:
            error, printed = self.run(check)
        self.run(back)
        return error, printed

    def stop(self) -> None:
        """Ends the kernel."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
