"""What ``make up``, ``make preview`` and ``make down`` do: everything around Pulumi's own
command that a user would have to know otherwise. Drives the CLI; knows nothing of the guest.
"""
