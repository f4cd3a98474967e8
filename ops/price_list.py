"""Azure's public list of prices, asked by a process of its own: what looks up a name can't be
stopped, and a thread that is left behind can bring Python down at its end. A process can be killed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ops.cli import PROJECT_DIRECTORY, OpsError

URL = "https://prices.azure.com/api/retail/prices"
"""https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices"""

Items = Sequence[Mapping[str, Any]]


def ask(filters: Mapping[str, str], currency: str, patience: float) -> dict[str, Items]:
    """Answers by the filters' names.

    Args:
        filters: what to ask for, in the list's own language.
        currency: such as USD.
        patience: seconds for all of them together, names looked up included.

    Raises:
        OpsError: one of them is not there in time, or is none.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", "ops.price_list"],
            cwd=PROJECT_DIRECTORY,
            input=json.dumps([URL, dict(filters), currency]),
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _unreadable(f"no answer for {patience:g} s") from None
    if done.returncode:
        raise _unreadable((done.stderr.strip().splitlines() or ["it failed without a word"])[-1])
    return dict(json.loads(done.stdout))


def _unreadable(why: str) -> OpsError:
    return OpsError(
        f"Azure's list of prices can't be read ({why}); try later, or see"
        " https://azure.microsoft.com/pricing/calculator/"
    )


def items(url: str, text: str, currency: str) -> Items:
    """Return what the list has for one filter.

    Raises:
        OSError: there was no answer.
        LookupError, TypeError, ValueError: it has another shape.
    """
    wanted = {"currencyCode": f"'{currency}'", "$filter": text}
    query = urllib.parse.urlencode(wanted, quote_via=urllib.parse.quote)
    with urllib.request.urlopen(f"{url}?{query}") as answer:  # noqa: S310
        found = json.load(answer)["Items"]
    # What is no price is a reason to stop, and not to reckon with.
    numbers = ("retailPrice", "tierMinimumUnits")
    return [{**item, **{name: float(item[name]) for name in numbers}} for item in found]


def main() -> int:
    """Answer what stands on standard input; returns the exit status."""
    url, filters, currency = json.load(sys.stdin)
    try:
        with ThreadPoolExecutor() as pool:
            asked = {
                each: pool.submit(items, url, text, currency) for each, text in filters.items()
            }
            json.dump({name: found.result() for name, found in asked.items()}, sys.stdout)
    except (OSError, LookupError, TypeError, ValueError) as error:
        reason = getattr(error, "reason", error)
        print(getattr(reason, "strerror", None) or reason, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
