"""The guest: what cloud-init turns a stock Debian 13 cloud image into.

Pure Python over the tree ``rootfs/``: no Pulumi, clock, randomness or network.
"""
