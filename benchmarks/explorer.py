"""What the style explorer costs beyond the generator: a moved slider, a grid, a wild drag."""

import resource
import statistics
import time
from collections.abc import Callable

import torch

from benchmarks.timing import by_turns, quartiles

WARM, ROUNDS = 5, 41


def plain_call():
    """One picture through the bundled generator, and nothing else."""
    from gan_lessons.widgets.explorer.exploration import Exploration

    exploration = Exploration()
    state = exploration.start()
    model, x, s = exploration.model(state.model), *_inputs(exploration, state)

    def call(number: int) -> None:
        with torch.inference_mode():
            model.generate(x, s)

    return call


def _inputs(exploration, state) -> tuple[torch.Tensor, torch.Tensor]:
    return exploration._input(state), exploration._codes(state, [state.here])


def moved_slider():
    """A message of the slider as the browser sends it, until the new PNG is in the widget."""
    from gan_lessons.widgets import StyleExplorer

    explorer = StyleExplorer()
    names = explorer.exploration.model(explorer.state.model).styles
    other = next(name for name in names if name != explorer.state.here.style)
    there = explorer.state.at(style=other).here
    explorer.set_state(explorer.state.but(there=there))
    slider, shown = explorer.panels.walk, explorer.canvas.picture

    def call(number: int) -> None:
        before, value = shown.value, (1 + number % 97) / 100
        data = {"method": "update", "state": {"value": value}, "buffer_paths": []}
        slider._handle_msg({"content": {"data": data}, "buffers": []})
        assert shown.value != before

    return call


def sheet():
    """Eight styles in four draws."""
    from gan_lessons.widgets.explorer.exploration import Exploration

    exploration = Exploration()
    state = exploration.start()
    return lambda number: exploration.sheet(state.at(seed=number))


def wild_drag(seconds: float) -> tuple[int, int, float]:
    """Drag a slider as fast as messages can be handed over.

    Args:
        seconds: how long.

    Returns:
        Messages sent, pictures drawn, and by how many MiB the process' peak has grown.
    """
    import asyncio

    from gan_lessons.widgets import StyleExplorer

    explorer = StyleExplorer()

    async def drag(end: float) -> int:
        sent = 0
        while time.perf_counter() < end:
            value = (sent * 37 % 150) / 100
            data = {"method": "update", "state": {"value": value}, "buffer_paths": []}
            slider = explorer.panels.strength
            slider._handle_msg({"content": {"data": data}, "buffers": []})
            sent += 1
            await asyncio.sleep(0.002)
        while explorer.latest.waiting:
            await asyncio.sleep(0.01)
        return sent

    asyncio.run(drag(time.perf_counter() + 5))
    before, peak = explorer.latest.calls, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sent = asyncio.run(drag(time.perf_counter() + seconds))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) / 1024
    return sent, explorer.latest.calls - before, grown


def run(report: Callable[[str], None] = print) -> None:
    """Print the ratios, and the times themselves, which depend on the machine."""
    makes = {make.__name__: (make,) for make in (plain_call, moved_slider, sheet)}
    plain, slider, grid = by_turns(makes, warm=WARM, rounds=ROUNDS).values()
    report(f"The style explorer at 64 px, {torch.get_num_threads()} threads")
    for name, timing in (("a moved slider, answered", slider), ("8 styles in 4 draws", grid)):
        low, times, high = quartiles(timing, plain)
        spread = statistics.quantiles(timing.seconds, n=20)[-1]
        report(
            f"  {name}: {times:.1f} plain calls of the generator ({low:.1f} to {high:.1f}), median "
            f"{1000 * timing.median:.0f} ms, 95 of 100 below {1000 * spread:.0f} ms"
        )
    sent, drawn, grown = wild_drag(60)
    report(f"  dragged for a minute: {sent:,} messages, {drawn:,} drawn, {grown:.1f} MiB more")
