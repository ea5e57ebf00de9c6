"""The style explorer: one picture, every style, and what lies between."""
