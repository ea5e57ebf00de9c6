"""The entry point of the command `gan-lessons`, and of `python -m gan_lessons`."""

import signal


def main() -> None:
    """Reads the command line's modules, and runs it.

    Until they are read nothing has begun, so that Ctrl-C ends the process at once, with no word.
    """
    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # unless it is ignored
    if usual:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from gan_lessons.cli import main as command

    if usual:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    command()


if __name__ == "__main__":
    main()
