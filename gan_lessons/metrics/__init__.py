"""How results are measured, on fixed features: pure functions of pictures."""
