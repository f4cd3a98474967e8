"""Azure's own daily stop of the machine: the last guard against a forgotten one."""

from __future__ import annotations

import pulumi
from pulumi_azure_native import devtestlab, resources

from gateway.config import GatewayConfig
from gateway.machine import VM_NAME


def auto_shutdown(
    name: str,
    group: resources.ResourceGroup,
    vm_id: pulumi.Input[str],
    config: GatewayConfig,
    parent: pulumi.Resource,
) -> None:
    """Have the machine deallocated at ``config.shutdown_time`` every day.

    That ends the VM's own bill; disk and address go on. Nothing starts it again: an update
    sees no difference, and says so when the gateway does not answer.
    """
    devtestlab.GlobalSchedule(
        f"{name}-shutdown",
        # Under this name and no other, Azure's portal shows it as the machine's own.
        name=f"shutdown-computevm-{VM_NAME}",
        resource_group_name=group.name,
        location=config.location,
        status="Enabled",
        task_type="ComputeVmShutdownTask",
        daily_recurrence=devtestlab.DayDetailsArgs(time=config.shutdown_time.replace(":", "")),
        time_zone_id=config.time_zone,
        notification_settings=devtestlab.NotificationSettingsArgs(
            status="Disabled", time_in_minutes=30
        ),
        target_resource_id=vm_id,
        tags=config.tags,
        opts=pulumi.ResourceOptions(parent=parent, deleted_with=group),
    )
