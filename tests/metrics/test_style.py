import json
import shutil

import pytest
import torch

from gan_lessons.data.load import load_dataset
from gan_lessons.files import share
from gan_lessons.metrics.style import judge
from gan_lessons.models.classifier.networks import confusion


def test_bundled_classifier_is_as_good_as_its_card_says():
    known, test = judge(), load_dataset("emoji_styles").subset("test")
    assert known.styles == test.styles
    table = confusion(known.network, test.images, test.labels, len(test.styles))
    # Weights were rounded to half precision after they were judged.
    assert (table - torch.tensor(known.confusion)).abs().sum() < 0.01 * table.sum()
    accuracy = table.diag().sum().item() / table.sum().item()
    assert accuracy == pytest.approx(known.accuracy, abs=0.005)
    assert accuracy > 0.8
    noto = test.images[test.labels == 0][:20]
    assert known.share(noto, "noto") > known.share(noto, "fluent_ink")


def test_judging_resizes_and_does_not_depend_on_the_batch():
    x = torch.rand(5, 3, 96, 96, generator=torch.Generator().manual_seed(0)) * 2 - 1
    torch.testing.assert_close(judge().logits(x, batch=2), judge().logits(x))


@pytest.mark.parametrize("change", [{"format": "other"}, {"styles": ["a", "b"]}])
def test_files_that_do_not_belong_together_are_refused(tmp_path, change):
    folder = shutil.copytree(share("data", "features", "style_classifier"), tmp_path / "judge")
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ValueError, match="config.json"):
        judge(folder)


def test_a_model_that_judges_nothing_is_refused():
    with pytest.raises(ValueError, match="no style classifier but a model of the kind stargan"):
        judge(share("data", "models", "emoji64"))
