"""Run the benchmarks: all, or those named (`python -m benchmarks training_cost`)."""

import importlib
import sys

from benchmarks.timing import processor

NAMES = ("using", "training_cost", "web", "explorer", "app")


def main(names: list[str]) -> None:
    """Run benchmarks by name.

    Args:
        names: some of NAMES; none stands for all.
    """
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        sys.exit(f"no benchmark {', '.join(unknown)}; they are {', '.join(NAMES)}")
    print(f"On {processor()}")
    for name in names or NAMES:
        importlib.import_module(f"benchmarks.{name}").run()


if __name__ == "__main__":
    main(sys.argv[1:])
