"""A gateway's whole life on this machine: Pulumi's real engine, a double of Azure, and the lab's
machines in the place of Azure's.

Nothing here imports what it brings up: it types the commands that a user types.
"""
