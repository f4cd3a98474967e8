"""What the gateway's packet filter must let through and what it must not: one function each,
run on the guest by ``python3 -m tests.cloud_init.packets NAME``. Every refusal stands beside
something much like it that passes, in the same layout.
"""

from __future__ import annotations

import sys

from tests.cloud_init.packets import limits, outside, paths, phones
from tests.cloud_init.packets.layout import Layout, Red

if __name__ == "__main__":
    every = (*phones.CHECKS, *limits.CHECKS, *outside.CHECKS, *paths.CHECKS)
    check = {check.__name__: check for check in every}[sys.argv[1]]
    try:
        check(Layout())
    except Red as red:
        sys.exit(f"RED: {red}")
