"""The workflows by actionlint, and by what they promise: times, teardowns, and no secret for
code of strangers."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.ci.lunch import SCHEDULE
from tests.workflows import actionlint

ROOT = Path(__file__).parents[2]
DIRECTORY = ROOT / ".github/workflows"


def loaded(text: str) -> dict[str, Any]:
    # To YAML 1.1, "on" is true.
    return {"on" if key is True else key: value for key, value in yaml.safe_load(text).items()}


WORKFLOWS = {path.name: loaded(path.read_text()) for path in sorted(DIRECTORY.glob("*.yml"))}
JOBS = [(name, job) for name, flow in WORKFLOWS.items() for job in flow["jobs"]]


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, job in JOBS:
        for step in WORKFLOWS[name]["jobs"][job]["steps"]:
            yield f"{name}: {job}", step


# By its own checker.


def complaints(*arguments: str) -> str:
    shellcheck = str(Path(sys.executable).with_name("shellcheck"))
    command = [str(actionlint.obtain()), "-no-color", "-shellcheck", shellcheck, "-pyflakes", ""]
    done = subprocess.run(
        [*command, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout or ("" if done.returncode == 0 else f"exit status {done.returncode}")


def test_actionlint() -> None:
    assert len(WORKFLOWS) >= 4
    assert complaints(*map(str, DIRECTORY.glob("*.yml"))) == ""


@pytest.mark.parametrize(
    ("good", "bad", "complaint"),
    [
        ("ops.ci.lunch >>", "ops.ci.lunch $X >>", "SC2086"),
        ("needs: plan", "needs: plans", "plans"),
        ("17 2 * * 1-5", "17 25 * * 1-5", "invalid CRON"),
        ("github.event.schedule", "github.evnt.schedule", "evnt"),
    ],
    ids=["shellcheck", "job", "cron", "expression"],
)
def test_actionlint_complains(good: str, bad: str, complaint: str, tmp_path: Path) -> None:
    text = (DIRECTORY / "lunch.yml").read_text()
    assert good in text
    (tmp_path / "lunch.yml").write_text(text.replace(good, bad, 1))
    assert complaint in complaints(str(tmp_path / "lunch.yml"))


# Lunch in Japan.

WEEKDAYS = {1, 2, 3, 4, 5}
EVERY_DAY = set(range(7))


def times(cron: str) -> list[tuple[set[int], int]]:
    """Days of the week (0 is Sunday) and minutes since midnight, in Japan: UTC and 9 h more."""
    minute, hours, day, month, weekdays = cron.split()
    assert (day, month) == ("*", "*")
    first, _, last = weekdays.partition("-")
    days = EVERY_DAY if weekdays == "*" else set(range(int(first), int(last) + 1))
    found = []
    for hour in hours.split(","):
        later = (int(hour) + 9) * 60 + int(minute)
        found.append(({(day + later // 1440) % 7 for day in days}, later % 1440))
    return found


def test_times_are_converted() -> None:
    assert times("17 2 * * 1-5") == [(WEEKDAYS, 11 * 60 + 17)]
    assert times("0 20 * * 1-5") == [({2, 3, 4, 5, 6}, 5 * 60)]


def crons() -> dict[str, str]:
    """By action."""
    listed = [entry["cron"] for entry in WORKFLOWS["lunch.yml"]["on"]["schedule"]]
    assert sorted(listed) == sorted(SCHEDULE)
    return {SCHEDULE[cron]: cron for cron in listed}


def test_every_schedule_has_its_action_and_every_action_its_schedule() -> None:
    assert set(crons()) == {"up", "down", "guard"}


def test_up_before_noon_on_weekdays() -> None:
    """With half an hour for GitHub's delay and the first start, and no more billed than that."""
    ((days, at),) = times(crons()["up"])
    assert days == WEEKDAYS
    assert 11 * 60 <= at <= 11 * 60 + 30


def test_down_after_one_on_weekdays() -> None:
    ((days, at),) = times(crons()["down"])
    assert days == WEEKDAYS
    assert 13 * 60 < at <= 13 * 60 + 30


def test_a_later_teardown_every_day_and_before_the_night() -> None:
    guards = times(crons()["guard"])
    ((_, down),) = times(crons()["down"])
    assert all(days == EVERY_DAY for days, _ in guards)
    at = sorted(minutes for _, minutes in guards)
    assert any(down + 60 <= minutes <= 18 * 60 for minutes in at)
    # What is brought up by hand in the evening does not stand until the next afternoon either.
    assert any(minutes >= 22 * 60 for minutes in at)
    assert any(minutes <= 5 * 60 for minutes in at)


