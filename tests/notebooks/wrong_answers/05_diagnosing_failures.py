"""Typical wrong answers to the exercises of lesson 05, each with words of the hint it meets."""

DIAGNOSE = "def diagnose(signs):\n"
WINS = '    if signs["fake"] > 0.97 and signs["gradient"] < 0.05:\n        return "D wins"\n'
DEAF = '    if not signs["agree"] >= 0.3:\n        return "ignored condition"\n'
POOR = '    if signs["variety"] < 0.5:\n        return "collapse"\n'
ALARM = "def first_alarm(varieties, low, patience):\n"

WRONG = {
    "Exercise 1": {
        f'{DIAGNOSE}{DEAF}    return "healthy"': "do not treat those who are well",
        f'{DIAGNOSE}{POOR}{WINS}    return "healthy"': "asked for first",
        f'{DIAGNOSE}{WINS}{POOR}    return "healthy"': "samples that hop",
        f'{DIAGNOSE}{WINS}    return "healthy"': "samples that stay",
        f"{DIAGNOSE}{WINS}"
        '    if signs["variety"] < 0.5:\n'
        '        return "oscillation" if signs["motion"] > 0.5 else "collapse"\n'
        '    return "healthy"': "the one asked for",
        f"{DIAGNOSE}{WINS}"
        '    if signs["variety"] < 0.5:\n'
        '        return "oscillation" if signs["motion"] > 0.5 else "collapse"\n'
        '    return "ignored condition" if signs["agree"] < 0.3 else "healthy"': "near 0",
    },
    "Exercise 2": {
        "repair = {}": "one or two settings",
        'repair = {"g_lr": lr, "d_lr": lr, "r1": 0.1}': "one or two",
        'repair = {"times": 4.0}': "the same number of steps",
        'repair = {"g_lr": lr / 1000}': "too strong",
    },
    "Exercise 3": {
        f"{ALARM}    return 0": "nothing is low here",
        f"{ALARM}"
        "    for k, _ in enumerate(varieties):\n"
        "        if max(varieties[k:k + patience]) < low:\n"
        "            return k": "completes the row",
        f"{ALARM}"
        "    poor = [k for k, variety in enumerate(varieties) if variety < low]\n"
        "    return poor[patience - 1] if len(poor) >= patience else None": "in a row",
        f"{ALARM}"
        "    found, poor = None, 0\n"
        "    for k, variety in enumerate(varieties):\n"
        "        poor = poor + 1 if variety < low else 0\n"
        "        found = k if poor >= patience else found\n"
        "    return found": "the first time only",
        f"{ALARM}"
        "    poor = 0\n"
        "    for k, variety in enumerate(varieties):\n"
        "        poor = poor + 1 if variety <= low else 0\n"
        "        if poor == patience:\n"
        "            return k\n"
        "    return None": "at the limit",
    },
    "Exercise 4": {
        "fooling = plane.x[:400]": "500 points",
        "fooling = mixture.sample(500, torch.Generator().manual_seed(3))[0]": (
            "these points are new"
        ),
        "fooling = plane.x[:1].expand(500, 2)": "not varied enough",
    },
}
