"""Get Pulumi ready before the tests need it."""

from __future__ import annotations

import argparse
import sys

from here.cli.obtain import CliError, obtain
from lab.host import LabError


def main() -> int:
    """Get Pulumi ready, and say where it is; returns the exit status."""
    try:
        cli = obtain()
    except (CliError, LabError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"pulumi {cli.version}: {cli.pulumi}")
    return 0


if __name__ == "__main__":
    argparse.ArgumentParser(prog="python -m here.cli", description=__doc__).parse_args()
    sys.exit(main())
