"""The resources that exist here: those that the product uses, and no others."""

from __future__ import annotations

from dataclasses import dataclass, field

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What azure-native's schema says about one type, as far as the engine notices."""

    token: str
    arguments: str
    """The SDK's class of inputs, as ``module:class`` below pulumi_azure_native."""
    arm_type: str
    path: str
    """Azure's id below the subscription, with the inputs that name it."""
    name_input: str
    api_version: str
    copies_name: bool = False
    """Whether a missing name is the resource's own in the program, or that with eight
    random characters, which makes the provider create a replacement first."""
    replaced_on: frozenset[str] = field(default_factory=frozenset)
    """Inputs besides those in the path that the schema marks forceNew."""

    @property
    def short(self) -> str:
        """Returns its name without the module's."""
        return self.token.rpartition(":")[2]

    def id(self, inputs: dict[str, object]) -> str:
        """Returns Azure's id of the resource that these inputs name."""
        return SUBSCRIPTION + self.path.format(**inputs)

    def path_inputs(self) -> set[str]:
        """Returns the inputs that stand in the id."""
        return {part[1:-1] for part in self.path.split("/") if part.startswith("{")}


_GROUP = "/resourceGroups/{resourceGroupName}"
_NONE: frozenset[str] = frozenset()
_LOCATION = frozenset({"location"})
"""Marked for these types by hand (forceNewMap, provider/pkg/gen of pulumi-azure-native) or, for
the VM, by Azure's description (x-ms-mutability). For the others Azure itself refuses."""


def _network(
    token: str, plural: str, name_input: str, arguments: str, replaced_on: frozenset[str] = _NONE
) -> Kind:
    return Kind(
        token=f"azure-native:network:{token}",
        arguments=arguments,
        arm_type=f"Microsoft.Network/{plural}",
        path=f"{_GROUP}/providers/Microsoft.Network/{plural}/{{{name_input}}}",
        name_input=name_input,
        api_version="2024-05-01",
        replaced_on=replaced_on,
    )


KINDS = {
    kind.token: kind
    for kind in (
        Kind(
            token="azure-native:resources:ResourceGroup",
            arguments="resources.resource_group:ResourceGroupArgs",
            arm_type="Microsoft.Resources/resourceGroups",
            path=_GROUP,
            name_input="resourceGroupName",
            api_version="2024-03-01",
            replaced_on=_LOCATION,
        ),
        _network(
            "VirtualNetwork",
            "virtualNetworks",
            "virtualNetworkName",
            "network.virtual_network:VirtualNetworkInitArgs",
            _LOCATION,
        ),
        Kind(
            token="azure-native:network:Subnet",
            arguments="network.subnet:SubnetInitArgs",
            arm_type="Microsoft.Network/virtualNetworks/subnets",
            path=f"{_GROUP}/providers/Microsoft.Network/virtualNetworks/{{virtualNetworkName}}"
            "/subnets/{subnetName}",
            name_input="subnetName",
            api_version="2024-05-01",
            copies_name=True,
        ),
        _network(
            "PublicIPAddress",
            "publicIPAddresses",
            "publicIpAddressName",
            "network.public_ip_address:PublicIPAddressInitArgs",
            _LOCATION | {"publicIPAddressVersion", "publicIPPrefix", "sku"},
        ),
        _network(
            "NetworkSecurityGroup",
            "networkSecurityGroups",
            "networkSecurityGroupName",
            "network.network_security_group:NetworkSecurityGroupInitArgs",
        ),
        _network(
            "NetworkInterface",
            "networkInterfaces",
            "networkInterfaceName",
            "network.network_interface:NetworkInterfaceInitArgs",
        ),
        Kind(
            token="azure-native:compute:VirtualMachine",
            arguments="compute.virtual_machine:VirtualMachineArgs",
            arm_type="Microsoft.Compute/virtualMachines",
            path=f"{_GROUP}/providers/Microsoft.Compute/virtualMachines/{{vmName}}",
            name_input="vmName",
            api_version="2024-11-01",
            replaced_on=_LOCATION,
        ),
        Kind(
            token="azure-native:devtestlab:GlobalSchedule",
            arguments="devtestlab.global_schedule:GlobalScheduleArgs",
            arm_type="Microsoft.DevTestLab/schedules",
            path=f"{_GROUP}/providers/Microsoft.DevTestLab/schedules/{{name}}",
            name_input="name",
            api_version="2018-09-15",
        ),
    )
}
