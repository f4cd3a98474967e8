"""``make price``, on a double of Azure's list of prices. Its prices are made up."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ops import price, price_list
from ops.__main__ import main
from ops.cli import OpsError
from ops.price import Gateway, look_up
from ops.pulumi import Pulumi
from settings.azure_values import DISK_TYPES


def item(meter: str, amount: Any, unit: str = "1 Hour", **more: Any) -> dict[str, Any]:
    words = {"productName": "x", "skuName": "x", "tierMinimumUnits": 0.0}
    return {**words, "meterName": meter, "retailPrice": amount, "unitOfMeasure": unit, **more}


LIST = {
    "Virtual Machines": [
        item("B1s", 0.99, productName="Virtual Machines BS Series Windows"),
        item("B1s Spot", 0.001, skuName="B1s Spot"),
        item("B1s Low Priority", 0.002, skuName="B1s Low Priority"),
        item("B1s", 0.02, productName="Virtual Machines BS Series"),
    ],
    "Storage": [item("E4 LRS Disk", 7.3, "1/Month")],
    "Virtual Network": [item("Standard IPv4 Static Public IP", 0.005)],
    "Bandwidth": [
        item("Standard Data Transfer Out", 0.12, "1 GB", tierMinimumUnits=100.0),
        item("Standard Data Transfer Out", 0.0, "1 GB"),
    ],
}


HERE = Gateway("japaneast", "Standard_B1s", "StandardSSD_LRS")


class Azure(ThreadingHTTPServer):
    """Answers a filter with the items of its service, and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked: list[dict[str, str]] = []
        self.list = {name: list(items) for name, items in LIST.items()}
        self.slow = 0.0


class Answer(BaseHTTPRequestHandler):
    server: Azure

    def do_GET(self) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        self.server.asked.append(query)
        time.sleep(self.server.slow)
        service = re.match(r"serviceName eq '([^']*)'", query["$filter"])
        body = json.dumps({"Items": self.server.list[service[1]] if service else None}).encode()
        with contextlib.suppress(BrokenPipeError):  # who asked was killed
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Azure]:
    with Azure() as server:
        monkeypatch.setattr(price_list, "URL", f"http://127.0.0.1:{server.server_port}/prices")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_day_is_machine_disk_and_address(azure: Azure) -> None:
    """Without Windows, Spot or Low Priority; the disk's month has 730 hours."""
    found = look_up(HERE)
    assert found.hourly == {"machine": 0.02, "disk, 32 GiB": 0.01, "public address": 0.005}
    assert found.a_day == pytest.approx(24 * 0.035)
    assert found.traffic == [(0.0, 0.0), (100.0, 0.12)]


def test_what_azure_is_asked(azure: Azure) -> None:
    look_up(HERE, "JPY")
    assert len(azure.asked) == 4
    for query in azure.asked:
        assert query["currencyCode"] == "'JPY'"
        assert "armRegionName eq 'japaneast' and priceType eq 'Consumption'" in query["$filter"]
    (machine,) = [q for q in azure.asked if "Virtual Machines" in q["$filter"]]
    assert "armSkuName eq 'Standard_B1s'" in machine["$filter"]


def test_every_disk_that_may_be_chosen_has_a_price(azure: Azure, tmp_path: Path) -> None:
    assert set(price.DISKS) == set(DISK_TYPES)
    price.in_a_line(stack_of(tmp_path, "config: {lunch-gateway:diskType: Premium_LRS}"))
    price.in_a_line(stack_of(tmp_path, "config: {}"))
    asked = [query["$filter"] for query in azure.asked if "Storage" in query["$filter"]]
    for words, disk in zip(asked, ("P4 LRS", "E4 LRS"), strict=True):
        assert f"skuName eq '{disk}' and meterName eq '{disk} Disk'" in words


