"""The lab: boots the generated user-data on a machine like Azure's and dials in.

Nothing here imports the generator: if both ends shared a mistake, nobody would see it.
"""
