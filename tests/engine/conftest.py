from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from here.azure import schema
from here.cli.obtain import Cli, obtain
from tests.engine.world import Stack, World

HERE = Path(__file__).parent

PSK = "q?X <k>&9/+~=é".replace("é", "e") + "long-enough"
ALICE = "al%ce: p@ss/w+rd=&"
BOB = "b0b's {pass}w#rd"
SECRETS = {"psk": PSK, "users.alice": ALICE}
"""With characters that JSON, URLs, YAML and base64 each write in their own way."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever drives the engine takes its time, wherever it comes from."""
    for item in items:
        if item.path.is_relative_to(HERE) and "cli" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.engine)


@pytest.fixture(scope="session")
def cli(request: pytest.FixtureRequest) -> Cli:
    """Pulumi. Where it has to be built, that is shown: it takes minutes."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        return obtain()


@pytest.fixture(scope="session")
def sdk_types(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("sdk") / "schema.json"
    schema.extract(target)
    return target


MakeWorld = Callable[[str], World]


@pytest.fixture(scope="session")
def make_world(cli: Cli, sdk_types: Path, tmp_path_factory: pytest.TempPathFactory) -> MakeWorld:
    return lambda name: World(tmp_path_factory.mktemp("engine") / name, cli, sdk_types)


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """An Azure and a backend with nothing in them."""
    return make_world("world")


@pytest.fixture
def stack(world: World) -> Stack:
    """A configured stack, not up yet."""
    return Stack(world, "dev", region="westus2", secrets=SECRETS)


@pytest.fixture(scope="module")
def life(make_world: MakeWorld) -> Stack:
    """One stack that the tests of a module lead from its first up to its end, in their order."""
    return Stack(make_world("life"), "dev", region="westus2", secrets=SECRETS)
