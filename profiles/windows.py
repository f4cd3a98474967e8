"""A PowerShell script for Windows 10 and 11, which have L2TP with a pre-shared key; their
IKEv2 has none."""

from __future__ import annotations

import re
from string import Template

from profiles.account import Account

_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")
"""PowerShell takes the typographic ones for the straight one, also where they end a text
(about_Quoting_Rules; CharTraits.cs in PowerShell/PowerShell)."""

_SCRIPT = Template("""\
# $title: run this as administrator, in the directory that it lies in:
#   powershell -ExecutionPolicy Bypass -File .\\$file
# It can be run again; it replaces the connection. It holds a secret: delete it afterwards.
#Requires -RunAsAdministrator
$$ErrorActionPreference = 'Stop'
$$name = $name
$$server = $server
$$secret = $psk

# Windows refuses a server behind NAT, which this one is, unless told otherwise:
# learn.microsoft.com, "Configure L2TP/IPsec server behind NAT-T device". 2: also if we are.
$$key = 'HKLM:\\SYSTEM\\CurrentControlSet\\Services\\PolicyAgent'
$$value = 'AssumeUDPEncapsulationContextOnSendRule'
$$before = (Get-ItemProperty -Path $$key).$$value
New-ItemProperty -Path $$key -Name $$value -PropertyType DWord -Value 2 -Force | Out-Null

# Windows asks the resolvers of all its networks at once, and those of a Wi-Fi name IPv6 addresses,
# which lead past the tunnel. This way it asks the tunnel's first: learn.microsoft.com, Policy CSP
# ADMX_DnsClient, DNS_SmartMultiHomedNameResolution. With one network nothing changes.
$$policy = 'HKLM:\\SOFTWARE\\Policies\\Microsoft\\Windows NT\\DNSClient'
# Making a key that is there would empty it.
if (-not (Test-Path -Path $$policy)) { New-Item -Path $$policy -Force | Out-Null }
$$first = 'DisableSmartNameResolution'
New-ItemProperty -Path $$policy -Name $$first -PropertyType DWord -Value 1 -Force | Out-Null

# For all users: an administrator who lent a hand would otherwise be the only one to have it.
if (Get-VpnConnection -AllUserConnection -ErrorAction SilentlyContinue |
        Where-Object { $$_.Name -eq $$name }) {
    Remove-VpnConnection -AllUserConnection -Name $$name -Force
}
$$connection = @{
    Name                 = $$name
    ServerAddress        = $$server
    TunnelType           = 'L2tp'
    L2tpPsk              = $$secret
    AuthenticationMethod = 'MSChapv2'
    EncryptionLevel      = 'Required'
}
Add-VpnConnection @connection -AllUserConnection -RememberCredential -Force

Write-Host "Added. Connect with the user name" $user "and your password."
if ($$before -ne 2) {
    Write-Host 'Restart Windows first: until then it refuses this server.'
}
""")


def quoted(text: str) -> str:
    """A PowerShell literal: between single quotes nothing is special but the quotes."""
    return "'" + _QUOTES.sub(r"\1\1", text) + "'"


def powershell(account: Account, file: str) -> bytes:
    """The script. It begins with a byte order mark, without which Windows PowerShell 5.1
    reads it in the machine's old code page; lines end as Windows' do.

    Args:
        account: whose.
        file: the name that the script will have, for its own instructions.
    """
    text = _SCRIPT.substitute(
        title=account.name("l2tp"),
        file=file,
        name=quoted(account.name("l2tp")),
        server=quoted(account.server),
        psk=quoted(account.psk),
        user=quoted(account.user),
    )
    return text.replace("\n", "\r\n").encode("utf-8-sig")
