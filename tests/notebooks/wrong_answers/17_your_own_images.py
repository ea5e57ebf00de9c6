"""What people answer wrongly in lesson 17, and the hint that each has to meet."""

PAIRS = """
def doubles(x):
    places = range(len(x))
    return [(i, j) for i in places for j in places[i + 1 :] """

WRONG = {
    "Exercise 1": {
        # The same pixels.
        PAIRS + "if torch.equal(x[i], x[j])]": "is not found",
        # As near as pixels are: paler ink counts as another drawing.
        PAIRS + "if (x[i].float() - x[j].float()).abs().mean() < 20]": "is not found",
        # So near that other drawings are, too.
        PAIRS + "if (x[i].float() - x[j].float()).abs().mean() < 60]": "two different drawings",
        "def doubles(x):\n    return [(15, 0), (16, 1), (17, 2), (18, 3)]": "each pair once",
        "def doubles(x):\n    return [(0, 15), (1, 16), (2, 17), (3, 18)]": "for other drawings",
    },
    "Exercise 2": {
        # Places in the place of names.
        """
def rows_for(old, new, nearest):
    return range(len(new))
""": "rows follow names, not places",
        # New ones are put at the end.
        """
def rows_for(old, new, nearest):
    known = [old.index(name) for name in new if name in old]
    return known + [old.index(nearest[name]) for name in new if name not in old]
""": "a new style gets a copy of the row",
        # The table of the nearest comes first.
        """
def rows_for(old, new, nearest):
    return [old.index(nearest.get(name, name)) for name in new]
""": "a style that the old model has by that name begins as itself",
    },
    "Exercise 3": {
        'files = ["trainA/1.png", "testB/2.png"]': "four files or more",
        'files = ["trainA/1.png", "trainB/2.png", "testA/3.png", "testB/4.png"]': (
            "read without complaint"
        ),
        'files = ["1_A.png", "1_B.png", "2_A.png", "3_A.png"]': "refused, but for something else",
    },
    "Exercise 4": {
        "def redraw(x):\n    return x": "change more",
        "def redraw(x):\n    return lab.engraving(x)": "still ink",
        "def redraw(x):\n    return x.float()": "pictures like those that came in",
    },
}
