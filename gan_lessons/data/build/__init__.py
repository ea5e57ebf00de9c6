"""How the bundled sets are built from packages; for maintainers."""