def test_the_command(azure: Azure, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["price", "--region", "Japan East", "--currency", "jpy"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(
        r"Standard_B1s in japaneast, JPY, Azure's list prices of 20\d\d-\d\d-\d\d, without tax",
        lines[0],
    )
    assert re.search(r"together +0\.0350 +0\.84   until make down", "\n".join(lines))
    assert lines[-1].endswith(
        "to sites: 0.000 a GB from 0 GB a month on; 0.120 a GB from 100 GB a month on"
    )
    assert max(map(len, lines)) <= 120


def stack_of(directory: Path, settings: str) -> Pulumi:
    (directory / "Pulumi.dev.yaml").write_text(settings)
    return Pulumi({"PATH": ""}, "dev", directory)


def test_a_stacks_own_region_and_size(azure: Azure, tmp_path: Path) -> None:
    """No Pulumi is needed: its settings stand in a file."""
    own = "config: {azure-native:location: Japan East, lunch-gateway:vmSize: Standard_B2ats_v2}"
    line = price.in_a_line(stack_of(tmp_path, own))
    assert line.startswith("about 0.84 USD a day in japaneast until make down, and traffic")
    assert "armSkuName eq 'Standard_B2ats_v2'" in str(azure.asked)
    stands_in = price.in_a_line(stack_of(tmp_path, own), "koreacentral")
    assert "a day in koreacentral until" in stands_in
    azure.asked.clear()
    assert "a day in westus2 until" in price.in_a_line(stack_of(tmp_path, "config: {}"))
    assert "armSkuName eq 'Standard_B1s'" in str(azure.asked)


def test_no_price_in_that_region(azure: Azure) -> None:
    azure.list["Virtual Machines"].clear()
    with pytest.raises(OpsError) as error:
        look_up(replace(HERE, region="moonnorth"))
    assert str(error.value) == (
        "Azure lists no price for machine (Standard_B1s) in moonnorth; is that a region and a size"
        " of Azure's? REGION=… and SIZE=… choose others"
    )


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--currency", "yen please"], "price: CURRENCY: 'yen please' is none; expected three"),
        (["--region", "Japan East!"], "price: REGION: 'Japan East!' is not a region; expected one"),
        (
            ["--size", "Standard B1s"],
            "price: SIZE: 'Standard B1s' is not a VM size; expected one such as Standard_B1s or"
            " Standard_B2ats_v2; did you mean Standard_B1s?",
        ),
        (["--stack", "nope"], "price: STACK: there is no stack nope here (no Pulumi.nope.yaml); "),
    ],
    ids=str,
)
def test_what_no_list_can_have_is_not_asked_for(
    arguments: list[str], line: str, azure: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["price", *arguments]) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith(line)
    assert azure.asked == []


def test_traffic_without_a_price_is_said(azure: Azure, capsys: pytest.CaptureFixture[str]) -> None:
    azure.list["Bandwidth"].clear()
    assert main(["price"]) == 0
    assert "to sites: no price found" in capsys.readouterr().out


@pytest.mark.parametrize("word", ["x' or armSkuName eq 'y", "", "a b"])
def test_nothing_gets_out_of_the_filter(word: str) -> None:
    for wanted in (replace(HERE, region=word), replace(HERE, size=word)):
        with pytest.raises(OpsError, match="is no name of Azure's"):
            look_up(wanted)
    with pytest.raises(OpsError, match="is no name of Azure's"):
        look_up(HERE, word)


def test_before_up_it_is_said_in_a_line(azure: Azure, tmp_path: Path) -> None:
    own = "config: {azure-native:location: japaneast}"
    said = price.before_up(stack_of(tmp_path, own))
    assert said.startswith("it costs about 0.84 USD a day in japaneast until make down")
    assert "\n" not in said


@pytest.mark.parametrize("fault", [OSError, KeyError, ValueError, OpsError])
def test_no_fault_of_the_list_keeps_up(
    fault: type[Exception], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: object) -> None:
        raise fault("x")

    monkeypatch.setattr(price_list, "ask", broken)
    said = price.before_up(stack_of(tmp_path, "config: {}"))
    assert said == "it costs until make down; make price STACK=dev asks how much"


def test_before_up_a_slow_list_is_not_waited_for(
    azure: Azure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert price.PATIENCE_BESIDE <= 5
    azure.slow = 3.0
    monkeypatch.setattr(price, "PATIENCE_BESIDE", 0.5)
    began = time.monotonic()
    assert "make price STACK=dev asks" in price.before_up(stack_of(tmp_path, "config: {}"))
    assert time.monotonic() - began < 2


# Without an answer.


def test_an_answer_that_does_not_come_is_not_waited_for(azure: Azure) -> None:
    """However long it takes, and whatever it is that takes long."""
    azure.slow = 3.0
    began = time.monotonic()
    with pytest.raises(OpsError, match=r"can't be read \(no answer for 0\.5 s\)"):
        look_up(HERE, patience=0.5)
    assert time.monotonic() - began < 2


def test_offline(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setattr(price_list, "URL", f"http://127.0.0.1:{closed.getsockname()[1]}/")
        assert main(["price"]) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert "price: Azure's list of prices can't be read (Connection refused); try" in line
        assert line.endswith("see https://azure.microsoft.com/pricing/calculator/")
        said = price.in_a_line(stack_of(tmp_path, "config: {}"))
        assert said == "until make down; make price STACK=dev asks how much"


@pytest.mark.parametrize("body", [None, [], [{"retailPrice": 1}], "x", [item("B1s", "dear")]])
def test_an_answer_of_another_shape(azure: Azure, body: Any) -> None:
    azure.list = dict.fromkeys(LIST, body)
    with pytest.raises(OpsError, match=r"Azure('s list of prices can't be read| lists no price)"):
        look_up(HERE)
