"""The gateway on Azure: one component each for the network, the machine and the whole.

`config` is the only module that reads the stack's configuration.
"""
