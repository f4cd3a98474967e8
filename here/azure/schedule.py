"""What Azure refuses about the daily stop of a machine (Microsoft.DevTestLab/schedules)."""

from __future__ import annotations

import re

from here.azure.arm import ArmError, Azure, Resource, find
from here.azure.network import Known, bad

WITHOUT_SCHEDULES = frozenset({"polandcentral"})
"""Of `rest.REGIONS`, those where machines are to be had and schedules are not: a public repository
has the refusal word for word for denmarkeast and names polandcentral as the next."""

_STANDARD = """AUS Central, AUS Eastern, Afghanistan, Alaskan, Aleutian, Altai, Arab, Arabian,
Arabic, Argentina, Astrakhan, Atlantic, Aus Central W., Azerbaijan, Azores, Bahia, Bangladesh,
Belarus, Bougainville, Canada Central, Cape Verde, Caucasus, Cen. Australia, Central,
Central America, Central Asia, Central Brazilian, Central Europe, Central European,
Central Pacific, Chatham Islands, China, Cuba, Dateline, E. Africa, E. Australia, E. Europe,
E. South America, Easter Island, Eastern, Egypt, Ekaterinburg, FLE, Fiji, GMT, GTB, Georgian,
Greenland, Greenwich, Haiti, Hawaiian, India, Iran, Israel, Jordan, Kaliningrad, Korea, Libya,
Line Islands, Lord Howe, Magadan, Magallanes, Marquesas, Mauritius, Middle East, Montevideo,
Morocco, Mountain, Myanmar, N. Central Asia, Namibia, Nepal, New Zealand, Newfoundland, Norfolk,
North Asia, North Asia East, North Korea, Omsk, Pacific, Pacific SA, Pakistan, Paraguay,
Qyzylorda, Romance, Russian, SA Eastern, SA Pacific, SA Western, SE Asia, Saint Pierre, Sakhalin,
Samoa, Sao Tome, Saratov, Singapore, South Africa, South Sudan, Sri Lanka, Sudan, Syria, Taipei,
Tasmania, Tocantins, Tokyo, Tomsk, Tonga, Transbaikal, Turkey, Turks And Caicos, US Eastern,
US Mountain, Ulaanbaatar, Venezuela, Vladivostok, Volgograd, W. Australia, W. Central Africa,
W. Europe, W. Mongolia, West Asia, West Bank, West Pacific, Yakutsk, Yukon"""
_OTHERS = """Central Standard Time (Mexico), Eastern Standard Time (Mexico), Mountain Standard Time
(Mexico), Pacific Standard Time (Mexico), Russia Time Zone 10, Russia Time Zone 11, Russia Time Zone
3, UTC, UTC+12, UTC+13, UTC-02, UTC-08, UTC-09, UTC-11"""


def _names(text: str, end: str = "") -> set[str]:
    return {f"{name}{end}" for name in " ".join(text.split()).split(", ")}


ZONES = frozenset(_names(_STANDARD, " Standard Time") | _names(_OTHERS))
"""Windows' names, from Unicode's windowsZones.xml (as tzlocal 5.4.5 has it), without the three
Canadian ones of 2026, which Azure's machines may not have yet."""


def schedule(azure: Azure, known: Known, new: Resource, old: Resource | None) -> None:
    """Raises what Azure refuses about a daily stop."""
    inputs = new["inputs"]
    region = inputs["location"]
    if region in WITHOUT_SCHEDULES:
        raise bad(
            "LocationNotAvailableForResourceType",
            f"The provided location '{region}' is not available for resource type"
            " 'Microsoft.DevTestLab/schedules'.",
        )
    # Azure/azure-devtestlab#753 has the words. Windows compares the names without regard to case.
    if inputs.get("timeZoneId", "").lower() not in {zone.lower() for zone in ZONES}:
        raise bad("InvalidTimeZone", "Property TimeZoneId must be a valid time zone.")
    if not re.fullmatch(r"([01]\d|2[0-3])[0-5]\d", inputs["dailyRecurrence"]["time"]):
        raise bad("InvalidScheduleTime", "dailyRecurrence.time is HHmm")
    machine = inputs.get("targetResourceId", "")
    if find(known, machine) is None:
        raise ArmError(404, "ResourceNotFound", f"{machine} was not found")
    # azurerm's dev_test_global_vm_shutdown_schedule: Azure takes no other name.
    if inputs["name"] != f"shutdown-computevm-{machine.rpartition('/')[2]}":
        raise bad("InvalidResourceName", f"a machine's schedule is not called {inputs['name']}")
