"""A gateway's life, told in README.md."""
