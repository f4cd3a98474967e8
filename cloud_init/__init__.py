"""The guest: what cloud-init turns a stock Debian 13 cloud image into.

Pure Python over the layers in ``rootfs/``: no Pulumi, clock, randomness or network.
"""
