"""How long the program takes in a preview of an unchanged stack, against the smallest
program with the same resources. `python -m tests.engine.loop_speed [RUNS]` prints it.

The program's own process is measured, from its start to its end, by a stand-in for the
environment's Python that notes the time and the processor time of each run. The two take
turns, so that whatever else the machine does meets both.
"""

from __future__ import annotations

import json
import re
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from here.azure import schema
from here.cli.obtain import obtain
from tests.engine.conftest import SECRETS
from tests.engine.world import Stack, World

SMALLEST = Path(__file__).with_name("smallest")
PROMISED = 1.2
RUNS = 9
RANDOM_NAME = re.compile(r"lunch-gateway-[a-z]+[0-9a-f]{8}\b")

TIMED = """#!{python}
import json, resource, subprocess, sys, time
started = time.monotonic()
code = subprocess.run([{python!r}, *sys.argv[1:]]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open({log!r}, "a") as log:
    log.write(json.dumps([time.monotonic() - started, used.ru_utime + used.ru_stime]) + "\\n")
sys.exit(code)
"""


@dataclass
class Times:
    """Of each run, in seconds."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)


def timed(world: World) -> Path:
    """Have each run of the world's program noted in a file."""
    log = world.directory / "times.jsonl"
    environment = world.project / ".venv"
    environment.unlink()
    (environment / "bin").mkdir(parents=True)
    python = environment / "bin" / "python"
    python.write_text(TIMED.format(python=sys.executable, log=str(log)))
    python.chmod(0o755)
    return log


def azure_inputs(stack: Stack) -> dict[str, Any]:
    """What was asked of Azure, by kind, without what differs by chance."""
    return {
        entry["token"]: json.loads(RANDOM_NAME.sub("NAME", json.dumps(entry["inputs"])))
        for entry in stack.world.azure.resources()
    }


def smallest_stack(world: World, model: Stack) -> Stack:
    """Up, with the very values that the product asked for."""
    for name in ("__main__.py", "gateway", "cloud_init", "settings"):
        (world.project / name).unlink()
    for name in ("__main__.py", "Pulumi.yaml"):
        shutil.copyfile(SMALLEST / name, world.project / name)
    asked = {
        entry["type"].rpartition(":")[2]: entry["inputs"]
        for entry in shown_state(model)
        if entry.get("custom") and entry["type"].startswith("azure-native:")
    }
    system = asked["VirtualMachine"]["osProfile"]
    given = {
        "location": asked["ResourceGroup"]["location"],
        "tags": asked["ResourceGroup"]["tags"],
        "label": asked["PublicIPAddress"]["dnsSettings"]["domainNameLabel"],
        "custom_data": system["customData"],
        "key": system["linuxConfiguration"]["ssh"]["publicKeys"][0]["keyData"],
    }
    (world.project / "given.json").write_text(json.dumps(given))
    stack = Stack(world, "dev", region="westus2", secrets={})
    done = stack.up()
    assert done.code == 0, done.text
    return stack


def shown_state(stack: Stack) -> list[dict[str, Any]]:
    with stack.world.start("stack", "export", "-s", stack.name, "--show-secrets") as process:
        state = json.loads(process.communicate()[0])["deployment"]["resources"]
    return [json.loads(json.dumps(entry), object_hook=_opened) for entry in state]


def _opened(value: dict[str, Any]) -> Any:
    """What `--show-secrets` put in place of an encrypted value."""
    return json.loads(value["plaintext"]) if "plaintext" in value else value


def compare(make_world: Callable[[str], World], runs: int = RUNS) -> tuple[Times, Times]:
    """The product's program and the smallest one, each previewed so many times, warm."""
    product = Stack(make_world("product"), "dev", region="westus2", secrets=SECRETS)
    done = product.up()
    assert done.code == 0, done.text
    smallest = smallest_stack(make_world("smallest"), product)
    assert azure_inputs(product) == azure_inputs(smallest)
    logs = [timed(stack.world) for stack in (product, smallest)]
    for _ in range(runs + 1):
        for stack in (product, smallest):
            previewed = stack.preview("--expect-no-changes")
            assert previewed.code == 0, previewed.text
    return measured(logs[0]), measured(logs[1])


def measured(log: Path) -> Times:
    """All but the first run, which still finds cold files."""
    lines = [json.loads(line) for line in log.read_text().splitlines()][1:]
    return Times([wall for wall, _ in lines], [processor for _, processor in lines])


def report(product: Times, smallest: Times) -> str:
    """Two lines, medians with the least and the greatest."""

    def line(name: str, ours: list[float], least: list[float]) -> str:
        ratio = statistics.median(ours) / statistics.median(least)
        shown = [f"{statistics.median(t):.2f} ({min(t):.2f}–{max(t):.2f}) s" for t in (ours, least)]
        return f"{name}: {shown[0]}, smallest {shown[1]}, {ratio:.2f} times (promised {PROMISED})"

    return "\n".join(
        [
            line("program", product.wall, smallest.wall),
            line("processor", product.processor, smallest.processor),
        ]
    )


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    with tempfile.TemporaryDirectory() as directory:
        types = Path(directory) / "schema.json"
        schema.extract(types)
        print(report(*compare(lambda name: World(Path(directory) / name, obtain(), types), runs)))


if __name__ == "__main__":
    main()
