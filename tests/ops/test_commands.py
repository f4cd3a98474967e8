"""What stands in the way is said in one line, and an interrupted command can be repeated."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.ops.conftest import Project

pytestmark = pytest.mark.engine


def test_up_output_down_and_up_again(project: Project) -> None:
    """By the real engine. Without a terminal the secrets stay away."""
    said = project.good("up", ENGINE="yes")
    secrets = project.secrets()
    assert "Azure: subscription Lunch money (4711)" in said
    assert re.search(r"^The gateway answers \(after \d+ s\)\.$", said, re.M)
    assert re.search(r"^  Server +gateway\.example$", said, re.M)
    assert re.search(r"^  Costs +until make down; make price STACK=dev asks how much$", said, re.M)
    assert (project.clone / "build/profiles/dev/phone/phone.html").exists()
    assert "shown on a terminal only: make output STACK=dev" in project.good("output")
    for _ in range(2):
        assert "nothing of stack dev is left on Azure" in project.good("down", ENGINE="yes")
    said += project.good("up")
    assert project.secrets() == secrets
    assert secrets["psk"] not in said
    assert secrets["users"]["phone"] not in said


def test_env_is_what_pulumis_own_command_needs(made: Project) -> None:
    script = f'eval "$({sys.executable} -m ops env)"; pulumi config get psk --stack dev'
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=made.clone,
        env=made.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == made.secrets()["psk"]


def on_a_terminal(project: Project, *arguments: str, **environment: str) -> str:
    main, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "ops", *arguments],
        cwd=project.clone,
        env={**project.environment, **environment},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    ) as process:
        os.close(terminal)
        said = b""
        # Linux ends a terminal that nobody holds with an error.
        try:
            while chunk := os.read(main, 4096):
                said += chunk
        except OSError:
            pass
        os.close(main)
    assert process.returncode == 0, said
    return said.decode()


def test_a_terminal_shows_what_to_type(used: Project) -> None:
    secrets = used.secrets()
    said = on_a_terminal(used, "output")
    assert f"secret (pre-shared key)  {secrets['psk']}" in said
    assert f"password                 {secrets['users']['phone']}" in said
    state = f"file://{used.state}"
    assert secrets["psk"] not in on_a_terminal(used, "output", CI="true", PULUMI_BACKEND_URL=state)


def test_output_of_a_stack_that_is_not_up(made: Project) -> None:
    assert "is not up; make up STACK=dev" in made.good("output")


@pytest.mark.parametrize(
    "command",
    ["down", "output", "unlock", "new-key", "replace", "logs", "selftest", "backup", "forget"],
)
def test_a_stack_that_is_not_there(project: Project, command: str) -> None:
    """To say "nothing to do" could be to look in the wrong place while a machine costs money."""
    more = ["--add", "hanako"] if command == "user" else []
    line = project.refused(command, "--stack", "nowhere", *more)
    assert "there is no stack nowhere at file://" in line
    assert "PULUMI_BACKEND_URL" in line


@pytest.mark.parametrize("command", ["up", "down", "status", "output", "env"])
def test_a_project_of_another_name_is_refused(project: Project, command: str) -> None:
    """As `pulumi new --name other` makes it. Nothing is made under a name that nobody looks for."""
    settings = project.settings.read_text()
    file = project.clone / "Pulumi.yaml"
    file.write_text(file.read_text().replace("name: lunch-gateway\n", "name: other\n", 1))
    line = project.refused(command)
    assert line.startswith(
        f"{command}: Pulumi.yaml: name: other; make knows stacks of lunch-gateway"
    )
    assert not project.state.exists() or not list(project.state.rglob("*.json"))
    assert project.settings.read_text() == settings


def test_without_pulumi(project: Project) -> None:
    (project.root / "bin/pulumi").unlink()
    line = project.refused("up", PATH="/usr/bin:/bin")
    assert "https://www.pulumi.com/docs/install/" in line


def test_without_az(project: Project) -> None:
    (project.root / "bin/az").unlink()
    line = project.refused("up", PATH=f"{project.root}/bin:/usr/bin:/bin")
    assert "az is missing; install it" in line
    assert "az login" in line


def test_without_a_login(project: Project) -> None:
    project.program("az", "#!/bin/sh\necho 'Please run az login' >&2\nexit 1\n")
    assert "nobody is logged in to Azure; type: az login" in project.refused("up")
    project.program("az", "#!/bin/sh\necho '<html>'\n")
    assert "nobody is logged in to Azure; type: az login" in project.refused("up")


def test_a_service_principal_needs_no_az(project: Project) -> None:
    project.program("az", "#!/bin/sh\nexit 1\n")
    project.good("up", ARM_CLIENT_ID="0000")


@pytest.mark.parametrize("state", ["NotRegistered", "Unregistered"])
def test_without_a_registration(project: Project, state: str) -> None:
    answer = project.root / "answers/Microsoft.Network"
    answer.write_text(json.dumps({"registrationState": state}))
    line = project.refused("up")
    assert "has never used Microsoft.Network" in line
    assert "az provider register --wait --namespace Microsoft.Network" in line


def test_who_may_not_ask_is_let_through(project: Project) -> None:
    (project.root / "answers/Microsoft.Network").unlink()
    project.good("up")


def test_the_shutdown_has_a_registration_of_its_own(made: Project) -> None:
    answer = made.root / "answers/Microsoft.DevTestLab"
    answer.write_text(json.dumps({"registrationState": "NotRegistered"}))
    made.pulumi("config", "set", "shutdownTime", "13:30", "--stack", "dev")
    assert "az provider register --wait --namespace Microsoft.DevTestLab" in made.refused("up")


def test_a_failed_update_says_how_to_go_on(made: Project) -> None:
    program = made.clone / "__main__.py"
    program.write_text("import pulumi\nraise pulumi.RunError('no luck')\n")
    done = made.ops("up", ENGINE="yes")
    assert done.returncode != 0
    assert "no luck" in done.stdout
    assert done.stderr.strip().endswith(
        "so nothing costs; make up STACK=dev goes on where this stopped"
    )
    assert not (made.clone / "build").exists()


# Interrupted commands.


def locked(project: Project, pid: int, host: str) -> Path:
    lock = project.state / ".pulumi/locks/organization/lunch-gateway/dev/0-1-2.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    held = {"pid": pid, "username": "x", "hostname": host, "timestamp": "2026-11-20T12:01:02Z"}
    lock.write_text(json.dumps(held))
    return lock


def gone() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen(["true"]) as process:
        pass
    return process.pid


def test_a_lock_is_what_pulumi_makes_of_it(made: Project) -> None:
    """The file that these tests write stops the real command."""
    locked(made, gone(), socket.gethostname())
    made.environment["ENGINE"] = "yes"
    with pytest.raises(subprocess.CalledProcessError):
        made.pulumi("up", "--yes", "--stack", "dev")


@pytest.mark.parametrize("command", ["up", "down"])
def test_the_lock_of_a_process_that_is_gone_is_removed(used: Project, command: str) -> None:
    lock = locked(used, gone(), socket.gethostname())
    assert "it is gone, so its lock is removed" in used.good(command)
    assert not lock.exists()
    # What it left is looked for before the command begins.
    own = {"up": "--suppress-outputs", "down": "destroy"}[command]
    assert 0 <= used.recorded().index("\nrefresh\n") < used.recorded().index(f"\n{own}\n")


@pytest.mark.parametrize(
    ("pid", "host"),
    [(os.getpid(), socket.gethostname()), (1, socket.gethostname()), (gone(), "elsewhere")],
    ids=["at work", "somebody else's", "another machine"],
)
def test_the_lock_of_a_process_that_may_work_stays(made: Project, pid: int, host: str) -> None:
    lock = locked(made, pid, host)
    line = made.refused("up")
    assert f"locked by process {pid} on {host} since 2026-11-20T12:01:02" in line
    assert "make unlock STACK=dev" in line
    assert lock.exists()
    made.good("unlock")
    assert not lock.exists()
    made.good("up")


def test_a_workflow_may_break_the_lock(used: Project) -> None:
    locked(used, 1, "a-runner-that-is-gone")
    used.good("down", "--unlock")


def test_the_guard_takes_the_whole_family_down(used: Project) -> None:
    stacks = used.state / ".pulumi/stacks/lunch-gateway"
    for other in ("dev-japaneast", "developer", "x-dev"):
        shutil.copy(stacks / "dev.json", stacks / f"{other}.json")
    locked(used, 1, "a-runner-that-is-gone")
    said = used.good("guard")
    destroyed = used.recorded().split("\ndestroy\n--yes\n--stack\n")[1:]
    assert [text.partition("\n")[0] for text in destroyed] == ["dev", "dev-japaneast"]
    assert "nothing of stack dev-japaneast is left on Azure" in said


def test_the_guard_finds_nothing(made: Project) -> None:
    assert made.good("guard") == "the family of stack dev was looked through\n"


def test_a_lock_that_is_no_json_is_left_to_pulumi(made: Project) -> None:
    locked(made, 1, "x").write_text("{")
    done = made.ops("up", ENGINE="yes")
    assert done.returncode
    assert "Traceback" not in done.stdout


SLOW = """#!/bin/sh
# Like pulumi: winds up on the first signal, which takes longer than a moment.
case "$1 $2" in up*) ;; *) exec {pulumi} "$@" ;; esac
trap 'sleep 1; echo saved > {saved}; exit 3' INT
echo started > {started}
while :; do sleep 0.05; done
"""


@pytest.mark.parametrize("how", ["a terminal's Ctrl-C", "SIGTERM"])
def test_an_interrupted_update_may_finish_its_saving(made: Project, how: str) -> None:
    real = shutil.which("pulumi", path=made.environment["PATH"])
    Path(str(real)).rename(made.root / "pulumi")
    saved, started = made.root / "saved", made.root / "started"
    made.program("pulumi", SLOW.format(pulumi=made.root / "pulumi", saved=saved, started=started))
    with subprocess.Popen(
        [sys.executable, "-m", "ops", "up"],
        cwd=made.clone,
        env=made.environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        while not started.exists():
            assert process.poll() is None
            time.sleep(0.02)
        if how == "SIGTERM":
            process.terminate()
        else:
            os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert saved.exists()
    assert process.returncode == 3
    assert b"Traceback" not in errors
