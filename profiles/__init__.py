"""What a person puts on a phone or computer to use the gateway.

Everything is rendered from the settings that the guest is rendered from, without clock,
chance or network, so that the same settings always give the same bytes. ``stack.py``, the
one module that runs another program, asks Pulumi for those settings.
"""
