"""The card of results: one summary, as JSON, as a table for people, and as pictures."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, replace

import torch
import torchvision
from PIL import Image, ImageDraw
from torch import Tensor

from gan_lessons.data.gate import encode_image, tensor_to_image
from gan_lessons.metrics import features
from gan_lessons.metrics.features import as_float
from gan_lessons.metrics.figures import FIGURES, average
from gan_lessons.metrics.methods import COLOUR, COPY, MEAN, MODEL, NEAREST, REFERENCE, TRUE

FORMAT = "gan_lessons results 1"
REAL_SETS = "real images"  # different concepts in one style, where a method has its draws
OURS = (MODEL, REFERENCE, MEAN)
LIMITED = {  # which real figure stands beside a figure, and what to call it
    "truth_mean": ("limit", TRUE),
    "truth_best": ("limit", TRUE),
    "content": ("limit", TRUE),
    "style": ("limit", TRUE),
    "kid": ("floor", TRUE),
    "precision": ("limit", TRUE),
    "recall": ("limit", TRUE),
    "density": ("limit", TRUE),
    "coverage": ("limit", TRUE),
    "diversity": ("limit", REAL_SETS),
    "diversity_palette": ("limit", REAL_SETS),
}
HEADINGS = {
    MODEL: "3 draws",
    REFERENCE: "reference",
    MEAN: "mean code",
    COLOUR: "colours",
    NEAREST: "nearest",
}
SCALE = 1.5  # of pictures on the sheet


def summary(name: str, model, bench, rows: dict) -> dict:
    """All that was measured, in the frozen form of `results.json`.

    Args:
        name: of the model.
        model: a `StyleTransfer`.
        bench: a `benchmark.Bench`, for what was measured on.
        rows: from (pair, seed) to figures by method.

    Returns:
        Plain data; `figures` holds for each figure `model`, `floor` or `limit`, and `baselines`.
    """
    bed, plan = bench.bed, bench.protocol
    counts = {pair: len(bed.shared(pair)) for pair in bed.pairs}
    return {
        "format": FORMAT,
        "model": {"name": name, "styles": list(model.styles), "run": model.run},
        "protocol": asdict(plan) | {"measured_pairs": len(bed.pairs)},
        "data": {"name": bed.dataset.name, "split": "test", "resolution": model.size},
        "features": {
            "network": f"{features.NAME}, ImageNet, without its head",
            "resolution": features.SIZE,
            "precision": "float32, weights stored in float16",
        },
        "computed": {
            "device": str(model.device),
            "precision": model.precision,
            "torch": torch.__version__,
            "torchvision": torchvision.__version__,
        },
        "figures": {key: one_figure(key, plan, counts, rows) for key in FIGURES},
        "classifier": classifier(bench.judge),
        "pairs": [one_pair(pair, counts[pair], plan, rows) for pair in bed.pairs],
    }


def classifier(judge) -> dict | None:
    """What the style figure is worth."""
    if judge is None:
        return None
    return {"styles": list(judge.styles), "accuracy": judge.accuracy, "confusion": judge.confusion}


def one_figure(key: str, plan, counts: dict, rows: dict) -> dict:
    """One figure of every method, averaged over pairs, with its spread over seeds."""
    known = FIGURES[key]
    names = dict.fromkeys(name for row in rows.values() for name in row)
    values = {name: over_seeds(key, name, plan, counts, rows) for name in names}
    values = {name: value for name, value in values.items() if value is not None}
    entry = {"title": known.title, "better": known.better}
    entry["model"] = values.get(MODEL)
    entry["variants"] = {name: values[name] for name in (REFERENCE, MEAN) if name in values}
    if key in LIMITED:
        kind, source = LIMITED[key]
        entry[kind] = values.get(source)
    outside = (*OURS, TRUE, REAL_SETS)
    entry["baselines"] = {name: v for name, v in values.items() if name not in outside}
    return entry


def over_seeds(key: str, name: str, plan, counts: dict, rows: dict) -> dict | None:
    """Mean over the seeds, spread between them, and the number of pictures behind it."""
    seeds = []
    for seed in plan.seeds:
        mine = [rows[pair, seed].get(name, {}) for pair in counts]
        seeds.append(average(mine).get(key))
    if any(value is None for value in seeds):
        return None
    has = [pair for pair in counts if key in rows[pair, plan.seeds[0]].get(name, {})]
    draws = plan.draws if name == MODEL else 1
    return {
        "value": statistics.fmean(seeds),
        "spread": statistics.stdev(seeds) if len(seeds) > 1 else None,
        "seeds": seeds,
        "pairs": len(has),
        "concepts": sum(counts[pair] for pair in has),
        "pictures": sum(counts[pair] for pair in has) * draws * len(plan.seeds),
    }


def one_pair(pair, count: int, plan, rows: dict) -> dict:
    """Every method's figures on one pair of styles, averaged over the seeds."""
    names = rows[pair, plan.seeds[0]]
    means = {name: average([rows[pair, seed][name] for seed in plan.seeds]) for name in names}
    return {"source": pair[0], "target": pair[1], "concepts": count, "figures": means}


