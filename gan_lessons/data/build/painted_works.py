"""The paintings of `painted_photos`, work by work, and the photographs that it leaves out.

Works are split by hand, because a hash could leave a painter without a test: of nine works of each
painter two are for testing and one for choosing. The references are by painters of whom no style
is trained; they show what a reference never seen in training does.
"""

from collections.abc import Mapping
from dataclasses import dataclass

REFERENCE = "reference"


@dataclass(frozen=True)
class Work:
    """One painting: what it is, on which side of the split it lies, where its package has it."""

    key: str
    title: str
    author: str
    split: str
    place: str  # name of a file, or of a jigsaw's board


_MORISOT, _VAN_GOGH, _HOKUSAI = "Berthe Morisot", "Vincent van Gogh", "Katsushika Hokusai"
_HIROSHIGE, _RENOIR = "Utagawa Hiroshige", "Pierre-Auguste Renoir"

THEME: Mapping[str, tuple[Work, ...]] = {
    "morisot": (
        Work("daffodils", "Daffodils", _MORISOT, "train", "Daffodils.jpg"),
        Work("reading", "Reading", _MORISOT, "valid", "Reading.jpg"),
        Work(
            "boulogne", "In the Bois de Boulogne", _MORISOT, "train", "in-the-bois-de-boulogne.jpg"
        ),
        Work("sand", "Playing in the sand", _MORISOT, "train", "playing-in-the-sand.jpg"),
        Work("hollyhocks", "Hollyhocks", _MORISOT, "train", "roses-tremieres-hollyhocks-1884.jpg"),
        Work("self_portrait", "Self-portrait", _MORISOT, "train", "self-portrait-1885.jpg"),
        Work("bougival", "Garden at Bougival", _MORISOT, "test", "the-garden-at-bougival-1884.jpg"),
        Work("nice", "Villa in Nice", _MORISOT, "train", "villa-with-orange-trees-nice.jpg"),
        Work("mauve", "Young woman in mauve", _MORISOT, "test", "young-woman-in-mauve.jpg"),
    )
}
"""Files of the WordPress theme."""

BACKGROUNDS: Mapping[str, tuple[Work, ...]] = {
    "van_gogh": (
        Work("hospital", "Entrance hall of Saint-Paul", _VAN_GOGH, "valid", "VincentVanGogh0012"),
        Work("langlois", "Bridge of Langlois at Arles", _VAN_GOGH, "test", "VincentVanGoghBridge"),
        Work("church", "Church at Auvers", _VAN_GOGH, "train", "Eglise_dAuvers-sur-Oise"),
        Work("painter", "Painter on his way to work", _VAN_GOGH, "train", "VincentVanGogh0013"),
        Work("harvest", "The harvest", _VAN_GOGH, "train", "VincentVanGogh0019"),
        Work("terrace", "Café terrace at night", _VAN_GOGH, "test", "Gogh4"),
        Work("night_cafe", "The night café", _VAN_GOGH, "train", "Van_Gogh_The_Night_Cafe"),
        Work("tanguy", "Portrait of Père Tanguy", _VAN_GOGH, "train", "PortraitOfPereTanguy"),
    )
}
"""Whole pictures in `details.rcc`: NAME_background.webp."""

JIGSAWS: Mapping[str, tuple[Work, ...]] = {
    "van_gogh": (Work("village", "Village street in Auvers", _VAN_GOGH, "train", "board22_0"),),
    "ukiyo_e": (
        Work("oiran", "Oiran and kamuro", _HOKUSAI, "train", "board4_0"),
        Work("fan", "Woman holding a fan", _HOKUSAI, "train", "board5_0"),
        Work("ejiri", "Ejiri in Suruga province", _HOKUSAI, "test", "board6_0"),
        Work("wave", "Great wave off Kanagawa", _HOKUSAI, "train", "board7_0"),
        Work("shrine", "Benzaiten shrine in snow", _HIROSHIGE, "test", "board8_0"),
        Work("prawns", "Horse-mackerel and prawns", _HIROSHIGE, "train", "board9_0"),
        Work("ryogoku", "Sunset over Ryōgoku bridge", _HOKUSAI, "train", "board10_0"),
        Work("poppies", "Poppies", _HOKUSAI, "train", "board11_0"),
        Work("kazusa", "Kazusa sea route", _HOKUSAI, "valid", "board12_0"),
    ),
    REFERENCE: (
        Work("moulin", "Bal du moulin de la Galette", _RENOIR, REFERENCE, "board1_0"),
        Work("piano", "Girls at the piano", _RENOIR, REFERENCE, "board18_0"),
        Work("ramparts", "Ramparts at Aigues-Mortes", "Frédéric Bazille", REFERENCE, "board20_0"),
        Work("summertime", "Summertime", "Mary Cassatt", REFERENCE, "board21_0"),
    ),
}
"""Jigsaws in `paintings.rcc`. Left out: sculpture, painters of other schools, Kandinsky."""

ANIMALS_AND_MONUMENTS = (
    "erase",
    "explore_farm_animals",
    "explore_monuments",
    "explore_world_animals",
)
"""Activities of GCompris whose resources hold photographs with a README that credits each."""

CREDITED_AS = {"germany/aulaPalatina.webp": "germany/audaPalatina.webp"}
"""Misspelt in the README."""

NOT_LANDSCAPES = ("nasa*", "space*", "station*", "loc*", "earthrise*", "industrial*")
"""Not taken on earth, or not landscapes."""

LEFT_OUT = frozenset(
    # Mars, though not called so.
    {"canyon01", "canyon02", "canyon03", "canyon04", "canyon05", "desert0"}
    # Colours turned until the place looks like another planet.
    | {"hills3", "hills4", "hills5-sfiera", "mountain2", "mountain25-spfld", "valley7", "water6"}
    # Black and white, a faded print with its frame, a narrow strip.
    | {"castleClinton", "georgeWashingtonBirthplace", "cabrillo"}
)

TWINS = {"mfield0": "mfield1"}
"""Photographs of one view from one place: they fall on one side of the split."""