def test_no_schedule_at_a_full_hour() -> None:
    """GitHub's documentation: delays are longest then, and runs may be dropped."""
    for cron in crons().values():
        assert 5 <= int(cron.split()[0]) <= 55


def commands(job: dict[str, Any]) -> str:
    return "\n".join(step.get("run", "") for step in job["steps"])


def test_up_and_down_never_race() -> None:
    assert WORKFLOWS["lunch.yml"]["concurrency"] == {"group": "lunch", "cancel-in-progress": False}


# No secret for strangers.

SAME_REPOSITORY = "github.event.pull_request.head.repo.full_name == github.repository"


def test_no_workflow_runs_strangers_code_with_our_rights() -> None:
    for name, flow in WORKFLOWS.items():
        assert "pull_request_target" not in flow["on"], name
        if "workflow_run" in flow["on"]:
            text = (DIRECTORY / name).read_text()
            assert "secrets." not in text
            own = [step for where, step in steps() if where.startswith(name)]
            checkouts = [step for step in own if "checkout" in step.get("uses", "")]
            assert checkouts
            assert all("ref" not in step["with"] for step in checkouts)


def privileged(job: dict[str, Any]) -> bool:
    rights = set(job.get("permissions", {}).items())
    return "secrets." in str(job) or any(value == "write" for _, value in rights)


def test_forks_reach_no_secret_and_no_right() -> None:
    seen = 0
    for name, flow in WORKFLOWS.items():
        if "pull_request" in flow["on"]:
            for body in flow["jobs"].values():
                if privileged(body):
                    seen += 1
                    condition = " ".join(body["if"].split())
                    assert condition.startswith(f"{SAME_REPOSITORY} &&"), name
                    assert "||" not in condition
    assert seen


def test_secrets_come_from_an_environment() -> None:
    for name, job in JOBS:
        body = WORKFLOWS[name]["jobs"][job]
        if "secrets." in str(body):
            assert body.get("environment"), f"{name}: {job}"


RIGHTS = {
    "comment.yml: guest": {"contents": "read", "pull-requests": "write"},
    "preview.yml: azure": {"contents": "read", "id-token": "write", "pull-requests": "write"},
    "lunch.yml: reviewers": {"actions": "read", "contents": "read"},
    "lunch.yml: gateway": {"contents": "read", "id-token": "write"},
}


def test_rights_are_these_and_no_more() -> None:
    for flow in WORKFLOWS.values():
        assert flow["permissions"] in ({}, {"contents": "read"})
    found = {
        f"{name}: {job}": body["permissions"]
        for name, job in JOBS
        if "permissions" in (body := WORKFLOWS[name]["jobs"][job])
    }
    assert found == RIGHTS


def test_nothing_is_pasted_into_a_script() -> None:
    """``${{ }}`` becomes text before the shell reads it; an environment variable does not."""
    for where, step in steps():
        assert "${{" not in step.get("run", ""), where


def test_no_token_stays_in_a_checkout() -> None:
    checkouts = [step for _, step in steps() if "checkout" in step.get("uses", "")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@pytest.mark.parametrize(
    ("job", "command"),
    [("reviewers", "ops.ci.reviewers preview"), ("schedules", "ops.ci.schedules")],
)
def test_nothing_waits_for_what_only_tells(job: str, command: str) -> None:
    """Red, it tells somebody; and no teardown may stand still for it."""
    jobs = WORKFLOWS["lunch.yml"]["jobs"]
    assert f"python3 -m {command}" in commands(jobs[job])
    assert "if" not in jobs[job]
    assert all(job not in str(body.get("needs")) for body in jobs.values())


def test_what_they_call_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text()
    scripts = "\n".join(step.get("run", "") for _, step in steps())
    targets = set(re.findall(r"(?:^|\) ) *make ([a-z-]+)", scripts, re.M))
    assert targets >= {"prepare", "up", "down", "guard"}
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.M), target
    for module in set(re.findall(r"python3? -m (ops[.\w]*)", scripts)):
        assert (ROOT / f"{module.replace('.', '/')}.py").exists(), module


def named(text: str) -> set[str]:
    """The paths of this project that a workflow's comments name."""
    comments = "\n".join(re.findall(r"(?:^|\s)#(.*)", text))
    return set(re.findall(r"(?<![\w/.])(?:[\w.-]+/)+[\w-]+\.(?:md|py|sh|toml|ya?ml)\b", comments))


def test_what_their_comments_name_is_there() -> None:
    found = {path for name in WORKFLOWS for path in named((DIRECTORY / name).read_text())}
    assert found >= {"docs/automation.md", "ops/ci/lunch.py", "ops/ci/reviewers.py"}
    assert [path for path in sorted(found) if not (ROOT / path).exists()] == []
