"""What a deployment may choose: every key's reader, the guest's and Azure's.

Pure: no Pulumi, clock, randomness or network. `guest` has the settings that the guest is made
from, `azure_values` the rules of the rest; `file` reads them from YAML.
"""
