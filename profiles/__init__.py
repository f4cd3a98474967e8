"""What a person puts on a phone or computer to use the gateway.

Everything is rendered from the settings that the guest is rendered from, without clock,
chance or network, so that the same settings always give the same bytes. ``stack.py``, the
one module that runs another program, asks Pulumi for those settings.
"""

import sys
from importlib.util import find_spec

if missing := [name for name in ("jinja2", "segno", "yaml") if find_spec(name) is None]:
    sys.exit(
        f"{', '.join(missing)}: missing in this Python. make profiles brings all into .venv; then"
        " .venv/bin/python -m profiles"
    )
