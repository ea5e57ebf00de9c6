"""Lesson 01's widget: drag the generator's density, see the best discriminator and both losses.

Data and generator are Gaussians on a line, so that everything is known: the densities p and q, the
discriminator D* = p / (p + q), and with it the losses and gradients that a trained GAN has to
estimate. `Densities` computes, `Sketch` draws, `DensityExplorer` is the widget over both.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from gan_lessons.plots import COLOURS, FAINT
from gan_lessons.widgets.canvas import Canvas, Latest, Stage, show

DATA, MADE, JUDGE, GREY = COLOURS[0], COLOURS[1], COLOURS[2], "#767676"
MEANS, WIDTHS = (-6.0, 6.0), (0.3, 3.0)
REACH, POINTS = 24.0, 1601  # of the line on which integrals are taken


@dataclass(frozen=True)
class Densities:
    """Data from N(0, 1) and a generator that draws from N(mean, width^2).

    Args:
        mean: of the generator's samples, -6 to 6; the data's is 0.
        width: their standard deviation, 0.3 to 3; the data's is 1.
    """

    mean: float = 2.5
    width: float = 1.0

    def __post_init__(self):
        for name, (low, high) in (("mean", MEANS), ("width", WIDTHS)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"a {name} of {low:g} to {high:g} expected, got {value}")

    @property
    def x(self) -> Tensor:
        """`(P,)` points of the line, float64."""
        return torch.linspace(-REACH, REACH, POINTS, dtype=torch.float64)

    def log_p(self, x: Tensor) -> Tensor:
        """Logarithm of the data's density."""
        return log_normal(x, 0.0, 1.0)

    def log_q(self, x: Tensor) -> Tensor:
        """Logarithm of the generator's density."""
        return log_normal(x, self.mean, self.width)

    def logits(self, x: Tensor) -> Tensor:
        """Those of the best discriminator, log p - log q; their sigmoid is p / (p + q).

        Goodfellow et al. 2014, proposition 1.

        Args:
            x: `(...)` points.

        Returns:
            `(...)`.
        """
        return self.log_p(x) - self.log_q(x)

    def value(self) -> float:
        """V(D*, G) = E_p[log D*] + E_q[log(1 - D*)], what the discriminator maximises."""
        p, q, logits = self.log_p(self.x).exp(), self.log_q(self.x).exp(), self.logits(self.x)
        return integral(-p * F.softplus(-logits) - q * F.softplus(logits), self.x)

    def jsd(self) -> float:
        """Jensen-Shannon divergence of p and q in nats, 0 to log 2; V(D*, G) is 2 JSD - log 4.

        The same paper, theorem 1. Computed from its definition, KL(p|m)/2 + KL(q|m)/2 with
        m = (p + q) / 2.
        """
        log_p, log_q = self.log_p(self.x), self.log_q(self.x)
        log_m = torch.logaddexp(log_p, log_q) - math.log(2)
        both = log_p.exp() * (log_p - log_m) + log_q.exp() * (log_q - log_m)
        return integral(both, self.x) / 2

    def losses(self) -> dict[str, float]:
        """Both generator losses under the best discriminator: E_q[log(1 - D*)], -E_q[log D*]."""
        q, logits = self.log_q(self.x).exp(), self.logits(self.x)
        return {
            "minimax": integral(-q * F.softplus(logits), self.x),
            "nonsaturating": integral(q * F.softplus(-logits), self.x),
        }

    def gradients(self) -> dict[str, float]:
        """How each loss changes with the generator's mean while D stays what it is.

        A sample is x = mean + width z, so its derivative in the mean is 1, and

        d/dmean E_q[log(1 - D)] = -E_q[D l'], d/dmean E_q[-log D] = -E_q[(1 - D) l'],

        with the logit l = log p - log q. Descent moves the mean against the sign.
        """
        slope = -self.x + (self.x - self.mean) / self.width**2
        q, judged = self.log_q(self.x).exp(), self.logits(self.x).sigmoid()
        return {
            "minimax": integral(-q * judged * slope, self.x),
            "nonsaturating": integral(-q * (1 - judged) * slope, self.x),
        }


def log_normal(x: Tensor, mean: float, width: float) -> Tensor:
    """Logarithm of a Gaussian's density.

    Args:
        x: `(...)`.
        mean: of the Gaussian.
        width: its standard deviation.

    Returns:
        `(...)`.
    """
    return -0.5 * ((x - mean) / width) ** 2 - math.log(width * math.sqrt(2 * math.pi))


def integral(y: Tensor, x: Tensor) -> float:
    """Integral by trapezia of `y` `(P,)` over `x` `(P,)`."""
    return torch.trapezoid(y, x).item()


