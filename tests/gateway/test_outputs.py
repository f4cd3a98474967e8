"""What the stack tells its owner, and that no secret gets out on the way."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import yaml
from google.protobuf.json_format import MessageToDict

from tests.gateway.program_run import (
    ADDRESS,
    PASSWORDS,
    PSK,
    SECRETS,
    Run,
    Secret,
    decode,
    run_program,
)


def test_outputs(default_run: Run) -> None:
    outputs = default_run.outputs
    label = default_run.one("PublicIPAddress").inputs["dnsSettings"]["domainNameLabel"]
    assert outputs["server"] == f"{label}.westus2.cloudapp.azure.com"
    assert outputs["address"] == ADDRESS
    assert outputs["region"] == "westus2"
    assert outputs["users"] == len(PASSWORDS)
    assert outputs["protocols"] == ["l2tp", "ikev2"]
    assert outputs["modp1024"] == "reject"
    assert outputs["psk"] == Secret(PSK)
    assert outputs["passwords"] == Secret(PASSWORDS)
    assert outputs["server"] in outputs["next"]
    assert "\n" not in outputs["next"]


def test_guest_output_is_readable_and_redacted(default_run: Run) -> None:
    guest = default_run.outputs["guest"]
    assert "[redacted]" in guest
    paths = {file["path"] for file in yaml.safe_load(guest)["write_files"]}
    assert "/etc/ppp/chap-secrets" in paths


@pytest.mark.parametrize("plain", [False, True], ids=["marked", "not marked in the stack"])
def test_no_secret_outside_a_secret(plain: bool) -> None:
    """Neither as it is, nor escaped, nor in base64, in any request, output or log line."""
    run = run_program(SECRETS, plain)
    assert run.error is None
    open_text = [open_parts(MessageToDict(request.raw)) for request in run.requests]
    text = json.dumps([open_text, open_parts(run.outputs), run.log], ensure_ascii=False)
    for secret in (PSK, *PASSWORDS.values()):
        for form in forms(secret):
            assert form not in text


def test_no_users_name_outside_a_secret() -> None:
    """A preview's outputs stand in a pull request's comment, which may be public."""
    names = ("Xenia.4711", "xenia@users.example")
    run = run_program(SECRETS | {"users": {name: f"{name}-password-4711" for name in names}})
    assert run.error is None
    assert run.outputs["users"] == 2
    open_text = [open_parts(MessageToDict(request.raw)) for request in run.requests]
    text = json.dumps([open_text, open_parts(run.outputs), run.log])
    for name in names:
        assert not [form for form in forms(name) if form in text]
        assert name in json.dumps(run.outputs, default=vars)


def open_parts(value: Any) -> Any:
    """The value without what is marked secret."""
    value = value if isinstance(value, Secret) else decode(value)
    if isinstance(value, Secret):
        return None
    if isinstance(value, dict):
        return {key: open_parts(item) for key, item in value.items()}
    return [open_parts(item) for item in value] if isinstance(value, list) else value


def forms(secret: str) -> set[str]:
    """How a secret may look in a text: base64 of it at any of the three alignments too."""
    encoded = set()
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + secret.encode()).decode()
        # The first and last groups depend on the neighbours; the middle does not.
        encoded.add(whole[4:-4])
    escaped = json.dumps(secret)[1:-1]
    return {secret, escaped, escaped.replace("\\", "\\\\"), *encoded}


def test_forms_find_a_secret_in_base64() -> None:
    for before in ("", "x", "xy", "xyz"):
        hidden = base64.b64encode(f"{before}{PSK} and more".encode()).decode()
        assert any(form in hidden for form in forms(PSK))
