"""The network around the machine: its address, its port and what may reach it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
from pulumi_azure_native import network, resources

OPEN_UDP_PORTS: Mapping[str, int] = {"ike": 500, "ike-nat": 4500, "l2tp": 1701}
"""The article's three, as the project's owner asked. Phones need two: their L2TP comes inside
IPsec. The third is harmless because the guest refuses L2TP in the clear in every state:
nftables drops what did not come out of IPsec; its rules are replaced in one transaction and
stay when nftables stops or fails; and a policy of the kernel's IPsec (``ip xfrm policy …
action block``) refuses it even without any rules. Without ``l2tp`` in ``protocols`` the port
stays shut."""

_SSH_PORT = 22
_FIRST_PRIORITY = 100
_LAST_PRIORITY = 4096
"""The numbers Azure leaves to users; its own rules come after."""


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """What `Network` needs."""

    resource_group: resources.ResourceGroup
    location: str
    subnet: IPv4Network
    dns_label: str
    ssh_source: IPv4Network | None
    protocols: tuple[str, ...]
    """How phones dial in."""
    tags: Mapping[str, str]


class Network(pulumi.ComponentResource):
    """A subnet of its own, a static address with a name, and the port with its filter.

    Address and port outlive the machine: phones keep their settings when it is replaced.
    """

    address: pulumi.Output[str | None]
    """The public IPv4 address."""
    interface_id: pulumi.Output[str]
    """Of the network interface that the machine plugs into."""

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("lunch-gateway:index:Network", name, None, opts)
        subnet = self._subnet(name, args)
        public_ip = self._public_ip(name, args)
        interface = self._interface(name, args, subnet, public_ip)
        self.address = public_ip.ip_address
        self.interface_id = interface.id
        self.register_outputs({"address": self.address, "interfaceId": self.interface_id})

    def _inside(self, args: NetworkArgs) -> pulumi.ResourceOptions:
        """Return options by which one call, the group's end, deletes all that is in it."""
        return pulumi.ResourceOptions(parent=self, deleted_with=args.resource_group)

    def _replaced_on(self, args: NetworkArgs, path: str) -> pulumi.ResourceOptions:
        """Return options for what can't change while something uses it, and can't be twice."""
        replaced = pulumi.ResourceOptions(replace_on_changes=[path], delete_before_replace=True)
        return pulumi.ResourceOptions.merge(self._inside(args), replaced)

    def _subnet(self, name: str, args: NetworkArgs) -> network.Subnet:
        """Azure changes neither range while something stands in it, so both are replaced,
        and with them what depends on them."""
        vnet = network.VirtualNetwork(
            f"{name}-vnet",
            resource_group_name=args.resource_group.name,
            location=args.location,
            address_space=network.AddressSpaceArgs(address_prefixes=[str(args.subnet)]),
            tags=args.tags,
            opts=self._replaced_on(args, "addressSpace"),
        )
        return network.Subnet(
            f"{name}-subnet",
            resource_group_name=args.resource_group.name,
            virtual_network_name=vnet.name,
            address_prefix=str(args.subnet),
            # The machine has an address of its own. This is settled at creation only.
            default_outbound_access=False,
            opts=self._replaced_on(args, "addressPrefix"),
        )

    def _public_ip(self, name: str, args: NetworkArgs) -> network.PublicIPAddress:
        return network.PublicIPAddress(
            f"{name}-address",
            resource_group_name=args.resource_group.name,
            location=args.location,
            # Basic can't be created any more; Standard takes in nothing unless the filter does.
            sku=network.PublicIPAddressSkuArgs(name="Standard"),
            public_ip_allocation_method="Static",
            public_ip_address_version="IPv4",
            dns_settings=network.PublicIPAddressDnsSettingsArgs(domain_name_label=args.dns_label),
            tags=args.tags,
            opts=self._inside(args),
        )

    def _interface(
        self,
        name: str,
        args: NetworkArgs,
        subnet: network.Subnet,
        public_ip: network.PublicIPAddress,
    ) -> network.NetworkInterface:
        """The filter stands here and not on the subnet, as in the article."""
        security_group = network.NetworkSecurityGroup(
            f"{name}-filter",
            resource_group_name=args.resource_group.name,
            location=args.location,
            security_rules=list(inbound_rules(args.ssh_source, args.protocols)),
            tags=args.tags,
            opts=self._inside(args),
        )
        return network.NetworkInterface(
            f"{name}-interface",
            resource_group_name=args.resource_group.name,
            location=args.location,
            ip_configurations=[
                network.NetworkInterfaceIPConfigurationArgs(
                    name="gateway",
                    primary=True,
                    private_ip_allocation_method="Dynamic",
                    subnet=network.SubnetArgs(id=subnet.id),
                    public_ip_address=network.PublicIPAddressArgs(id=public_ip.id),
                )
            ],
            network_security_group=network.NetworkSecurityGroupArgs(id=security_group.id),
            tags=args.tags,
            # Whole, because the engine asks about a replaced subnet by calling the whole input
            # unknown, and would otherwise delete the subnet under the interface.
            opts=self._replaced_on(args, "ipConfigurations"),
        )


def inbound_rules(
    ssh_source: IPv4Network | None, protocols: tuple[str, ...]
) -> Iterator[network.SecurityRuleArgs]:
    """Return what may reach the machine, in the order that Azure asks."""
    for number, (name, port) in enumerate(OPEN_UDP_PORTS.items()):
        if name == "l2tp" and "l2tp" not in protocols:
            continue
        yield _rule(f"allow-{name}", _FIRST_PRIORITY + 10 * number, "Allow", "Udp", str(port), "*")
    if ssh_source is not None:
        yield _rule("allow-ssh", 200, "Allow", "Tcp", str(_SSH_PORT), str(ssh_source))
    # Azure's own last rules let in the virtual network, peered ones too, and its load
    # balancers. Nothing of either belongs to a gateway that stands alone.
    yield _rule("deny-the-rest", _LAST_PRIORITY, "Deny", "*", "*", "*")


def _rule(
    name: str, priority: int, access: str, protocol: str, port: str, source: str
) -> network.SecurityRuleArgs:
    return network.SecurityRuleArgs(
        name=name,
        priority=priority,
        direction="Inbound",
        access=access,
        protocol=protocol,
        source_address_prefix=source,
        source_port_range="*",
        destination_address_prefix="*",
        destination_port_range=port,
    )
