"""Azure's own rules for names and values."""

from __future__ import annotations

from typing import Any

import pytest

from settings.amounts import ready_timeout
from settings.azure_values import (
    auto_shutdown_region,
    disk_fits,
    disk_type,
    dns_label,
    image,
    location,
    shutdown_time,
    time_zone,
    vm_size,
)
from settings.tags import tags
from settings.values import BadValue


@pytest.mark.parametrize(
    "size",
    ["Standard_B1s", "Standard_B2ats_v2", "Standard_D2ds_v5", "Standard_E8-4ds_v5",
     "Standard_NC4as_T4_v3", "Standard_F2", "Standard_PB6s", "Standard_D2s_v3", "Standard_DS2_v2",
     "Standard_D2a_v4", "Standard_D2_v4", "Standard_E2s_v3", "Standard_DC2s_v3",
     "Standard_DC2ds_v3", "Standard_NC6s_v2", "Standard_NV4as_v4", "Standard_F2s_v2"],
)  # fmt: skip
def test_sizes(size: str) -> None:
    assert vm_size(size) == size


@pytest.mark.parametrize("size", ["Standard_B2pts_v2", "Standard_D2ps_v5", "Standard_E2pds_v5"])
def test_arm_sizes_are_refused(size: str) -> None:
    with pytest.raises(BadValue, match="Arm processor"):
        vm_size(size)


@pytest.mark.parametrize(
    "size",
    ["Standard_A1", "Standard_A1_v2", "Standard_A4m_v2", "Standard_D1", "Standard_D2_v2",
     "Standard_D11_v2_Promo", "Standard_D2_v3", "Standard_E2_v3", "Standard_NC6", "Standard_NV12",
     "Standard_NP10s", "Standard_DC2as_v5", "Standard_EC2ads_v5", "Standard_NCC40ads_H100_v5"],
)  # fmt: skip
def test_sizes_that_trusted_launch_excludes_are_refused(size: str) -> None:
    with pytest.raises(BadValue, match="trusted launch") as refused:
        vm_size(size)
    (line,) = refused.value.in_stack
    head, _, meant = line.rpartition(" ")
    assert head.endswith("pulumi config set vmSize")
    assert vm_size(meant)


@pytest.mark.parametrize("label", ["microsoft", "windows-lunch", "my-login-gw", "xbox-1"])
def test_labels_with_a_word_that_azure_keeps_are_refused(label: str) -> None:
    with pytest.raises(BadValue, match="login, microsoft, windows, xbox") as refused:
        dns_label(label)
    assert refused.value.in_stack[0].endswith("choose another: pulumi config set dnsLabel NAME")


def test_azure_itself_may_stand_in_a_label() -> None:
    assert dns_label("my-azure-lunch") == "my-azure-lunch"


@pytest.mark.parametrize("size", ["Standard_B1s", "Standard_DS2_v2", "Standard_B2ats_v2"])
def test_sizes_for_a_premium_disk(size: str) -> None:
    disk_fits("Premium_LRS", size)


def test_sizes_without_a_premium_disk() -> None:
    disk_fits("StandardSSD_LRS", "Standard_F2")
    with pytest.raises(BadValue, match="Standard_F2 has none") as no:
        disk_fits("Premium_LRS", "Standard_F2")
    assert "(pulumi config set diskType StandardSSD_LRS, or " in no.value.in_stack[0]


def test_regions_without_auto_shutdown() -> None:
    auto_shutdown_region("westeurope")
    with pytest.raises(BadValue, match=r"no auto-shutdown in polandcentral; go without") as no:
        auto_shutdown_region("polandcentral")
    assert "(pulumi config rm shutdownTime, or " in no.value.in_stack[0]


@pytest.mark.parametrize(
    ("check", "value", "complaint"),
    [
        (vm_size, "standard_b1s", "not a VM size"),
        (vm_size, "Standard_B1s ", "not a VM size"),
        (vm_size, "Basic_A0", "not a VM size"),
        (disk_type, "HDD", "allowed: StandardSSD_LRS, Premium_LRS, Standard_LRS"),
        (disk_type, "standardssd_lrs", "not usable"),
        (disk_type, "UltraSSD_LRS", "not usable"),
        (disk_type, ["StandardSSD_LRS"], "not usable"),
        (image, "Debian:debian-13:13-arm64:latest", "Arm processors"),
        (image, "Debian:debian-13:13:latest", "use Debian:debian-13:13-gen2:latest"),
        (image, "Debian:debian-13:13-gen2", "not an image"),
        (image, "Debian:debian-13:13-gen2:newest", "not an image"),
        (image, "Debian:debian 13:13-gen2:latest", "not an image"),
        (dns_label, "ab", "not usable"),
        (dns_label, "1abc", "not usable"),
        (dns_label, "abc-", "not usable"),
        (dns_label, "a" * 64, "not usable"),
        (location, "2westus", "such as westus2 or japaneast$"),
        (location, "", "not a region"),
        (location, "Tokyo", "did you mean japaneast"),
        (location, "東京", "did you mean japaneast"),
        (location, "西日本", "did you mean japanwest"),
        (location, "ap-northeast-1", "did you mean japaneast"),
        (location, "japan-east", "did you mean japaneast"),
        (location, "Japan_East", "did you mean japaneast"),
        (ready_timeout, "-1", "whole minutes from 0 .* to 120"),
        (ready_timeout, 121, "whole minutes"),
        (ready_timeout, True, "whole minutes"),
        (ready_timeout, "1.5", "whole minutes"),
        (ready_timeout, "9" * 9999, "whole minutes"),
        (shutdown_time, "24:00", "not a time of day"),
        (shutdown_time, "9:00", "not a time of day"),
        (shutdown_time, "1330", "not a time of day"),
        (shutdown_time, 810, "810 is not a time of day; expected hours and minutes in quotes"),
        (time_zone, "Asia/Tokyo", "Windows' names"),
        (time_zone, "jst", "Windows' names"),
        (time_zone, "", "Windows' names"),
        (time_zone, 9, "9 is not one of Windows' names"),
        (tags, {"a<b": "x"}, "tag name 'a<b' is not usable"),
        (tags, {"": "x"}, "tag name '' is not usable"),
        (tags, {"n" * 513: "x"}, "1 to 512 printable"),
        (tags, {"a": "v" * 257}, "value of tag 'a' is not usable"),
        (tags, {"a": "x\ny"}, "value of tag 'a' is not usable"),
        (tags, {"a\0b": "x"}, r"tag name 'a\\x00b' is not usable"),
        (tags, {"a ": "x"}, "no space at either end"),
        (tags, {"\u200b": "x"}, "printable"),
        (tags, {"a": ["x"]}, "value of tag 'a' is not usable"),
        (tags, {"Stack": "x"}, "set by the program itself"),
        (tags, {"microsoft-x": "x"}, "Azure keeps for itself"),
        (tags, {"a": "x", "A": "y"}, "differ in case only"),
        (tags, {f"t{n}": "x" for n in range(49)}, "49 tags are too many"),
    ],
)
def test_azures_own_rules(check: Any, value: Any, complaint: str) -> None:
    with pytest.raises(BadValue, match=complaint):
        check(value)
