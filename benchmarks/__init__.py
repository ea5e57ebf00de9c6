"""Speed and memory, always as ratios within one run: `make bench`."""
