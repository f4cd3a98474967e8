"""Makes the lab's images, so that whoever needs them finds them. It needs nothing but Python:
the environment can be installed beside it."""

from __future__ import annotations

import argparse
import sys

from lab import host
from lab.images import debian, disk
from lab.images.gateway import gateway_image
from lab.images.world import world_image

IMAGES = {"world": world_image, "gateway": gateway_image}


def main() -> int:
    """Returns the status for the shell: 2 if one can't be made, and why is said."""
    program = argparse.ArgumentParser(prog="python -m lab.images", description=__doc__)
    program.add_argument("name", nargs="?", choices=IMAGES, help="this one only")
    name = program.parse_args().name
    try:
        host.install([*host.QEMU, *disk.HOST_PACKAGES, *debian.HOST_PACKAGES])
        host.require_space()
        for make in [IMAGES[name]] if name else IMAGES.values():
            print(f"made, or there: {make().disk}", flush=True)
    except host.LabError as error:
        print(f"the lab's images: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
