"""Machines in QEMU, and how a test speaks to them."""
