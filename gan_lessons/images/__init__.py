"""The one way in for an image, and what it needs."""
