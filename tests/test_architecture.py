"""The shape of the package: who may import whom, where images enter, where files leave, sizes."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = "gan_lessons"
FOLDER = Path(__file__).parent.parent / PACKAGE
SOURCES = sorted(FOLDER.rglob("*.py"))

# Imports run from right to left. Units in one group do not know each other.
ORDER = [
    {"reading"},
    {"config", "files", "text", "interrupt", "provenance", "plots"},
    {"layers", "augment", "truncation", "walks"},
    {"images"},
    {"data"},
    {"losses"},
    {"models"},
    {"training"},
    {"style_transfer"},
    {"metrics"},
    {"evaluation", "restyle", "export", "doctor"},
    {"widgets", "course", "app"},
    {"cli"},
    {"__main__"},
]
RANK = {unit: rank for rank, units in enumerate(ORDER) for unit in units}
# What knows PyTorch alone, and what knows arrays alone, whatever its rank.
ONLY = {
    "losses.adversarial": {"torch"},
    "losses.penalties": {"torch"},
    "losses.images": {"torch"},
    "layers": {"torch"},
    "augment": {"torch"},
    "training.ema": {"torch"},
    "plots": {"numpy", "matplotlib", "IPython"},
    "files": set(),
    "reading": set(),
}
# Pictures of curves are for those who show something, not for those who compute it.
KNOW_PLOTS = {"evaluation", "widgets", "course", "cli"}
AT_MODULE_LEVEL = {"torch", "torchvision", "numpy", "PIL", "safetensors", "typer", "rich"}
# A widget is a subclass, so its base has to be there when its module is read.
WIDGET_BASES = {"ipywidgets", "traitlets", "IPython"}
MODULE_LINES, FUNCTION_LINES = 330, 50
OS_WRITES = {"replace", "rename", "remove", "unlink", "rmdir", "link", "symlink"}
HANDLES = {"handle", "buffer", "stream"}


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(FOLDER).with_suffix("").parts)


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imported(node: ast.AST) -> Iterator[str]:
    """Full names of the modules that a node imports."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert not node.level, "write absolute imports"
        yield node.module
        # `from gan_lessons import files` names a module behind the import.
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_imports(tree: ast.Module) -> set[str]:
    """Names behind the package's that a module imports, wherever in it."""
    names = {name for node in ast.walk(tree) for name in imported(node)}
    return {n.removeprefix(f"{PACKAGE}.") for n in names if n.startswith(f"{PACKAGE}.")}


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Modules that import each other around, the first again at the end; none where none do."""
    done: set[str] = set()

    def walk(module: str, way: list[str]) -> list[str]:
        if module in way:
            return [*way[way.index(module) :], module]
        if module in done:
            return []
        for other in sorted(graph.get(module, ())):
            if found := walk(other, [*way, module]):
                return found
        done.add(module)
        return []

    return next(filter(None, (walk(module, []) for module in sorted(graph))), [])


def wrong_imports(module: str, tree: ast.Module) -> list[str]:
    unit = module.split(".")[0]
    own = {name.split(".")[0] for name in own_imports(tree)}
    found = []
    for other in sorted(own & RANK.keys()):
        if other != unit and RANK[other] >= RANK[unit]:
            found.append(f"{module} imports {other}, which stands beside or above it")
        if other == "plots" and unit not in KNOW_PLOTS:
            found.append(f"{module} imports plots")
    found += [f"{module} imports the drawer called {name}" for name in own & {"utils", "common"}]
    allowed = ONLY.get(module)
    if allowed is not None:
        tops = {name.split(".")[0] for node in ast.walk(tree) for name in imported(node)}
        found += [f"{module} imports {top}" for top in tops - allowed - sys.stdlib_module_names]
    return found


def heavy_imports(module: str, tree: ast.Module) -> list[str]:
    """Imports that run when the module is read and that the bare package does not come with."""
    allowed = AT_MODULE_LEVEL | {PACKAGE} | set(sys.stdlib_module_names)
    if module.split(".")[0] == "widgets":
        allowed |= WIDGET_BASES
    pending, found = list(tree.body), []
    while pending:
        node = pending.pop()
        found += [f"{module}: {n}" for n in imported(node) if n.split(".")[0] not in allowed]
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            pending += ast.iter_child_nodes(node)
    return found


def opened_images(tree: ast.Module) -> list[int]:
    """Lines that call `Image.open`, or import it under another name."""
    lines = []
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="Image" | "PILImage"), attr="open"):
                lines.append(node.lineno)
            case ast.Attribute(value=ast.Attribute(attr="Image"), attr="open"):
                lines.append(node.lineno)
            case ast.ImportFrom(module="PIL.Image", names=names):
                lines += [node.lineno for alias in names if alias.name == "open"]
    return lines


def bare_writes(tree: ast.Module) -> list[int]:
    """Lines that write, move or delete a file without :class:`OutputFolder`."""
    return [n.lineno for n in ast.walk(tree) if isinstance(n, ast.Call) and _writes(n)]


def _writes(call: ast.Call) -> bool:
    match call.func:
        case ast.Name(id="open"):
            return _mode_writes(call, 1)
        case ast.Name(id="save_file" | "ZipFile" | "NamedTemporaryFile" | "rmtree" | "copytree"):
            return call.func.id != "ZipFile" or _mode_writes(call, 1) and not _into_handle(call, 0)
        case ast.Attribute(value=ast.Name(id="shutil")):
            return call.func.attr not in ("which", "disk_usage", "get_terminal_size")
        case ast.Attribute(value=ast.Name(id="os"), attr=name) if name in OS_WRITES:
            return True
        case ast.Attribute(attr="write_text" | "write_bytes"):
            # A path takes the content alone; OutputFolder takes the name first.
            return len(call.args) < 2
        case ast.Attribute(attr="unlink" | "touch" | "symlink_to" | "hardlink_to" | "rename"):
            return True
        case ast.Attribute(attr="open" | "fdopen"):
            return _mode_writes(call, 0) or _mode_writes(call, 1)
        case ast.Attribute(value=ast.Name(id="zipfile"), attr="ZipFile"):
            return _mode_writes(call, 1) and not _into_handle(call, 0)
        case ast.Attribute(value=ast.Name(id="torch"), attr="save"):
            return not _into_handle(call, 1)
        case ast.Attribute(attr="extractall"):
            # Python's own filter keeps the members inside the folder.
            return not any(k.arg == "filter" for k in call.keywords)
        case ast.Attribute(attr="save" | "savefig" | "savez" | "save_file"):
            return call.func.attr != "save" and not _into_handle(call, 0) or _names_file(call)
    return False


def _mode_writes(call: ast.Call, position: int) -> bool:
    modes = call.args[position : position + 1] + [k.value for k in call.keywords if k.arg == "mode"]
    return any(
        isinstance(mode, ast.Constant)
        and isinstance(mode.value, str)
        and set(mode.value) & set("wax+")
        and set(mode.value) <= set("rwaxbt+U")
        for mode in modes
    )


def _into_handle(call: ast.Call, position: int) -> bool:
    given = call.args[position : position + 1]
    return bool(given) and isinstance(given[0], ast.Name) and given[0].id in HANDLES


def _names_file(call: ast.Call) -> bool:
    """Whether `x.save(...)` is given something that is a path by its looks."""
    match call.args[:1]:
        case [ast.JoinedStr()] | [ast.BinOp(op=ast.Div())]:
            return True
        case [ast.Constant(value=value)]:
            return isinstance(value, str)
        case [ast.Call(func=ast.Name(id="str" | "Path"))]:
            return True
        case [ast.Name(id=name)]:
            return "path" in name or name in ("file", "filename")
    return False


def own_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring: explanations are not what makes code long."""
    total = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function, clean=False) is None:
        return total
    return total - (function.body[0].end_lineno - function.body[0].lineno + 1)


