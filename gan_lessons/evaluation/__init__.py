"""The benchmark: one model and what it must beat, by one protocol, into one card of results."""
