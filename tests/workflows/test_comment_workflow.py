"""The comment's workflow, step by step as GitHub would run it, with a double of ``gh``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.workflows.conftest import NOTHING, ROOT, Repository, add
from tests.workflows.test_scripts import script
from tests.workflows.test_workflows import DIRECTORY, WORKFLOWS

GH = """#!/bin/sh
echo "$@" >> "$LOG"
case "$*" in
    *"/pulls "*) printf '%s\\n' "$PULLS" ;;
    *"--paginate"*) printf '%s' "$MINE" ;;
    *) ;;
esac
"""


def stand_ins(programs: Path) -> None:
    """gh, which says what it is asked, and python, to which nothing need be installed."""
    programs.mkdir(exist_ok=True)
    (programs / "gh").write_text(GH)
    (programs / "python").write_text(
        f'#!/bin/sh\ncase "$2" in pip) exit 0 ;; esac\nexec {sys.executable} "$@"\n'
    )
    for program in programs.iterdir():
        program.chmod(0o755)


def environment_of(here: Path, base: str, head: str, mine: str) -> dict[str, str]:
    """What GitHub and the earlier steps tell a step."""
    return {
        **os.environ,
        "PATH": f"{here / 'bin'}:{os.environ['PATH']}",
        "LOG": str(here / "log"),
        "PULLS": f"number=7\nbase={base}",
        "MINE": mine,
        "GITHUB_OUTPUT": str(here / "output"),
        "GITHUB_SERVER_URL": f"file://{here}/github",
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "owner/project",
        "RUNNER_TEMP": str(here),
        "BASE": base,
        "COMMIT": head,
        "NUMBER": "7",
        "OWNER": "stranger",
        "BRANCH": "theirs",
    }


def run_workflow(clone: Repository, base: str, head: str, mine: str = "") -> tuple[str, str]:
    """The comment's text, and what ``gh`` was asked; the workflow's own checkout is a clone
    with this project's code, and another commit in it stands for main's."""
    here = clone.path.parent
    stand_ins(here / "bin")
    server = here / "github/owner"
    server.mkdir(parents=True, exist_ok=True)
    clone.git("clone", "--quiet", "--bare", str(clone.path), str(server / "project"))
    work = here / "work"
    subprocess.run(["git", "init", "--quiet", str(work)], check=True)
    for name in ("ops", "cloud_init", "settings"):
        shutil.copytree(ROOT / name, work / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("requirements.lock", "Pulumi.yaml"):
        shutil.copy(ROOT / name, work)
    environment = environment_of(here, base, head, mine)
    for step in (
        *("Which pull request", "Fetch its commits, as data"),
        *("Render and compare, without a token", "Comment, or replace the last comment"),
    ):
        done = subprocess.run(
            ["bash", "-e", "-c", script("comment.yml", "guest", step)],
            cwd=work,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (step, done.stderr)
    assert (here / "output").read_text() == f"number=7\nbase={base}\n"
    assert not (work / "theirs").exists()
    return (here / "body.md").read_text(), (here / "log").read_text()


def test_the_workflow_says_what_main_sees(clone: Repository) -> None:
    base = clone.git("rev-parse", "main")
    # The finding: the pull request's own workflow and renderer say that nothing differs.
    (clone.path / ".github/workflows/preview.yml").write_text("name: preview\non: pull_request\n")
    ran = clone.path / "ran"
    (clone.path / "cloud_init/__main__.py").write_text(f"open({str(ran)!r}, 'w')\n")
    (clone.path / "ops").mkdir()
    (clone.path / "ops/comment.py").write_text(f"print('{NOTHING}')\n")
    add(clone.rootfs("base/etc/nftables.conf"), "changed_4711=1\n")
    body, asked = run_workflow(clone, base, clone.commit())
    assert "\n+changed_4711=1\n" in body
    assert "\n.github/workflows/preview.yml\ncloud_init/__main__.py\nops/comment.py\n" in body
    assert NOTHING not in body
    assert not ran.exists()
    assert "--method POST repos/owner/project/issues/7/comments" in asked


def test_the_last_comment_is_replaced(clone: Repository) -> None:
    base = clone.git("rev-parse", "main")
    add(clone.path / "README.md", "x\n")
    body, asked = run_workflow(clone, base, clone.commit(), mine="4711\n")
    assert NOTHING in body
    assert "--method PATCH repos/owner/project/issues/comments/4711" in asked
    assert "POST" not in asked


# Whose word the comment is.


def test_the_comment_takes_nothing_from_the_pull_requests_own_runs() -> None:
    text = (DIRECTORY / "comment.yml").read_text()
    for words in ("download", "run_id", "workflow_run.id", "gh run", "pull/", "git checkout"):
        assert words not in text
    for flow in WORKFLOWS.values():
        artifacts = [
            s for job in flow["jobs"].values() for s in job["steps"] if "artifact" in str(s)
        ]
        assert all(step["with"]["name"] == "lab" for step in artifacts)


def test_the_renderer_has_no_token() -> None:
    """What handles a stranger's files can't give away what it does not have."""
    job = WORKFLOWS["comment.yml"]["jobs"]["guest"]
    (step,) = [step for step in job["steps"] if "ops.ci.comment" in step.get("run", "")]
    assert "token" not in str([step.get("env"), job["env"], WORKFLOWS["comment.yml"].get("env")])
