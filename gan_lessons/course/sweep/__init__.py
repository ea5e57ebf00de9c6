"""Lessons with parameters of one's own, and what many runs say together."""
