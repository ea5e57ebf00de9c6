"""What `gan-lessons doctor` looks at: whether this machine can follow the course, and how well."""

import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gan_lessons.data.archive import read_index
from gan_lessons.files import share
from gan_lessons.text import count_of

PACKAGE = "gan-lessons"
BUNDLED = ("emoji_styles", "painted_photos", "letters")
SPLITS = ("train", "valid", "test")
GIB = 2**30
LEAST_MEMORY = 4  # GiB; the smoke preset and JupyterLab side by side
LEAST_DISK = 2  # GiB; a run of the full preset with its samples


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: "ok", "warn" or "fail", what was found, what to do."""

    name: str
    state: str
    text: str
    advice: str = ""


@dataclass(frozen=True)
class Requirement:
    """One line of the package's dependencies."""

    name: str
    least: str
    extra: str  # empty where the bare package needs it


def examine() -> list[Finding]:
    """Look at everything, in the order in which it is told.

    Returns:
        The findings. A check that breaks is a finding too, so that the others are still told.
    """
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (
        _python,
        _packages,
        _device,
        _precision,
        _cores,
        _disk,
        _extras,
        _data,
        _models,
        _lessons,
    )
    found = []
    for check in checks:
        try:
            found += check()
        except Exception as error:  # noqa: BLE001  (a broken installation raises anything)
            name = check.__name__.strip("_")
            text = f"could not be looked at ({type(error).__name__}: {error})"
            found.append(Finding(name, "fail", text, "install the course again"))
    return found


def as_text(findings: list[Finding]) -> str:
    """The findings as a table for people."""
    width = max(len(finding.name) for finding in findings)
    lines = []
    for finding in findings:
        lines.append(f"{finding.state:<4}  {finding.name:<{width}}  {finding.text}")
        if finding.advice:
            lines.append(f"{'':<{width + 8}}{finding.advice}")
    return "\n".join(lines)


def requirements() -> list[Requirement]:
    """What the installed package says it needs.

    Raises:
        importlib.metadata.PackageNotFoundError: if it runs without having been installed.
    """
    found = (_requirement(line) for line in importlib.metadata.requires(PACKAGE) or ())
    return [one for one in found if one.name != PACKAGE]  # an extra may name another extra


def _requirement(line: str) -> Requirement:
    needed, _, marker = line.partition(";")
    least = re.search(r">=\s*([\d.]+)", needed)
    extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)", marker)
    name = re.match(r"[\w.-]+", needed)[0]
    return Requirement(name, least[1] if least else "0", extra[1] if extra else "")


