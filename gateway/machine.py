"""The virtual machine that boots the guest."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import compute, resources

from settings.azure_values import Image

VM_NAME = "lunch-gateway"
"""In the portal, in ``az vm`` and at the machine's own prompt."""

ADMIN_USER = "lunch"
"""Azure refuses the usual ones (admin, root, user, test, …), and Debian has groups named
operator and staff already."""

SETTLED_AT_CREATION = (
    "hardwareProfile.vmSize",
    "osProfile.adminUsername",
    "osProfile.computerName",
    "osProfile.customData",
    "osProfile.linuxConfiguration.disablePasswordAuthentication",
    "osProfile.linuxConfiguration.ssh",
    "storageProfile.imageReference",
    "storageProfile.osDisk.createOption",
    "storageProfile.osDisk.managedDisk.storageAccountType",
    "securityProfile.securityType",
    "securityProfile.uefiSettings",
    "networkProfile",
)
"""Azure refuses to change these on a machine that exists, or could only do it while the
machine is off, yet the provider would try (pulumi-azure-native#577). Another size it grants
only where the hardware under the machine has it, and from one with a temporary disk to one
without never (azure-compute-docs, sizes/resize-vm.md). Only what we set is named, or a default
that Azure fills in later would cost a machine after a refresh. networkProfile is whole,
because the engine asks about a replaced interface by calling the whole input unknown, and
would otherwise delete the interface under the machine."""


@dataclass(frozen=True, kw_only=True)
class MachineArgs:
    """What `Machine` needs."""

    resource_group: resources.ResourceGroup
    location: str
    interface_id: pulumi.Input[str]
    vm_size: str
    disk_type: str
    """Azure's name for the kind of disk, such as StandardSSD_LRS."""
    image: Image
    ssh_public_key: str
    user_data: pulumi.Input[str]
    """With the guest's secrets in it; never shown."""
    tags: Mapping[str, str]


class Machine(pulumi.ComponentResource):
    """One small VM. It is replaced when its guest changes, the old one deleted first."""

    vm_id: pulumi.Output[str]
    """Azure's resource id, for ``az vm … --ids``."""

    def __init__(
        self, name: str, args: MachineArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("lunch-gateway:index:Machine", name, None, opts)
        machine = compute.VirtualMachine(
            f"{name}-vm",
            vm_name=VM_NAME,
            resource_group_name=args.resource_group.name,
            location=args.location,
            hardware_profile=compute.HardwareProfileArgs(vm_size=args.vm_size),
            storage_profile=_storage(args.image, args.disk_type),
            os_profile=_os(args),
            security_profile=_trusted_launch(),
            network_profile=_network(args.interface_id),
            # Without a storage account of ours, Azure keeps the console's log in its own.
            diagnostics_profile=compute.DiagnosticsProfileArgs(
                boot_diagnostics=compute.BootDiagnosticsArgs(enabled=True)
            ),
            tags=args.tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                # To delete the group is to delete all that is in it, in one call.
                deleted_with=args.resource_group,
                replace_on_changes=list(SETTLED_AT_CREATION),
                # The interface, and so the address, can serve one machine at a time.
                delete_before_replace=True,
            ),
        )
        self.vm_id = machine.id
        self.register_outputs({"vm_id": self.vm_id})


def _storage(image: Image, disk_type: str) -> compute.StorageProfileArgs:
    """No name for the disk: a replaced machine's new disk would meet the old one's."""
    return compute.StorageProfileArgs(
        image_reference=compute.ImageReferenceArgs(
            publisher=image.publisher, offer=image.offer, sku=image.sku, version=image.version
        ),
        os_disk=compute.OSDiskArgs(
            create_option="FromImage",
            caching=compute.CachingTypes.READ_WRITE,
            # Azure keeps the disk, and bills it, unless told otherwise.
            delete_option="Delete",
            managed_disk=compute.ManagedDiskParametersArgs(storage_account_type=disk_type),
        ),
    )


def _os(args: MachineArgs) -> compute.OSProfileArgs:
    secret = pulumi.Output.secret(args.user_data)
    return compute.OSProfileArgs(
        computer_name=VM_NAME,
        admin_username=ADMIN_USER,
        custom_data=secret.apply(lambda text: base64.b64encode(text.encode()).decode("ascii")),
        linux_configuration=compute.LinuxConfigurationArgs(
            disable_password_authentication=True,
            ssh=compute.SshConfigurationArgs(
                public_keys=[
                    compute.SshPublicKeyArgs(
                        path=f"/home/{ADMIN_USER}/.ssh/authorized_keys",
                        key_data=args.ssh_public_key,
                    )
                ]
            ),
        ),
    )


def _trusted_launch() -> compute.SecurityProfileArgs:
    """Spelt out, because Azure's default depends on the API version that the provider speaks.
    Debian's kernel from backports is signed, so it starts with secure boot."""
    return compute.SecurityProfileArgs(
        security_type="TrustedLaunch",
        uefi_settings=compute.UefiSettingsArgs(secure_boot_enabled=True, v_tpm_enabled=True),
    )


def _network(interface_id: pulumi.Input[str]) -> compute.NetworkProfileArgs:
    return compute.NetworkProfileArgs(
        network_interfaces=[
            # The interface is a resource of its own and must outlive the machine.
            compute.NetworkInterfaceReferenceArgs(
                id=interface_id, primary=True, delete_option="Detach"
            )
        ]
    )
