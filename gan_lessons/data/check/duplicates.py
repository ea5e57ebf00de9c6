"""Which pictures are nearly the same, in time that does not grow with the square of the set."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

HASH_BITS, NEAR_BITS = 64, 3
NEAR_COLOUR = 4.0


def near_groups(hashes: Sequence[int], small: Sequence[np.ndarray]) -> list[list[int]]:
    """Groups images whose 64-bit hashes differ in at most 3 bits and whose colours agree.

    Of two such hashes at least one of four 16-bit parts is equal: only images that share a part
    are compared, so that large sets take no quadratic time.

    Args:
        hashes: one perceptual hash an image.
        small: the same images at `(16, 16, 3)`, uint8.

    Returns:
        Groups of two or more positions, each ascending.
    """
    leader = list(range(len(hashes)))

    def find(row: int) -> int:
        while leader[row] != row:
            leader[row] = leader[leader[row]]
            row = leader[row]
        return row

    for part in range(0, HASH_BITS, HASH_BITS // (NEAR_BITS + 1)):
        buckets = defaultdict(list)
        for row, value in enumerate(hashes):
            buckets[value >> part & 0xFFFF].append(row)
        for bucket in buckets.values():
            for i, row in enumerate(bucket):
                for other in bucket[:i]:
                    alike = (hashes[row] ^ hashes[other]).bit_count() <= NEAR_BITS
                    if alike and find(row) != find(other) and _close(small[row], small[other]):
                        leader[find(row)] = find(other)
    groups = defaultdict(list)
    for row in range(len(hashes)):
        groups[find(row)].append(row)
    return [group for group in groups.values() if len(group) > 1]


def _close(one: np.ndarray, other: np.ndarray) -> bool:
    return np.abs(one.astype(np.int16) - other).mean() < NEAR_COLOUR
