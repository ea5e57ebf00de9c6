"""`python -m gan_lessons` does what the command `gan-lessons` does."""

from gan_lessons.cli import main

if __name__ == "__main__":
    main()
