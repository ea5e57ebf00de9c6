"""The reference of the package as Markdown, from its docstrings; nothing is imported for it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SECTIONS = ("Args", "Returns", "Yields", "Raises", "Attributes")
_ENTRY = re.compile(r"(\S[^:`]*?(?: \(.*?\))?): (.*)", re.DOTALL)
_CODE = re.compile(r"(`[^`]*`)")


def pages(package: Path) -> dict[str, str]:
    """Writes a page for each room of the package.

    Args:
        package: its folder.

    Returns:
        Markdown by name of the page, such as "losses"; what stands alone is on the page "package".
    """
    rooms: dict[str, list[str]] = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        room = parts[0] if len(parts) > 1 else "package"
        if any(part.startswith("_") for part in parts):
            continue
        rooms.setdefault(room, []).append(module(path, ".".join([package.name, *parts])))
    return {
        room: f"# {package.name}{'' if room == 'package' else f'.{room}'}\n\n" + "\n".join(texts)
        for room, texts in rooms.items()
    }


def module(path: Path, name: str) -> str:
    """Writes what a module has to offer."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lines = [f"## `{name}`", "", docstring(tree), ""]
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if not node.name.startswith("_"):
                lines += described(node)
    return "\n".join(lines)


def described(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Iterator[str]:
    """Goes through the lines that tell of a function, or of a class and its methods."""
    yield from [f"### `{node.name}`", "", "```python", *signature(node), "```", ""]
    yield docstring(node)
    yield ""
    for each in node.body if isinstance(node, ast.ClassDef) else ():
        if isinstance(each, ast.FunctionDef) and not each.name.startswith("_"):
            yield from [f"#### `{node.name}.{each.name}`", "", "```python", *signature(each)]
            yield from ["```", "", docstring(each), ""]


def signature(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> list[str]:
    """The head of a definition, as lines of code."""
    if isinstance(node, ast.ClassDef):
        bases = ", ".join(ast.unparse(base) for base in node.bases)
        return [f"class {node.name}({bases})" if bases else f"class {node.name}"]
    gives = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    arguments = _arguments(node.args)
    head = f"def {node.name}({', '.join(arguments)}){gives}"
    if len(head) <= 88:
        return [head]
    return [f"def {node.name}(", *(f"    {each}," for each in arguments), f"){gives}"]


def docstring(node: ast.AST) -> str:
    """A docstring in Google's style as Markdown."""
    text = ast.get_docstring(node) or ""
    lines = []
    for block in re.split(r"\n\s*\n", text):
        first, _, rest = block.partition("\n")
        if first.rstrip(":") in SECTIONS and first.endswith(":") and rest:
            lines += [f"**{first.rstrip(':')}**", "", *_entries(rest), ""]
        elif block.lstrip().startswith(">>>"):
            lines += ["```pycon", _dedented(block), "```", ""]
        elif block.startswith("    "):
            lines += ["```text", _dedented(block), "```", ""]
        else:
            lines += [escaped(block), ""]
    return "\n".join(lines).rstrip()


def escaped(text: str) -> str:
    """Text that Markdown shows as it stands; what stands between backticks stays code."""
    parts = _CODE.split(text.replace("``", "`"))
    parts[::2] = [re.sub(r"([\\*_<>$\[\]#{}~|^])", r"\\\1", part) for part in parts[::2]]
    made = "".join(parts)
    made = re.sub(r":(?:func|class|mod|meth):(`)~?", r"\1", made)
    return re.sub(r"^(\s*)([-+]|\d+\.)(?=\s)", r"\1\\\2", made, flags=re.MULTILINE)


def _entries(rest: str) -> list[str]:
    """The lines below a heading such as Args: a list, or a text."""
    body = _dedented(rest)
    parts = re.split(r"\n(?=\S)", body)
    matched = [_ENTRY.fullmatch(part) for part in parts]
    if all(matched):
        return [f"- `{m[1]}`: {' '.join(escaped(m[2]).split())}" for m in matched]
    return [escaped(" ".join(body.split()))]


def _arguments(arguments: ast.arguments) -> list[str]:
    """Each argument as it stands in the head of a function."""
    before = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(before) - len(arguments.defaults)) + arguments.defaults
    parts = [_argument(each, default) for each, default in zip(before, defaults)]
    if arguments.posonlyargs:
        parts.insert(len(arguments.posonlyargs), "/")
    if arguments.vararg:
        parts.append(f"*{ast.unparse(arguments.vararg)}")
    elif arguments.kwonlyargs:
        parts.append("*")
    for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults):
        parts.append(_argument(each, default))
    return parts + ([f"**{ast.unparse(arguments.kwarg)}"] if arguments.kwarg else [])


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    if default is None:
        return ast.unparse(argument)
    return f"{ast.unparse(argument)}{' = ' if argument.annotation else '='}{ast.unparse(default)}"


def _dedented(text: str) -> str:
    lines = text.split("\n")
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[margin:] for line in lines)