def installed(name: str) -> str | None:
    """Version of an installed package, or None."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def archives(name: str) -> list[Path]:
    """The archives of a bundled data set that are present, sorted."""
    try:
        return sorted(share("data", name).glob("*.zip"))
    except ValueError:
        return []


def describe_data() -> str:
    """What data sets are here, as text: styles, and images of each size and split."""
    lines = []
    for name in BUNDLED:
        lines.append(name)
        found = archives(name)
        for path in found:
            # What belongs to no split, such as references that nobody trains on, is left out.
            rows = [row for row in read_index(path) if row["split"] in SPLITS]
            # A file of `letters` is an alphabet, and its row names the letters that it has.
            splits = Counter()
            for row in rows:
                splits[row["split"]] += len(row.get("letters", "1"))
            shares = ", ".join(f"{splits[split]:,} {split}" for split in SPLITS if splits[split])
            lines.append(f"  {path.name}: {sum(splits.values()):,} images ({shares})")
            lines.append(f"    {', '.join(dict.fromkeys(row['style'] for row in rows))}")
        if not found:
            lines.append(f"  not here; build it with: {PACKAGE} data build {name}")
    lines.append("Any folder with one subfolder a style is a data set too: give --data DIR.")
    return "\n".join(lines)


def checksum_noted(path: Path) -> str | None:
    """The SHA-256 that the README beside a file, or in the folder above, states for it."""
    for readme in (path.parent / "README.md", path.parent.parent / "README.md"):
        if readme.is_file():
            name = rf"`(?:{re.escape(path.parent.name)}/)?{re.escape(path.name)}`"
            line = rf"{name}[^\n]*?\b([0-9a-f]{{64}})\b"
            if found := re.search(line, readme.read_text(encoding="utf-8")):
                return found[1]
    return None


def checksum(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def memory() -> float | None:
    """GiB of memory that this process may use; None where the system does not tell."""
    if not hasattr(os, "sysconf"):
        return None
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")  # a container's own limit
    if limit.is_file() and (text := limit.read_text().strip()).isdigit():
        total = min(total, int(text))
    return total / GIB


def _python() -> Iterator[Finding]:
    where = f"{platform.system()} {platform.release()} ({platform.machine()})"
    text = f"{platform.python_version()} on {where}, {sys.prefix}"
    yield Finding("Python", "ok", text)


def _packages() -> Iterator[Finding]:
    try:
        needed = [one for one in requirements() if not one.extra]
    except importlib.metadata.PackageNotFoundError:
        yield Finding(PACKAGE, "warn", "runs from its folder, not installed", "pip install -e .")
        return
    yield Finding(PACKAGE, "ok", installed(PACKAGE))
    for one in needed:
        version = installed(one.name)
        if version is None or _numbers(version) < _numbers(one.least):
            text = f"{version or 'missing'}, and {one.least} or newer is needed"
            yield Finding(one.name, "fail", text, f"pip install '{one.name}>={one.least}'")
        else:
            yield Finding(one.name, "ok", version)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.match(r"[\d.]*", version)[0].split(".") if part)


def _device() -> Iterator[Finding]:
    import torch

    from gan_lessons.training.precision import best_device

    device, total = best_device(), memory()
    if device.type == "cuda":
        free, whole = torch.cuda.mem_get_info()
        name = torch.cuda.get_device_name()
        text = f"{name}, {free / GIB:.1f} of {whole / GIB:.1f} GiB of memory free"
        yield Finding("device", "ok", f"cuda: {text}")
        yield _gpus(torch.cuda.device_count())
    elif device.type == "mps":
        yield Finding("device", "ok", "mps: this Mac's own GPU, which shares its memory")
    else:
        advice = "all lessons run; a training at preset full wants a GPU"
        yield Finding("device", "ok", "cpu: no GPU found", advice)
    if total is not None:
        enough = total >= LEAST_MEMORY
        advice = "" if enough else f"with under {LEAST_MEMORY} GiB keep to preset smoke"
        yield Finding("memory", "ok" if enough else "warn", f"{total:.1f} GiB", advice)


def _gpus(count: int) -> Finding:
    """How many GPUs there are, and the command that trains on all of them."""
    if count < 2:
        return Finding("GPUs", "ok", f"{count}")
    if installed("accelerate") is None:
        advice = f"to train on all of them: pip install '{PACKAGE}[train]'"
        return Finding("GPUs", "ok", f"{count}", advice)
    advice = f"train on all of them: {PACKAGE} train --processes {count} ..."
    return Finding("GPUs", "ok", f"{count}", advice)


def _precision() -> Iterator[Finding]:
    from gan_lessons.training import precision

    kind = precision.best_device().type
    units = {
        "matrix": "matrix units for bfloat16",
        "vector": "vector units for bfloat16",
        "": "no units for bfloat16",
    }[precision.bf16_units(kind)]
    text = f"auto chooses {precision.resolve('auto', kind)}: this {kind} has {units}"
    yield Finding("precision", "ok", text)


def _cores() -> Iterator[Finding]:
    import torch

    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield Finding("cores", "ok", f"{usable}, of which PyTorch uses {torch.get_num_threads()}")


def _disk() -> Iterator[Finding]:
    free = shutil.disk_usage(Path.cwd()).free / GIB
    advice = "" if free >= LEAST_DISK else f"free some space: a run takes up to {LEAST_DISK} GiB"
    yield Finding("disk", "warn" if advice else "ok", f"{free:.1f} GiB free here", advice)


def _extras() -> Iterator[Finding]:
    extras: dict[str, list[str]] = {}
    for one in requirements():
        if one.extra and one.extra != "all":
            extras.setdefault(one.extra, []).append(one.name)
    for extra, names in extras.items():
        missing = [name for name in names if installed(name) is None]
        if missing:
            text = f"missing {', '.join(missing)}"
            advice = f"if you want it: pip install '{PACKAGE}[{extra}]'"
            yield Finding(f"extra {extra}", "warn", text, advice)
        else:
            yield Finding(f"extra {extra}", "ok", "complete")


def _data() -> Iterator[Finding]:
    for name in BUNDLED:
        found = archives(name)
        if not found:
            yield Finding(name, "fail", "not found", f"gan-lessons data build {name}")
        for path in found:
            yield _checked(path.stem, path, f"gan-lessons data build {name}")


def _checked(name: str, path: Path, advice: str, text: str = "") -> Finding:
    """Compare a file with the checksum that its README states."""
    noted, size = checksum_noted(path), f"{path.stat().st_size / 2**20:.1f} MiB"
    text = f"{text}, {size}" if text else size
    if noted is None:
        return Finding(name, "ok", f"{text}, no checksum is stated for it")
    if noted != checksum(path):
        return Finding(name, "fail", f"{text}, and it is not what its README states", advice)
    return Finding(name, "ok", f"{text}, checksum right")


def _models() -> Iterator[Finding]:
    from gan_lessons.models.architecture import architecture
    from gan_lessons.models.store import FILE, bundled, describe, find, read_networks

    advice = "install the course again, or train one: gan-lessons train --help"
    if not bundled():
        yield Finding("models", "warn", "none found", advice)
    for name in bundled():
        folder = find(name)
        try:
            known = describe(folder)
            read_networks(folder, known, architecture(known.architecture).used)
        except ValueError as error:
            yield Finding(f"model {name}", "fail", str(error), advice)
        else:
            text = f"{len(known.styles)} styles at {known.recipe.data.size} pixels"
            yield _checked(f"model {name}", folder / FILE, advice, text)


def _lessons() -> Iterator[Finding]:
    try:
        count = len(list(share("notebooks").glob("*.ipynb")))
    except ValueError:
        count = 0
    if count:
        yield Finding("lessons", "ok", count_of(count, "notebook"))
    else:
        yield Finding("lessons", "warn", "no notebooks found", "install the course again")
    lab, kernel = installed("jupyterlab"), installed("ipykernel")
    if lab and kernel:
        text = f"JupyterLab {lab}, kernel {kernel}; open it with: gan-lessons lab"
        yield Finding("Jupyter", "ok", text)
    else:
        advice = f"pip install '{PACKAGE}[notebook]'"
        yield Finding("Jupyter", "warn", "JupyterLab or its Python kernel is missing", advice)
