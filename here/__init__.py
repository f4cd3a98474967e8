"""A gateway's whole life on this machine: Pulumi's real engine, a double of Azure, and the lab's
machines in the place of Azure's.

Nothing here imports what it brings up: it types the commands that a user types.
"""

import sys
from importlib.util import find_spec

if missing := [name for name in ("grpc", "pulumi", "yaml") if find_spec(name) is None]:
    sys.exit(
        f"{', '.join(missing)}: missing in this Python. make setup brings all into .venv; then"
        " .venv/bin/python -m here"
    )
