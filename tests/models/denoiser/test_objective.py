import pytest
import torch

from gan_lessons.config import TrainConfig
from gan_lessons.data.samples import Samples
from gan_lessons.files import OutputFolder
from gan_lessons.models.denoiser.objective import Denoising
from gan_lessons.models.denoiser.recipe import DenoiserConfig, DenoiserLoss, DenoiserRecipe
from gan_lessons.training.loop import train
from gan_lessons.training.state import create_state


def discs(count):
    """One bright disc on dark ground an image, somewhere."""
    where = torch.rand(count, 2, 1, 1, generator=torch.Generator().manual_seed(0)) * 8 + 4
    y, x = torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing="ij")
    far = (y - where[:, 0]) ** 2 + (x - where[:, 1]) ** 2
    return 1 - 2 * (far > 16).float()[:, None]


def test_noise_is_as_strong_as_said_and_differs_from_image_to_image():
    objective = Denoising(DenoiserRecipe(loss=DenoiserLoss(sigma=0.8)))
    batch = Samples(torch.zeros(3, 3, 16, 16), batch=200, latent=(3, 16, 16), seed=0)(0)
    strengths = objective.damage(batch).flatten(1).std(dim=1)
    assert strengths.min() < 0.05 and 0.75 < strengths.max() < 0.9
    torch.testing.assert_close(strengths, 0.8 * batch.uniform[:, 3, 0], atol=0.05, rtol=0.1)
    (weight, value) = objective.terms(batch, 0)["l1"]
    # Untrained, it leaves the noise: E |sigma z| = E[sigma] sqrt(2 / pi)
    assert weight == 1 and value.item() == pytest.approx(0.4 * 0.798, rel=0.1)


def test_it_learns_to_remove_noise(tmp_path):
    x = discs(60)
    config = DenoiserRecipe(
        DenoiserConfig(channels=1, width=16, blocks=2),
        train=TrainConfig(
            steps=120, batch=16, lr=4e-3, beta1=0.9, ema_half_life=0.1, precision="fp32"
        ),
    )
    objective = Denoising(config)
    state = create_state(objective, config, torch.device("cpu"))
    train(
        objective, state, Samples(x[:50], batch=16, latent=(1, 16, 16), seed=0),
        OutputFolder(tmp_path), on_sample=lambda s: None, on_checkpoint=lambda s: None,
        report=lambda line: None,
    )  # fmt: skip
    clean = x[50:]
    noisy = clean + 0.4 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        left = (state.averages["denoiser"](noisy) - clean).abs().mean().item()
    assert left < 0.6 * (noisy - clean).abs().mean().item()


def test_noise_without_strength_is_refused():
    with pytest.raises(ValueError, match="loss.sigma"):
        DenoiserLoss(sigma=0.0)
