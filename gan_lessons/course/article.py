"""The article that the course grew from: its listings and claims, what became of each, and where.

Verdicts are never written here. They are read from stored results and from the claims that the
lessons recorded when they last ran.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gan_lessons.course import notebook
from gan_lessons.course.claims import recorded
from gan_lessons.course.labs import gan_vs_vae_evidence, store
from gan_lessons.files import share

HEAD = ("the article", "what is wrong", "what is right", "lesson", "verdict")
PLANNED, NOT_RUN = "planned", "not run yet"


@dataclass(frozen=True)
class Row:
    """One listing or claim.

    Attributes:
        said: what the article shows or says.
        wrong: what is wrong with it.
        right: what the course does instead.
        lesson: which shows it.
        count: of the trial in lesson 07, where the claim is one of its three.
    """

    said: str
    wrong: str
    right: str
    lesson: str
    count: str = ""


LISTINGS = (
    Row(
        "generator: dense, hidden layers of 64 and 64",
        "does not run",
        "the same layers on (z, y); the class as a one-hot code or a learnt one",
        "02_first_gan",
    ),
    Row(
        "discriminator: dense, one hidden layer of 64",
        "does not run",
        "the same layer, one logit and no sigmoid; deepened where measurement asks for it",
        "02_first_gan",
    ),
    Row(
        "loss",
        "does not run; and what is right on paper can be without gradient where it is needed",
        "binary cross-entropy on logits, and the non-saturating loss for the generator",
        "01_gan_loss",
    ),
    Row(
        "training: Adam, batch of 256, 100 epochs",
        "does not run; Iris, which it names, has fewer rows than one batch",
        "steps and images seen; two optimisers; no step moves the other network",
        "02_first_gan",
    ),
    Row(
        "loss curves",
        "does not run; and a falling loss is not a better sample",
        "both curves, and beside them modes covered and sample quality",
        "02_first_gan",
    ),
)
IMPROVEMENTS = (
    Row(
        "better losses",
        "no loss is better everywhere; which is better here has to be measured",
        "families and penalties on one problem, equal budgets, several seeds",
        "04_losses_and_stability",
    ),
    Row(
        "learning rates and longer training",
        "both have an optimum; more can be worse",
        "a sweep over both, read back with its spread",
        "04_losses_and_stability",
    ),
    Row(
        "batch norm and residual connections for scale",
        "what they change is the gradients of each layer, at any scale",
        "one ablation each: gradient norms by layer, and samples",
        "03_dcgan",
    ),
    Row(
        "restyling every image of a data set",
        "one source has many good answers in a style, not one",
        "one generator, many styles, many results each, against true drawings",
        "12_style_transfer_gan",
    ),
    Row(
        "the same for a folder of one's own",
        "real folders hold broken, tiny and double pictures",
        "a doctor for data, fine-tuning, a gallery",
        "17_your_own_images",
    ),
)
RIVALS = (
    Row(
        "GANs against VAEs: training efficiency",
        "cannot be checked there; efficient at what, and at equal cost?",
        "KID against CPU seconds, equal parameters, three seeds",
        "07_gan_vs_vae",
        gan_vs_vae_evidence.CLAIMS[0],
    ),
    Row(
        "GANs against VAEs: reconstruction and repair of poor images",
        "a plain GAN has nothing that leads from a picture to a latent",
        "search, encoder and pairs, against doing nothing and a plain denoiser",
        "07_gan_vs_vae",
        gan_vs_vae_evidence.CLAIMS[1],
    ),
    Row(
        "GANs against VAEs: diversity",
        "cannot be checked there; and collapse is what GANs are known for",
        "recall, coverage and spread, beside those of real pictures",
        "07_gan_vs_vae",
        gan_vs_vae_evidence.CLAIMS[2],
    ),
)
SECURITY = (
    Row(
        "security by true randomness",
        "the latent's randomness protects nothing: who has the weights can draw everything",
        "know what a seed fixes; the system's randomness is for keys",
        "18_privacy_and_security",
    ),
    Row(
        "protecting the privacy of inputs",
        "a model may remember its training pictures, whatever is done to inputs",
        "strip metadata, measure memorisation, test membership, train with DP-SGD",
        "18_privacy_and_security",
    ),
)


def verdict(row: Row) -> str:
    """What the course found out about a row, as far as it has.

    Args:
        row: of one of the tables.

    Returns:
        The verdict of the trial for its three counts; otherwise how many of the lesson's claims
        held when it last ran; "not run yet" where it recorded none, "planned" where there is no
        such lesson.
    """
    try:
        path = share("notebooks", f"{row.lesson}.ipynb")
    except ValueError:
        return PLANNED
    if row.count:
        found = gan_vs_vae_evidence.evidence(store.results(row.lesson))
        judged = gan_vs_vae_evidence.verdicts(found)[row.count]
        return {"for": "for the GAN", "against": "against the GAN"}.get(judged, judged)
    held = [
        each.verdict
        for each in recorded(notebook.read_notebook(path))
        if each.verdict != "recorded"
    ]
    return f"{held.count('holds')} of {len(held)} claims hold" if held else NOT_RUN


def table(rows: Sequence[Row]) -> str:
    """The rows with their verdicts.

    Args:
        rows: of one table.

    Returns:
        Markdown.
    """
    lines = [HEAD, ("---",) * len(HEAD)]
    lines += [(row.said, row.wrong, row.right, row.lesson, verdict(row)) for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def show(rows: Sequence[Row]) -> None:
    """Display a table in a notebook; a viewer that knows no Markdown shows the same as text.

    Args:
        rows: of one table.
    """
    from IPython.display import display

    text = table(rows)
    display({"text/markdown": text, "text/plain": text}, raw=True)
