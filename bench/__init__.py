"""The benchmark: what a phone gets through the real tunnel, and through its alternatives."""

import sys
from importlib.util import find_spec

if missing := [name for name in ("jinja2", "vl_convert", "yaml") if find_spec(name) is None]:
    sys.exit(
        f"{', '.join(missing)}: missing in this Python. make setup brings all into .venv; then"
        " .venv/bin/python -m bench"
    )
