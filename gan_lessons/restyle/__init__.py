"""Many pictures restyled into one folder."""
