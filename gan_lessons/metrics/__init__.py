"""How results are measured: figures on fixed features, and the benchmark made of them."""
