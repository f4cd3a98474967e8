"""The Pulumi program: one gateway, and what its owner needs to know about it."""

import pulumi

from cloud_init.user_data import readable, user_data
from gateway import ready
from gateway.config import full_keys, load
from gateway.gateway import Gateway, GatewayArgs

config = load()
with full_keys():  # It may be too long, which is said before the first resource.
    guest = user_data(config.settings)
gateway = Gateway("lunch-gateway", GatewayArgs(config=config, user_data=guest))
ready.wait(gateway, config)
pulumi.export("server", config.server)
pulumi.export("address", gateway.address)
pulumi.export("vm", gateway.vm_id)
pulumi.export("region", config.location)
pulumi.export("protocols", list(config.settings.protocols))
pulumi.export("modp1024", config.settings.modp1024)
pulumi.export("users", len(config.settings.users))
pulumi.export("psk", pulumi.Output.secret(config.settings.psk))
pulumi.export("passwords", pulumi.Output.secret(dict(config.settings.users)))
pulumi.export("guest", readable(config.settings.redacted()))
pulumi.export(
    "next",
    f"make profiles STACK={pulumi.get_stack()} writes a page and files for each user's phone."
    f" By hand: make output STACK={pulumi.get_stack()} prints what to type beside {config.server}.",
)
