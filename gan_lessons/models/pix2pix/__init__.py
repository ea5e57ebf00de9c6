"""pix2pix: U-Net and PatchGAN, trained on true answers."""

from gan_lessons.models.pix2pix.architecture import ARCHITECTURE

__all__ = ["ARCHITECTURE"]
