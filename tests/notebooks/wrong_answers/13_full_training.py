"""Typical wrong answers to the exercises of lesson 13, each with words of the hint it meets."""

ROWS = "def epoch_rows(seed, step, n, total):\n"
SHUFFLED = "    epoch, place = divmod(step, total // n)\n    order = torch.randperm(total{})\n"
CUT = "    return order[place * n : (place + 1) * n]"
LOST = (
    "def lost(part):\n"
    "    fresh = prepared(proof)[1].parts()\n"
    "    ended = train_by_hand(proof, {saved})['{group}']['generator']\n"
    "    theirs = standard['{group}']['generator']\n"
    "    return not all(torch.equal(ended[key], theirs[key]) for key in theirs)"
)
SAVED = "checkpoint.read(file) | {part: fresh[part]}"

WRONG = {
    "Exercise 2": {
        f"{ROWS}{SHUFFLED.format('')}{CUT}": "must not depend on earlier draws",
        f"{ROWS}    chance = batches.generator_at(seed, step)\n"
        "    return torch.randint(total, (n,), generator=chance)": "no row comes twice",
        f"{ROWS}    chance = batches.generator_at(seed, step // 6)\n"
        "    order, place = torch.randperm(total, generator=chance), step % 6\n"
        f"{CUT}": "the second epoch begins at step 5",
        f"{ROWS}{SHUFFLED.format(', generator=batches.generator_at(seed, 0)')}{CUT}": (
            "each epoch has its own order"
        ),
    },
    "Exercise 3": {
        "needed = {'networks', 'averages', 'optimisers', 'step'}": "lose each of the four",
        "needed = {'networks'}": "lose each of the four",
        LOST.format(saved="checkpoint.read(file)", group="networks"): "lose each of the four",
        LOST.format(saved=SAVED, group="averages"): "what else was lost",
    },
}
