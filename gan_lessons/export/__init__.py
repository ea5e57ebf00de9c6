"""Models for places without PyTorch: ONNX graphs, and a page for the browser."""
