"""Exercises handed out to a class, and what comes back, graded in isolation."""