def code_beside_names(tree: ast.Module, *, lazy: bool) -> list[int]:
    """Lines of an `__init__.py` that do more than list public names."""
    lines = []
    for node in tree.body:
        match node:
            case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
                continue
            case ast.Assign(targets=[ast.Name(id=name)]) if name == "__all__":
                continue
            case ast.Assign(targets=[ast.Name(id="__version__" | "_HOME")]) if lazy:
                continue
            case ast.FunctionDef(name="__getattr__" | "__dir__") if lazy:
                continue
        lines.append(node.lineno)
    return lines


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_module_keeps_the_shape(path):
    module, tree = name_of(path), parsed(path)
    if path.name == "__init__.py":
        assert not code_beside_names(tree, lazy=path.parent == FOLDER)
    else:
        assert module.split(".")[0] in RANK, f"{module} has no place in ORDER; give it one"
        assert not wrong_imports(module, tree)
    assert path.stem not in ("utils", "util", "helpers", "common", "misc")
    assert not heavy_imports(module, tree)
    assert module == "images.gate" or not opened_images(tree), "enter through images/gate.py"
    assert module == "files" or not bare_writes(tree), "files leave through OutputFolder"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_module_is_short(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MODULE_LINES, "split it where a reader would"
    long = {
        node.name: own_lines(node)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and own_lines(node) > FUNCTION_LINES
    }
    assert not long


def test_no_files_import_each_other_around():
    modules = {name_of(path): path for path in SOURCES if path.name != "__init__.py"}
    graph = {name: own_imports(parsed(path)) for name, path in modules.items()}
    assert not circle(graph)


def test_a_circle_is_found():
    assert circle({"a": {"b"}, "b": {"c", "x"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle({"a": {"a"}}) == ["a", "a"]
    assert not circle({"a": {"b", "c"}, "b": {"c"}, "c": {"elsewhere"}})


@pytest.mark.parametrize(
    ("module", "code"),
    [
        ("models.stargan.networks", "from gan_lessons.training import loop"),
        ("models.stargan.networks", "def f():\n    from gan_lessons import style_transfer"),
        ("data.emoji", "import gan_lessons.losses"),
        ("config", "from gan_lessons.files import share"),
        ("training.loop", "from gan_lessons import plots"),
        ("training.ema", "import numpy"),
        ("losses.images", "from gan_lessons.config import TrainConfig"),
        ("files", "import torch"),
        ("course.jupyterlab", "from gan_lessons.widgets import explorer"),
        ("layers", "from gan_lessons import utils"),
    ],
)
def test_wrong_import_is_found(module, code):
    assert wrong_imports(module, ast.parse(code))


@pytest.mark.parametrize(
    ("module", "code"),
    [
        ("cli.lessons", "from gan_lessons.course import jupyterlab"),
        ("training.loop", "from gan_lessons.training.ema import EMA\nimport torch"),
        ("layers", "import math\nfrom torch import nn"),
        ("widgets.density", "from gan_lessons import plots"),
    ],
)
def test_right_import_is_let_pass(module, code):
    assert not wrong_imports(module, ast.parse(code))


def test_heavy_import_is_found_at_module_level_alone():
    assert heavy_imports("plots", ast.parse("if True:\n    import matplotlib.pyplot as plt"))
    assert heavy_imports("data.toy", ast.parse("class A:\n    from sklearn import datasets"))
    assert heavy_imports("course.jupyterlab", ast.parse("import ipywidgets"))
    assert not heavy_imports("plots", ast.parse("def f():\n    import matplotlib"))
    assert not heavy_imports("widgets.density", ast.parse("import ipywidgets"))


@pytest.mark.parametrize(
    "code",
    ["Image.open(x)", "PIL.Image.open(x)", "from PIL.Image import open", "map(Image.open, files)"],
)
def test_opened_image_is_found(code):
    assert opened_images(ast.parse(code))


@pytest.mark.parametrize(
    "code",
    [
        "open(p, 'w')",
        "open(p, mode='ab')",
        "p.open('wb')",
        "os.fdopen(d, 'w')",
        "p.write_text(text)",
        "p.write_bytes(data)",
        "torch.save(state, path)",
        "torch.save(state, folder / 'a.pt')",
        "image.save(path)",
        "image.save('a.png')",
        "image.save(f'{name}.png')",
        "figure.savefig(out / 'a.png')",
        "np.savez(path, x)",
        "safetensors.torch.save_file(tensors, path)",
        "shutil.copy(a, b)",
        "os.replace(a, b)",
        "path.unlink()",
        "path.rename(b)",
        "zipfile.ZipFile(path, 'w')",
        "archive.extractall(folder)",
    ],
)
def test_bare_write_is_found(code):
    assert bare_writes(ast.parse(code))


@pytest.mark.parametrize(
    "code",
    [
        "open(p)",
        "open(p, 'rb')",
        "p.open('rb')",
        "out.open('log.txt')",
        "out.write_text('a.txt', text)",
        "out.write_bytes(name, data)",
        "torch.save(state, handle)",
        "image.save(buffer, format='PNG')",
        "model.save(folder)",
        "figure.savefig(buffer)",
        "shutil.which('npm')",
        "text.replace('a', 'b')",
        "archive.extractall(folder, filter='data')",
        "zipfile.ZipFile(path)",
        "zipfile.ZipFile(handle, 'w')",
    ],
)
def test_reading_and_confined_writing_are_let_pass(code):
    assert not bare_writes(ast.parse(code))


def test_code_in_init_is_found():
    assert code_beside_names(ast.parse("x = 1"), lazy=True)
    assert code_beside_names(ast.parse("def __getattr__(name): ..."), lazy=False)
    assert not code_beside_names(ast.parse("'doc'\nfrom a import b\n__all__ = ['b']"), lazy=False)


def test_docstring_does_not_count_as_code():
    function = ast.parse('def f():\n    """One.\n\n    Two.\n    """\n    return 1').body[0]
    assert own_lines(function) == 2
