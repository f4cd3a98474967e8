"""The whole gateway: a resource group with a network and a machine in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import resources

from gateway.config import GatewayConfig
from gateway.machine import Machine, MachineArgs
from gateway.network import Network, NetworkArgs
from gateway.shutdown import auto_shutdown


@dataclass(frozen=True, kw_only=True)
class GatewayArgs:
    """What `Gateway` needs."""

    config: GatewayConfig
    user_data: str
    """What the machine is booted with; it holds every secret."""


class Gateway(pulumi.ComponentResource):
    """A VPN gateway that phones dial into. Everything it is made of lies in one group."""

    address: pulumi.Output[str | None]
    """The public IPv4 address."""
    vm_id: pulumi.Output[str]
    """Azure's resource id of the machine."""

    def __init__(
        self, name: str, args: GatewayArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("lunch-gateway:index:Gateway", name, None, opts)
        config = args.config
        group = resources.ResourceGroup(
            _group_name(name),
            location=config.location,
            tags=config.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        network = Network(
            name,
            NetworkArgs(
                resource_group=group,
                location=config.location,
                subnet=config.settings.vnet_subnet,
                dns_label=config.dns_label,
                ssh_source=config.settings.ssh_source,
                protocols=config.settings.protocols,
                tags=config.tags,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        machine = Machine(
            name,
            MachineArgs(
                resource_group=group,
                location=config.location,
                interface_id=network.interface_id,
                vm_size=config.vm_size,
                disk_type=config.disk_type,
                image=config.image,
                ssh_public_key=config.ssh_public_key,
                user_data=pulumi.Output.secret(args.user_data),
                tags=config.tags,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        if config.shutdown_time:
            auto_shutdown(name, group, machine.vm_id, config, parent=self)
        self.address = network.address
        self.vm_id = machine.vm_id
        self.register_outputs({"address": self.address, "vm_id": self.vm_id})


def _group_name(name: str) -> str:
    """Return what the portal lists: project and stack. Pulumi adds eight characters, so that two
    gateways in one subscription never meet; Azure takes 90."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", f"{name}-{pulumi.get_stack()}")[:80]
