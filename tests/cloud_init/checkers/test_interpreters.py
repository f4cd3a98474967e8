"""Scripts, by the interpreters that will run them."""

from __future__ import annotations

import shlex
from pathlib import Path

from tests.cloud_init.checkers.checking import (
    GRUB,
    IP_UP,
    SBIN,
    Broken,
    CheckedBy,
    complains,
    no_complaint,
)
from tests.cloud_init.guest_tree import Guest

INITRAMFS = "/etc/initramfs-tools/conf.d/lunch-gateway"


def shell(guest: Guest) -> str:
    """Debian's sh reads what it will run. shellcheck has its say in test_linters.py."""
    scripts = shell_scripts(guest)
    return guest.complaints("".join(f"sh -n {path} || exit 1\n" for path in scripts))


def python(guest: Guest) -> str:
    """The guest's Python compiles its scripts without a warning."""
    check = "import pathlib, sys; compile(pathlib.Path(sys.argv[1]).read_text(), '', 'exec')"
    return guest.complaints(
        "set -e\n"
        + "".join(
            f"python3 -W error -c {shlex.quote(check)} {path}\n" for path in python_scripts(guest)
        )
    )


def scripts_of(guest: Guest, interpreter: str) -> list[str]:
    paths = [path for path in (guest.out / "rootfs").rglob("*") if path.is_file()]
    return sorted(
        "/" + path.relative_to(guest.out / "rootfs").as_posix()
        for path in paths
        if path.read_text(encoding="utf-8").split("\n")[0] == interpreter
    )


def shell_scripts(guest: Guest) -> list[str]:
    return [GRUB, INITRAMFS, *scripts_of(guest, "#!/bin/sh")]


def python_scripts(guest: Guest) -> list[str]:
    modules = (guest.out / "rootfs").rglob("*.py")
    return [
        *scripts_of(guest, "#!/usr/bin/python3"),
        *(f"/{path.relative_to(guest.out / 'rootfs')}" for path in modules),
    ]


CHECKED_BY: CheckedBy = {
    GRUB: (shell,),
    "/etc/initramfs-tools/conf.d/lunch-gateway": (shell,),
    "/etc/initramfs-tools/hooks/lunch-gateway": (shell,),
    IP_UP: (shell,),
    "/etc/ppp/ip-down.d/lunch-gateway": (shell,),
    "/etc/kernel/postinst.d/zy-lunch-gateway": (shell,),
    f"{SBIN}/gateway-bbr-phone-build": (shell,),
    f"{SBIN}/gateway-identity": (python,),
    f"{SBIN}/gateway-l2tp-ended": (shell,),
    f"{SBIN}/gateway-mend": (shell,),
    f"{SBIN}/gateway-phone-gone": (shell,),
    f"{SBIN}/gateway-ready": (shell,),
    f"{SBIN}/gateway-scrub": (shell,),
    f"{SBIN}/gateway-selftest": (python,),
    f"{SBIN}/gateway-setup": (shell,),
    f"{SBIN}/gateway-watch": (shell,),
    "/usr/local/lib/lunch-gateway/checks.py": (python,),
    "/usr/local/lib/lunch-gateway/health.py": (python,),
    "/usr/local/lib/lunch-gateway/names.py": (python,),
    "/usr/local/lib/lunch-gateway/rules.py": (python,),
    "/usr/local/lib/lunch-gateway/speed.py": (python,),
    "/usr/local/lib/lunch-gateway/tunnel.py": (python,),
}

BROKEN: list[Broken] = [
    (shell, GRUB, ')"', '"'),
    (shell, INITRAMFS, "MODULES=dep", "MODULES=(dep"),
    (shell, f"{SBIN}/gateway-setup", "esac", ""),
    (shell, f"{SBIN}/gateway-ready", "done", ""),
    (shell, f"{SBIN}/gateway-scrub", "set -eu", "if true"),
]

test_checker_has_no_complaint = no_complaint(CHECKED_BY)
test_checker_complains_about_a_broken_file = complains(BROKEN)


def test_python_checker_complains(guest: Guest, tmp_path: Path) -> None:
    path = f"{SBIN}/gateway-selftest"
    broken = guest.altered(tmp_path / "out", path, lambda _: "#!/usr/bin/python3\nprint('\\d')\n")
    assert python(broken) != ""
