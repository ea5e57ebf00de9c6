"""One folder a model: recipe, networks, objective.

Folders with a module `architecture` are whole models: `gan-lessons train --model` makes them by
name, and stored weights, cards and the commands that use a model read what stands there. The others
(`mlp`, `dcgan`, `vae`, `denoiser`, `flow`) are what lessons and the longer runs behind them build
and compare: networks and an objective, given to `training.loop.train` with batches of their own.

To learn how models are made, read `architecture`, which is the whole agreement, and then the folder
`pix2pix`, a short one; `store` says how models are kept.
"""
