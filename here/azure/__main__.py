"""`pulumi-resource-azure-native`, as the engine starts it: it answers with its port."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from here.azure.arm import Azure
from here.azure.provider import AzureNative
from here.plugin import serve

DIRECTORY = "LUNCH_GATEWAY_AZURE"
"""The environment variable that names where the subscription is kept."""

LIMIT = 64 * 2**20


def main() -> None:
    """Serve one subscription until the engine ends."""
    directory = Path(os.environ[DIRECTORY])
    options = [("grpc.max_receive_message_length", LIMIT), ("grpc.max_send_message_length", LIMIT)]
    server = grpc.server(ThreadPoolExecutor(max_workers=16), options=options)
    provider = AzureNative(
        Azure(directory), directory / "schema.json", version("pulumi_azure_native")
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    serve(server)


if __name__ == "__main__":
    main()
