"""See README.md beside this file."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from here import told
from here.azure.behind import ask
from here.life import left
from here.project import PROJECT, Project, Ran
from here.standing import Standing
from here.told import Told
from lab.machines.expectations import ExpectationFailed
from lab.machines.machine import Machine
from lab.phones.downloads import fetch_page
from lab.phones.ikev2 import Ikev2Phone
from lab.phones.phone import DialFailed, Phone
from lab.progress import Checks, Progress
from lab.world.topology import PUBLIC_ADDRESS, RESOLVER

REGION = "japaneast"
CHANGED = ("mtu", "1300")
"""A setting of the guest's that no phone has to know."""
SECRETS = ("psk", "users")
STEPS = {False: 8, True: 5}
"""Of a whole life, and of a short one."""

Ways = tuple[Told, Told]
"""What a user is told for IKEv2, and for L2TP."""


@dataclass
class Life:
    """One gateway, led from its first `make up` to its end; each step is told with its time."""

    stands: Standing
    progress: Progress
    checks: Checks
    short: bool = False
    """Whether it is led without its middle: the change, and the second machine."""
    secrets: list[str] = field(default_factory=list)
    times: list[tuple[str, float]] = field(default_factory=list)

    @property
    def project(self) -> Project:
        """Returns what it is made from."""
        return self.stands.project

    @property
    def world(self) -> Machine:
        """Returns what is around it."""
        return self.stands.world

    @property
    def went_well(self) -> bool:
        """Returns whether it was led to its end, and each check was met."""
        return len(self.times) == STEPS[self.short] and self.checks.ok

    def lead(self, settings: Mapping[str, Any]) -> None:
        """Lead it. Raises `ExpectationFailed` where nothing that follows could be done."""
        users = list(settings["users"])
        self.secrets = [settings["psk"], *settings["users"].values()]
        with self.step("the settings: pulumi config set, secrets by standard input", 30):
            self.configure(settings)
        with self.step("make up", 600):
            self.up()
        before = self.outputs()
        with self.step("make profiles", 10):
            people = self.profiles(users)
        with self.step("phones dial in with what profile and page say", 60):
            for user, (ikev2, l2tp) in people.items():
                self.gets_in(f"ikev2-{user}", ikev2)
                self.gets_in(f"l2tp-{user}", l2tp)
        if not self.short:
            self.change(users[-1], before, people)
        with self.step("make down", 30):
            self.down(before["server"])

    def change(self, gone: str, before: Mapping[str, Any], people: Mapping[str, Ways]) -> None:
        """Lead its middle: a user less and another setting, by another machine."""
        with self.step(f"make user REMOVE={gone}; {CHANGED[0]}: {CHANGED[1]}; make preview", 40):
            self.preview(gone)
        with self.step("make up: the machine is replaced", 300):
            self.up()
            self.same(before, self.outputs())
        with self.step("the same phones, with untouched settings", 60):
            for user, (ikev2, l2tp) in people.items():
                dial = self.stays_outside if user == gone else self.gets_in
                dial(f"ikev2-{user}-again", ikev2)
                dial(f"l2tp-{user}-again", l2tp)

    @contextmanager
    def step(self, name: str, usually: float) -> Iterator[None]:
        """Tell a step with its time, also in the summary."""
        began = time.monotonic()
        with self.progress.phase(name, usually):
            yield
        self.times.append((name, time.monotonic() - began))

    # What a user types.

    def type(self, *arguments: str) -> Ran:
        """Run one of make's commands before the user's eyes, on a computer of the world's."""
        command = self.stands.computer.enter(self.project.ops(*arguments))
        return self.project.run(command, lambda line: print(f"    {line}", flush=True))

    def must(self, *arguments: str) -> str:
        """Run one that has to succeed; returns what it said."""
        ran = self.type(*arguments)
        if ran.status:
            raise ExpectationFailed(f"{arguments[0]} ended with status {ran.status}")
        return ran.text

    def pulumi(self, *arguments: str, given: str = "") -> str:
        """Run Pulumi's own command quietly, in the backend of make's."""
        options = ("--non-interactive", "--stack", self.project.stack)
        ran = self.project.run(["pulumi", *arguments, *options], given=given)
        if ran.status:
            raise ExpectationFailed(f"pulumi {arguments[0]}: {ran.text.strip()[-300:]}")
        return ran.text

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Make the stack and set all of it: values by standard input, as no secret may stand on a
        command line."""
        self.pulumi("stack", "init")
        self.pulumi("config", "set", "azure-native:location", given=REGION)
        for key, value in settings.items():
            for path, text in _leaves(key, value):
                secret = ["--secret"] if key in SECRETS else []
                self.pulumi("config", "set", "--path", *secret, f"{PROJECT}:{path}", given=text)

    def up(self) -> None:
        """Bring it up; it must end because the gateway answered, in a boot that was its second
        or that needed no first."""
        said = self.must("up")
        with self.checks.check("up-ends-when-the-gateway-answers") as detail:
            found = re.search(r"answers IKE: .*; so does UDP 4500 .*", said)
            if not found or PUBLIC_ADDRESS not in said:
                raise ExpectationFailed("it said nothing of IKE on both ports")
            detail.append(found[0])
        with self.checks.check("box-with-server-page-and-commands"):
            for word in ("The gateway answers (after", "Server ", "Phones' pages", "make down"):
                if word not in said:
                    raise ExpectationFailed(f"it does not say: {word}")
        self.no_secret(said, "up")

    def outputs(self) -> dict[str, Any]:
        """Returns what a phone's settings hang on."""
        names = ("server", "address", "psk")
        shown = ("stack", "output", "--show-secrets")
        return {name: self.pulumi(*shown, name).strip() for name in names}

    def profiles(self, users: list[str]) -> dict[str, Ways]:
        """Have the pages written again; returns what each user is told, by profile."""
        self.must("profiles")
        people = {}
        for user in users:
            place = self.project.pages / user
            ikev2 = told.ikev2_profile(place / f"{user}-ikev2.mobileconfig")
            l2tp = told.l2tp_profile(place / f"{user}-l2tp.mobileconfig")
            with self.checks.check(f"page-and-profiles-agree-{user}"):
                shown = told.page(place / f"{user}.html")
                told.agree(ikev2, shown)
                told.agree(l2tp, shown)
            people[user] = (ikev2, l2tp)
        return people

    def preview(self, gone: str) -> None:
        """Take a user away and change a setting; the preview shows both, and no secret."""
        self.must("user", "--remove", gone)
        self.pulumi("config", "set", *CHANGED)
        said = self.must("preview")
        with self.checks.check("preview-shows-what-changes-inside"):
            lines = {line.strip() for line in said.splitlines()}
            if not {"- mtu 1280", f"+ mtu {CHANGED[1]}"} <= lines:
                raise ExpectationFailed("the preview does not show the guest's difference")
        with self.checks.check("preview-replaces-the-machine-alone"):
            if not re.search(r"^\s*\+-1 to replace$", said, re.MULTILINE):
                raise ExpectationFailed(f"the preview ends with: {said.strip()[-200:]}")
        self.no_secret(said, "preview")

    def same(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """See that server, address and key are what they were."""
        with self.checks.check("replaced-with-the-same-name-address-and-key"):
            if wrong := [name for name in before if before[name] != after[name]]:
                raise ExpectationFailed(f"other than before: {', '.join(wrong)}")

    def no_secret(self, said: str, command: str) -> None:
        """See that what a command printed holds none of the secrets."""
        with self.checks.check(f"no-secret-in-what-{command}-says"):
            if any(secret in said for secret in self.secrets):
                raise ExpectationFailed("one stands there")

    # What a phone does.

    def gets_in(self, name: str, values: Told) -> None:
        """Dial with these values, and fetch a page through the tunnel."""
        with self.checks.check(name) as detail:
            phone = self._phone(values)
            detail.append(str(phone.dial(values.credentials)))
            try:
                fetch_page(phone)
            finally:
                phone.hang_up()

    def stays_outside(self, name: str, values: Told) -> None:
        """Dial with these values, and be refused by the gateway itself."""
        with self.checks.check(f"{name}-refused") as detail:
            phone = self._phone(values)
            try:
                tunnel = phone.dial(values.credentials)
            except DialFailed as failure:
                detail.append(_refusal(failure))
            else:
                phone.hang_up()
                raise ExpectationFailed(f"got in: {tunnel}")

    def _phone(self, values: Told) -> Phone:
        """Returns a phone that has asked for the server's address, as every phone does."""
        look_up = f"dig +short +time=5 @{RESOLVER} {values.server} A"
        address = self.world.host("phone").succeed(look_up).strip()
        if address != PUBLIC_ADDRESS:
            raise ExpectationFailed(f"{values.server} leads to {address or 'nowhere'}")
        if values.called:
            return Ikev2Phone(self.world, address, model=values.model, called=values.called)
        return Phone(self.world, address, model=values.model)

    def down(self, server: str) -> None:
        """Take it down; nothing of it is left."""
        self.must("down")
        with self.checks.check("down-leaves-nothing-on-azure"):
            resources = [entry["id"] for entry in self.project.azure.resources()]
            if stay := [*resources, *self.project.azure.disks()]:
                raise ExpectationFailed(f"left: {', '.join(stay)}")
        with self.checks.check("down-leaves-no-machine"):
            if "error" not in ask(self.stands.socket, {"verb": "console"}):
                raise ExpectationFailed("the machine still runs")
        with self.checks.check("down-leaves-no-name"):
            look_up = f"dig +short +time=5 @{RESOLVER} {server} A"
            if found := self.world.host("phone").succeed(look_up).strip():
                raise ExpectationFailed(f"{server} still leads to {found}")

    def nobody_left(self) -> None:
        """Look for what should be gone when all of it is: processes, disks, sockets."""
        with self.checks.check("no-process-and-no-disk-is-left"):
            places = (str(self.world.scratch), str(self.project.directory / "bin"))
            running = [*left.running(places), *(pid for pid in self.stands.pids if left.runs(pid))]
            if running or self.world.scratch.exists():
                numbers = " ".join(map(str, running))
                raise ExpectationFailed(f"processes: {numbers or 'none'}; {self.world.scratch}")


def _leaves(key: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yields each value's path and text."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(f'{key}["{name}"]', inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _leaves(f"{key}[{number}]", inner)
    else:
        yield key, str(value).lower() if isinstance(value, bool) else str(value)


def _refusal(failure: DialFailed) -> str:
    """Returns how the gateway refused; raises where the phone failed by itself."""
    for word in ("AUTHENTICATION_FAILED", "CHAP authentication failed", "authentication failed"):
        if word in failure.log:
            return f"in phase {failure.phase}: {word}"
    raise failure


def summary(life: Life, before: float, directory: Path) -> str:
    """Returns what came of it, step by step; ``before`` are the seconds of the preparation."""
    rows = [("packages, images, Pulumi, the world", before), *life.times]
    failed = [check["name"] for check in life.checks.results if not check["ok"]]
    lines = [f"  {seconds // 60:3.0f}:{seconds % 60:02.0f} min  {name}" for name, seconds in rows]
    whole = sum(seconds for _, seconds in rows)
    end = f"  {whole // 60:3.0f}:{whole % 60:02.0f} min  in all"
    passed = len(life.checks.results) - len(failed)
    said = f"{passed} checks ok, {len(failed)} failed"
    if failed:
        said += f": {', '.join(failed)}; evidence: {directory}"
    return "\n".join(["", *lines, end, "", said])
