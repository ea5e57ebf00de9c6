"""From sources to lessons: stubs, outputs, badges, and the contract that all keep."""
