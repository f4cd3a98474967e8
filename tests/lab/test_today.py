"""The page of today: its files, made by a shell like the world's, and who knows its origins."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from lab.phones.transports import SITES
from lab.world import today
from tests.lab.machines import Pretender
from tests.lab.test_commands import PROGRAMS


def served() -> list[str]:
    world = Pretender()
    today.serve(world)
    return world.commands


def test_the_page_names_what_it_is_made_of_wave_by_wave(tmp_path: Path) -> None:
    make = served()[0].replace("/srv", f"{tmp_path}/srv")
    for _ in range(2):
        subprocess.run(["sh", "-ec", make], check=True)
    files = tmp_path / "srv/page/today"
    sizes = [size for wave in today.LOADED for _, size in wave]
    assert [(files / str(n)).stat().st_size for n in range(75)] == [1000 * size for size in sizes]
    named = json.loads((files / "0").read_text())
    assert [[origin for origin, _ in wave] for wave in named] == [
        [origin for origin, _ in wave] for wave in today.LOADED[1:]
    ]
    assert [number for wave in named for _, number in wave] == list(range(1, 75))


def test_every_transport_s_resolver_knows_where_its_origins_are() -> None:
    commands = served()
    for host, addresses in (("web", "198.18.2.80"), ("site", "8.8.8.8,1.1.1.1")):
        (resolver,) = (each for each in commands if f"--unit=names-{host} " in each)
        assert f"--listen-address={addresses}" in resolver
        for transport in SITES:
            assert f"--address=/{transport}.page.test/{today.ADDRESSES[transport]}" in resolver
    for transport, site in SITES.items():
        assert today.ADDRESSES[transport] == site.host


def test_the_loader_begins_where_the_page_does() -> None:
    loader = (PROGRAMS / "load-today").read_text()
    (first,) = today.LOADED[0]
    assert f'FIRST = [["{first[0]}", 0]]' in loader
