"""The style-transfer model: recipe, networks, losses, one step."""