def markdown(results: dict) -> str:
    """The card as a table for people.

    Args:
        results: from `summary`, with or without `speed`.

    Returns:
        Markdown.
    """
    plan, made = results["protocol"], results["model"]["run"]
    lines = [
        f"# Results of {results['model']['name']}",
        "",
        f"Protocol `{plan['name']}` on {results['data']['name']}, test concepts only, "
        f"{plan['measured_pairs']} ordered pairs of styles, {plan['draws']} draws a source, "
        f"{len(plan['seeds'])} seeds. Features: {results['features']['network']}, at "
        f"{results['features']['resolution']} px. Each figure is a mean over pairs; after the "
        "sign the standard deviation between seeds.",
        "",
        "The run: " + ", ".join(f"{k} {v}" for k, v in made.items() if v) + ".",
        "",
        *table(results["figures"]),
        "",
        *judged(results["classifier"]),
        *costs(results.get("speed", [])),
        *by_target(results["pairs"]),
    ]
    return "\n".join(lines) + "\n"


def table(entries: dict) -> list[str]:
    """Methods in columns, figures in rows."""
    names = dict.fromkeys(name for e in entries.values() for name in e["baselines"])
    head = ["figure", "model", "one reference", "mean code", *names, "floor or limit", "pictures"]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for key, entry in entries.items():
        if entry["model"] is None:
            continue
        real = entry.get("limit") or entry.get("floor")
        variants = [entry["variants"].get(name) for name in (REFERENCE, MEAN)]
        values = [entry["model"], *variants, *(entry["baselines"].get(n) for n in names), real]
        shown = [number(value, FIGURES[key].digits) for value in values]
        arrow = {"lower": " (lower is better)", "higher": " (higher is better)", "": ""}
        title = entry["title"] + arrow[entry["better"]]
        lines.append(f"| {' | '.join([title, *shown, str(entry['model']['pictures'])])} |")
    return lines


def number(value: dict | None, digits: int) -> str:
    """A figure with its spread."""
    if value is None:
        return ""
    spread = "" if value["spread"] is None else f" ± {value['spread']:.{digits}f}"
    return f"{value['value']:.{digits}f}{spread}"


def judged(known: dict | None) -> list[str]:
    """What the style classifier makes of real test pictures."""
    if known is None:
        return []
    head = ["real, judged as", *known["styles"]]
    return [
        f"The style classifier's own accuracy on real test pictures: {known['accuracy']:.3f}.",
        "",
        f"| {' | '.join(head)} |",
        "|" + "---|" * len(head),
        *(
            f"| {style} | {' | '.join(map(str, row))} |"
            for style, row in zip(known["styles"], known["confusion"])
        ),
        "",
    ]


def costs(rows: list[dict]) -> list[str]:
    """Speed and memory."""
    if not rows:
        return []
    head = ["precision", "batch", "ms an image", "peak MiB"]
    lines = ["## Speed", "", f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    lines += [f"| {' | '.join(str(v) for v in row.values())} |" for row in rows]
    return [*lines, "", "Peak: tensors that live at one time, the weights left out.", ""]


def by_target(pairs: list[dict]) -> list[str]:
    """The model's figures for each pair."""
    keys = ("truth_mean", "truth_best", "content", "style", "kid")
    head = ["from", "to", "concepts", *keys]
    lines = ["## Pairs of styles", "", f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for pair in pairs:
        own = pair["figures"].get(MODEL, {})
        shown = [f"{own[key]:.{FIGURES[key].digits}f}" if key in own else "" for key in keys]
        cells = [pair["source"], pair["target"], str(pair["concepts"]), *shown]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def sheet(bench, rows: int = 16) -> bytes:
    """A contact sheet: sources, truth, the model's results and those of the baselines.

    Args:
        bench: a `benchmark.Bench`.
        rows: how many pairs, one concept of each.

    Returns:
        A PNG.
    """
    pairs = bench.bed.pairs[:: max(1, len(bench.bed.pairs) // rows)][:rows]
    shown = [name for name in bench.methods if name not in (TRUE, COPY)]
    lines, labels = [], []
    for place, pair in enumerate(pairs):
        task = bench.task(pair, bench.protocol.seeds[0])
        one = slice(place % len(task.x), place % len(task.x) + 1)
        own = {key: getattr(task, key)[one] for key in ("x", "true", "x_features")}
        task = replace(task, **own)
        cells = [task.x[0], as_float(task.true[0])]
        for name in shown:
            results = bench.methods[name](task)
            cells += list(as_float(results[0, : 3 if name == MODEL else 1]))
        lines.append(torch.stack(cells))
        labels.append(f"{pair[0]} to {pair[1]}")
    names = ["source", "truth", *(HEADINGS.get(name, name) for name in shown)]
    widths = [1, 1, *(3 if name == MODEL else 1 for name in shown)]
    return encode_image(labelled(lines, labels, names, widths))


def labelled(
    lines: Sequence[Tensor], labels: Sequence[str], names: Sequence[str], widths: Sequence[int]
) -> Image.Image:
    """Rows of pictures with a name above each column and at the left of each row."""
    side = round(lines[0].shape[-1] * SCALE)
    left, top, step = 150, 30, side + 4
    columns = sum(widths)
    page = Image.new("RGB", (left + columns * step, top + len(lines) * step), "white")
    pen = ImageDraw.Draw(page)
    at = 0
    for name, width in zip(names, widths):
        pen.text((left + at * step, 8), name, fill="black")
        at += width
    for r, (line, label) in enumerate(zip(lines, labels)):
        pen.text((4, top + r * step + side // 2 - 6), label, fill="black")
        for c, picture in enumerate(line):
            small = tensor_to_image(picture).resize((side, side), Image.Resampling.BICUBIC)
            page.paste(small, (left + c * step, top + r * step))
    return page
