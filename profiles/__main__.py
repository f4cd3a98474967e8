"""``python -m profiles``: for each user, profiles for every device and one page with all of it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence, Sized
from pathlib import Path

from profiles import bundle, linux, output, page, stack
from profiles.account import DEFAULT_TITLE, Account, ProfileError, accounts
from settings import published
from settings.file import read
from settings.guest import Settings, SettingsError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        settings, server = _access(options)
        everybody = accounts(settings, server, options.title)
        people = {account.user: _files(account) for account in everybody}
        output.write(options.out, people)
    except (ProfileError, SettingsError) as error:
        source = f"{options.settings}: " if isinstance(error, SettingsError) else ""
        for problem in error.problems:
            print(f"{source}{problem}", file=sys.stderr)
        if source and options.settings.resolve() == published.EXAMPLE.resolve():
            print(
                f"{source}only to look at pages, python -m profiles has --example", file=sys.stderr
            )
        return 2
    except OSError as error:
        print(f"{error.filename or options.out}: {error.strerror}", file=sys.stderr)
        return 2
    _report(options.out, everybody, people)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m profiles",
        description="Write, for each user, profiles for phones and computers, and a page that"
        " holds them all. The files hold passwords; what an earlier run wrote is replaced.",
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--stack", metavar="NAME", help="a deployed Pulumi stack")
    source.add_argument(
        "--settings", type=Path, metavar="FILE", help="YAML such as settings.example.yaml"
    )
    parser.add_argument(
        "--server",
        metavar="NAME",
        help="with --settings: what phones dial, a DNS name or an IPv4 address"
        " (default: the file's serverName)",
    )
    parser.add_argument(
        "--example",
        action="store_true",
        help="with --settings: take also the secrets of settings.example.yaml, which everybody"
        " can read: to look at the pages",
    )
    parser.add_argument(
        "--title",
        metavar="TEXT",
        default=DEFAULT_TITLE,
        help="what devices call the connection, in any script (default: %(default)s)",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="the directory to write"
    )
    return parser


def _access(options: argparse.Namespace) -> tuple[Settings, str]:
    """Return whose profiles, and what they dial."""
    if options.stack is not None:
        if options.server is not None:
            raise ProfileError("--server: goes with --settings; a stack knows its own name")
        settings = stack.settings(options.stack)
    else:
        settings = read(options.settings, options.example)
    server = options.server if options.server is not None else settings.server_name
    if server is None:
        raise ProfileError(
            f"{options.settings}: says no serverName; add it, or give --server NAME"
            " (on Azure LABEL.REGION.cloudapp.azure.com)"
        )
    return settings, server


def _files(account: Account) -> dict[str, bytes]:
    made = bundle.files(account)
    text = page.render(account, made)
    return {
        f"{account.user}.html": text.encode(),
        **{file.name: file.content for file in made.values()},
    }


def _report(out: Path, everybody: Sequence[Account], people: Mapping[str, Sized]) -> None:
    for user, files in people.items():
        print(f"{out / user / f'{user}.html'}  (and {len(files) - 1} files beside it)")
    for account in everybody:
        if "ikev2" in account.protocols and not linux.can_ikev2(account):
            print(
                f"note: {account.user}: no IKEv2 for Linux; NetworkManager wants passwords of at"
                f" least {linux.STRONGSWAN_MIN_KEY} characters there",
                file=sys.stderr,
            )
    print("Give each person only their own directory, and nobody the others.")


if __name__ == "__main__":
    sys.exit(main())
