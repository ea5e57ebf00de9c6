"""What is left of a letter when its style is taken away: the path that a pen took.

Letters are thinned to lines one pixel wide (Guo and Hall 1989), whose loose ends are then cut off,
and serifs with them. Weight, contrast and terminals are gone, so that a code has to hold them. What
to do at a pixel depends on its eight neighbours alone, so both are tables of 256 answers.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

THINNINGS = 14  # at most: lines up to 28 pixels wide become thin
LIGHTEST = 0.3  # of ink: what is paler than this is paper
CUT = 6  # pixels that are cut off each loose end
LEAST, MOST = 3, 9  # and in training, where what little is left of serifs must tell nothing
AROUND = ((0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0), (0, 0))  # clockwise from above


def neighbours() -> Tensor:
    """For each of the 256 neighbourhoods, which of the eight neighbours are ink: `(256, 8)`."""
    return (torch.arange(256)[:, None] >> torch.arange(8)) & 1


def thinning_tables() -> Tensor:
    """Which pixels stay in the two halves of a round of thinning (Guo and Hall 1989, algorithm A1).

    Returns:
        `(2, 256)`, 1 where the middle stays.
    """
    p = neighbours().T  # (8, 256): p[0] above, then clockwise
    after = p.roll(-1, dims=0)
    # Ways in which the middle joins what is around it: one for an edge, two within a line.
    joins = sum((1 - p[i]) & (after[i] | p[(i + 2) % 8]) for i in range(0, 8, 2))
    one = sum(p[i] | p[(i + 1) % 8] for i in range(0, 8, 2))
    other = sum(p[i] | p[(i + 7) % 8] for i in range(0, 8, 2))
    fewer = torch.minimum(one, other)
    gone = (joins == 1) & (2 <= fewer) & (fewer <= 3)
    first = (p[0] | p[1] | (1 - p[3])) & p[2]
    second = (p[4] | p[5] | (1 - p[7])) & p[6]
    return torch.stack([~(gone & (first == 0)), ~(gone & (second == 0))]).float()


def ends_table() -> Tensor:
    """Which pixels are no loose ends: those with neighbours on two sides, `(256,)`."""
    p = neighbours().T
    count = p.sum(dim=0)
    runs = ((1 - p) & p.roll(-1, dims=0)).sum(dim=0)
    return ((count > 2) | (runs > 1)).float()


class Strokes(nn.Module):
    """Letters as soft lines of one width."""

    def __init__(self):
        super().__init__()
        weights = torch.zeros(3, 3)
        for bit, (row, column) in enumerate(AROUND):
            weights[row, column] = 2.0**bit
        self.register_buffer("weights", weights[None, None], persistent=False)
        self.register_buffer("tables", thinning_tables(), persistent=False)
        self.register_buffer("ends", ends_table(), persistent=False)

    @torch.no_grad()
    def forward(self, x: Tensor, cut: Tensor | None = None) -> Tensor:
        """Thin letters.

        Args:
            x: `(N, C, H, W)` in [-1, 1], dark on white.
            cut: `(N,)`, pixels that are cut off each loose end, at most `MOST`; None: `CUT`.

        Returns:
            `(N, 1, H, W)` in [0, 1]: lines some three pixels wide, 1 in their middle.
        """
        ink = (x.float().mean(dim=1, keepdim=True) < LIGHTEST).float()
        for _ in range(THINNINGS):
            for table in self.tables:
                ink = self.kept(ink, table)
        for done in range(CUT if cut is None else MOST):
            shorter = self.kept(ink, self.ends)
            ink = (
                shorter if cut is None else torch.where(done < cut.view(-1, 1, 1, 1), shorter, ink)
            )
        wide = F.max_pool2d(ink, 3, stride=1, padding=1)
        return F.avg_pool2d(wide, 3, stride=1, padding=1)

    def kept(self, ink: Tensor, table: Tensor) -> Tensor:
        """The pixels of ink that a table lets stay."""
        around = F.conv2d(ink, self.weights, padding=1)
        return ink * table[around.long()]
