"""The benchmark: what a phone gets through the real tunnel, and through its alternatives."""
