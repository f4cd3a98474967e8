"""What the sites serve, made by a shell like the world's."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from lab.world import sites
from tests.lab.machines import Pretender

OPENSSL = """#!/bin/sh
while test "$1" != -out; do shift; done
echo made >>"$2"
"""


def test_the_page_is_made_once(tmp_path: Path) -> None:
    """Every scenario asks for it, and under emulation it takes its time."""
    (tmp_path / "openssl").write_text(OPENSSL)
    (tmp_path / "openssl").chmod(0o755)
    (tmp_path / "run").mkdir()
    world = Pretender()
    sites.serve(world)
    make = world.commands[0]
    for part in ("/srv", "/run"):
        make = make.replace(part, f"{tmp_path}{part}")
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    objects = []
    for _ in range(2):
        subprocess.run(["sh", "-ec", make], env=environment, check=True)
        found = [tmp_path / f"srv/page/{n}" for n in range(len(sites.OBJECT_SIZES))]
        objects.append([path.read_bytes() for path in found])
    assert [len(each) for each in objects[0]] == sites.OBJECT_SIZES
    assert objects[0] == objects[1]
    assert (tmp_path / "run/site.crt").read_text() == "made\n"