class Sketch:
    """Densities, D*, losses and gradients in one figure, whose artists are moved, not made anew."""

    def __init__(self, start: Densities | None = None):
        from matplotlib.figure import Figure

        self.figure = Figure(figsize=(7.2, 4.6), dpi=100, facecolor="white")
        grid = self.figure.add_gridspec(
            2, 2, left=0.08, right=0.985, top=0.93, bottom=0.11, hspace=0.55, wspace=0.26
        )
        self.axes = [self.figure.add_subplot(grid[k // 2, k % 2]) for k in range(4)]
        self.line = np.linspace(-6.5, 6.5, 261)
        self.means = np.linspace(*MEANS, 49)
        self.width = 0.0  # for which the curves over the mean were drawn
        start = start or Densities()
        self._densities(start)
        self.over_mean = [
            self._over_mean(self.axes[2], "losses of G", "loss (nats)", (-9, 20), 0.38),
            self._over_mean(self.axes[3], "their slopes", "d loss / d mean", (-7, 7), 0.04),
        ]
        lines = [artist for panel in self.over_mean for pair in panel.values() for artist in pair]
        self.stage = Stage(self.figure, [self.q, self.d, *lines])
        self.update(start)

    def _densities(self, start: Densities) -> None:
        above, judged = self.axes[:2]
        x = torch.from_numpy(self.line)
        above.plot(self.line, start.log_p(x).exp(), color=DATA, linewidth=1.8)
        (self.q,) = above.plot([], [], color=MADE, linewidth=1.8)
        for name, colour, y in (("data p", DATA, 1.32), ("generator q", MADE, 1.15)):
            above.text(-6.3, y, name, color=colour, size=9)
        above.set(xlim=(-6.5, 6.5), ylim=(0, 1.5), xlabel="x", ylabel="density")
        above.set_title("densities", loc="left", size=10)
        (self.d,) = judged.plot([], [], color=JUDGE, linewidth=1.8)
        judged.axhline(0.5, color=GREY, linewidth=0.8, linestyle=":")
        judged.set(xlim=(-6.5, 6.5), ylim=(-0.03, 1.03), xlabel="x", ylabel="D*(x)")
        judged.set_title("the best discriminator, p / (p + q)", loc="left", size=10)
        for axes in self.axes:
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(axis="y", color=FAINT, linewidth=0.6)
            axes.tick_params(labelsize=8)

    def _over_mean(self, axes, title: str, label: str, limits: tuple, left: float) -> dict:
        made = {}
        styles = (("minimax", COLOURS[3], "--"), ("nonsaturating", COLOURS[6], "-"))
        for place, (name, colour, dashes) in enumerate(styles):
            (curve,) = axes.plot([], [], color=colour, linewidth=1.6, linestyle=dashes)
            (dot,) = axes.plot([], [], "o", color=colour, markersize=6)
            shown = name.replace("nons", "non-s")
            y = 0.75 + 0.13 * place
            axes.text(left, y, shown, color=colour, size=9, transform=axes.transAxes)
            made[name] = (curve, dot)
        axes.set(xlim=MEANS, ylim=limits, xlabel="mean of G", ylabel=label)
        axes.set_title(title, loc="left", size=10)
        return made

    def update(self, now: Densities) -> None:
        """Move everything to other densities."""
        x = torch.from_numpy(self.line)
        self.q.set_data(self.line, now.log_q(x).exp().numpy())
        self.d.set_data(self.line, now.logits(x).sigmoid().numpy())
        here = (now.losses(), now.gradients())
        if now.width != self.width:
            others = [replace(now, mean=float(mean)) for mean in self.means]
            curves = ([o.losses() for o in others], [o.gradients() for o in others])
            for panel, values in zip(self.over_mean, curves, strict=True):
                for name, (curve, _) in panel.items():
                    curve.set_data(self.means, [value[name] for value in values])
            self.width = now.width
        for panel, values in zip(self.over_mean, here, strict=True):
            for name, (_, dot) in panel.items():
                dot.set_data([now.mean], [values[name]])


def sentence(now: Densities) -> str:
    """What the figure shows, in words and numbers."""
    losses, gradients = now.losses(), now.gradients()
    return (
        f"Data N(0, 1), generator N({now.mean:.1f}, {now.width:.1f}²). "
        f"Jensen–Shannon divergence {now.jsd():.3f} of at most {math.log(2):.3f}. "
        f"Minimax loss {losses['minimax']:.2f}, gradient {gradients['minimax']:.2g}; "
        f"non-saturating loss {losses['nonsaturating']:.2f}, "
        f"gradient {gradients['nonsaturating']:.2g}."
    )


class DensityExplorer:
    """Two sliders over a sketch.

    Args:
        mean: of the generator at the start.
        width: its standard deviation at the start.

    Attributes:
        view: the widget, to be put into others.
        canvas: its picture.
        mean: the slider of the mean.
        width: the slider of the width.
    """

    def __init__(self, mean: float = 2.5, width: float = 1.0):
        import ipywidgets as widgets

        start = Densities(mean, width)
        self.sketch, self.canvas = Sketch(start), Canvas(720, halves=True)
        self.mean = _slider("mean of G", MEANS, mean)
        self.width = _slider("width of G", WIDTHS, width)
        self.latest = Latest(self.draw, self.canvas.fail)
        for slider in (self.mean, self.width):
            slider.observe(self._moved, names="value")
        self.draw(start)
        self.view = widgets.VBox([widgets.HBox([self.mean, self.width]), self.canvas])
        self.view.children[0].layout.flex_flow = "row wrap"

    def _moved(self, change) -> None:
        self.latest(Densities(self.mean.value, self.width.value))

    def draw(self, now: Densities) -> None:
        """Show these densities."""
        self.sketch.update(now)
        self.canvas.put(self.sketch.stage.pixels(), sentence(now))

    def _ipython_display_(self, **kwargs) -> None:
        show(self.view, self.canvas)


def _slider(name: str, limits: tuple[float, float], value: float):
    import ipywidgets as widgets

    return widgets.FloatSlider(
        value=value, min=limits[0], max=limits[1], step=0.1, description=name,
        readout_format=".1f", continuous_update=True,
        style={"description_width": "85px"}, layout={"width": "340px", "max_width": "100%"},
    )  # fmt: skip
