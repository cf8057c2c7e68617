"""What programs for PyTorch make and call: generators, modules, and optimizers that step their parameters."""
