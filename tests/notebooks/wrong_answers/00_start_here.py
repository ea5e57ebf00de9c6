"""Typical wrong answers to the exercises of lesson 00, each with words of the hint it meets."""

WRONG = {
    "Exercise 1": {"same = False": "ask for both and compare"},
    "Exercise 2": {
        "def contact_sheet(image, seeds):\n"
        "    return [model.restyle(image, style, seed=seeds[0])[0] for style in model.styles]": (
            "one row for each seed"
        ),
        "def contact_sheet(image, seeds):\n"
        "    return [[model.restyle(image, 'noto', seed=s)[0]] for s in seeds]": (
            "one picture for each style"
        ),
        "def contact_sheet(image, seeds):\n"
        "    return [[model.restyle(image, t)[0] for t in model.styles] for s in seeds]": (
            "row 1, column 1"
        ),
    },
    "Exercise 3": {
        "def stretch(style, factor):\n    return factor * model.codes(style, seed=seed)[0]": (
            "one row, as model.codes gives it"
        ),
        "def stretch(style, factor):\n    return factor * model.codes(style, seed=seed + 1)": (
            "a factor of 1 changes nothing"
        ),
        "def stretch(style, factor):\n    return model.codes(style, seed=seed)": (
            "the factor multiplies the code"
        ),
    },
}
