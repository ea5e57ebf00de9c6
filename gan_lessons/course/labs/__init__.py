"""The longer runs behind the lessons: one module a lesson, each with `LESSON` and `run`."""
