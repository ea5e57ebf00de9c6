"""One folder a model: recipe, networks, objective."""
