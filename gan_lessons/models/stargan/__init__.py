"""The style-transfer model: recipe, networks, losses, one step.

What `emoji64` is, in the order in which to read it:

1. `recipe`: shapes, weights of the terms, length.
2. `trunk`, `mapping`, `networks`: StarGAN v2's four, and which ones a recipe builds.
3. `modulated`: our generator, which adds to its source.
4. `projected`, `projected_losses`: a second discriminator, on features that stay as they are.
5. `objective`: one step, the terms of D and then those of G.
6. `presets`: the recipes by name.
7. `architecture`: what all that trains, stores, uses and measures models is told of it.

Other pictures ask for other codes. Each kind is a pair of files: its networks, and the objective
that they are trained by, which inherits the step.

- `parts`, `repainting`; `parts_objective`: codes that hold a palette, so that a reference counts,
  as in `emoji64_references`.
- `strokes`, `outlines`; `outlines_objective`: letters, drawn anew in the hand of others, as in
  `letters64`.
- `painting`; `painting_objective`: photographs in the colours and brushwork of paintings, as in
  `paintings256`.

`tuning` is what a trained model begins with when it learns styles of one's own.
"""

from gan_lessons.models.stargan.architecture import ARCHITECTURE

__all__ = ["ARCHITECTURE"]
