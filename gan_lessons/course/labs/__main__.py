"""`python -m gan_lessons.course.labs [03] [--preset class]`: list or make longer runs."""

import argparse
import sys
from pathlib import Path

from gan_lessons.course.labs import catalogue
from gan_lessons.course.labs.store import PRESETS

STOPPED = 130


def main(words: list[str]) -> int:
    """List the labs, or run those of a lesson.

    Args:
        words: of the command line.

    Returns:
        0, 1 after an error of the user, 130 after Ctrl-C.
    """
    parser = argparse.ArgumentParser(
        prog="python -m gan_lessons.course.labs",
        description="The longer runs behind the lessons. Without a lesson: list them.",
    )
    parser.add_argument("lesson", nargs="?", help="how its name begins, such as 03")
    parser.add_argument("--preset", choices=PRESETS, default="class", help="default: class")
    parser.add_argument("--out", type=Path, help="folder of results; by default data/lessons")
    parser.add_argument("--device", default="cpu", help="auto, cuda, mps or cpu (default)")
    parser.add_argument("--again", action="append", metavar="RESULT", help="make it anew")
    asked = parser.parse_args(words)
    try:
        if asked.lesson is None:
            print(catalogue.describe())
        else:
            catalogue.run_labs(
                asked.lesson,
                preset=asked.preset,
                out=asked.out,
                device=asked.device,
                again=asked.again,
                report=lambda line: print(line, flush=True),
            )
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; what was made is kept, and the same command goes on.", file=sys.stderr)
        return STOPPED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
