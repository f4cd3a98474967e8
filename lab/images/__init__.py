"""The disks that the machines begin with."""
