"""The provider azure-native towards the engine, over the same protocol as the real one.

After provider/pkg/provider/provider.go of pulumi-azure-native, version 3: it takes no
secret markers (the engine puts them back), names what has no name, checks inputs by the
schema, refuses to create what exists, and compares inputs with inputs.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import any_pb2, empty_pb2, json_format, struct_pb2
from google.rpc import status_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from here.azure import diff, rest, schema
from here.azure.arm import ArmError, Azure
from here.azure.kinds import Kind

RANDOMLY_NAMED = "__createBeforeDelete"


def plain(message: Any) -> dict[str, Any]:
    """Returns a protobuf structure as Python has it, without the entries that are null."""
    return dict(_without_nulls(json_format.MessageToDict(message)))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(part) for key, part in value.items() if part is not None}
    if isinstance(value, list):
        return [_without_nulls(part) for part in value]
    return value


def packed(value: dict[str, Any]) -> struct_pb2.Struct:
    """Returns the same as a protobuf structure."""
    return json_format.ParseDict(value, struct_pb2.Struct())


def kind_of(urn: str) -> Kind:
    """Returns the kind of the resource that an URN names."""
    return rest.kind_of(urn.split("::")[2].rpartition("$")[2])


class AzureNative(provider_pb2_grpc.ResourceProviderServicer):
    """Answers the engine as azure-native does. Each request is named by the protocol."""

    def __init__(self, azure: Azure, schema_file: Path, version: str) -> None:
        self.azure = azure
        self.classes = json.loads(schema_file.read_text())
        self.version = version

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=self.version)

    def GetSchema(self, request: Any, context: Any) -> Any:
        return provider_pb2.GetSchemaResponse(schema="{}")

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.DiffResponse()

    def Configure(self, request: Any, context: Any) -> Any:
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Cancel(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def Check(self, request: Any, context: Any) -> Any:
        kind, news = kind_of(request.urn), plain(request.news)
        self.azure.asked(kind)
        self._defaults(kind, request, news)
        reasons = schema.faults(self.classes, kind.token, news)
        failures = [provider_pb2.CheckFailure(reason=reason) for reason in reasons]
        return provider_pb2.CheckResponse(inputs=packed(news), failures=failures)

    def _defaults(self, kind: Kind, request: Any, news: dict[str, Any]) -> None:
        olds = plain(request.olds)
        news.setdefault("azureApiVersion", kind.api_version)
        if kind.name_input in news:
            return
        name = request.urn.rpartition("::")[2]
        if kind.name_input in olds:
            news[kind.name_input] = olds[kind.name_input]
            if RANDOMLY_NAMED in olds:
                news[RANDOMLY_NAMED] = olds[RANDOMLY_NAMED]
        elif kind.copies_name:
            news[kind.name_input] = name
        else:
            news[kind.name_input] = name + hashlib.sha256(request.randomSeed).hexdigest()[:8]
            news[RANDOMLY_NAMED] = True

    def Diff(self, request: Any, context: Any) -> Any:
        kind, old, new = kind_of(request.urn), plain(request.old_inputs), plain(request.news)
        found = diff.changes(kind, old, new)
        replaces = sorted({path for path, what in found.items() if what.endswith("_REPLACE")})
        detailed = {
            path: provider_pb2.PropertyDiff(kind=provider_pb2.PropertyDiff.Kind.Value(what))
            for path, what in found.items()
        }
        some, none = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(
            changes=some if found else none,
            replaces=replaces,
            diffs=sorted({path.partition(".")[0].partition("[")[0] for path in found}),
            detailedDiff=detailed,
            hasDetailedDiff=True,
            deleteBeforeReplace=bool(replaces) and not old.get(RANDOMLY_NAMED, False),
        )

    def Create(self, request: Any, context: Any) -> Any:
        kind, inputs = kind_of(request.urn), plain(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=packed(self._guess(kind, inputs)))
        resource_id = kind.id(inputs)
        if rest.get(self.azure, kind, resource_id) is not None:
            self.azure.log("create", kind, resource_id, "exists")
            context.abort(
                grpc.StatusCode.UNKNOWN, f"cannot create already existing resource '{resource_id}'"
            )
        outputs = self._put(kind, resource_id, inputs, request.properties, context)
        return provider_pb2.CreateResponse(id=resource_id, properties=packed(outputs))

    def Update(self, request: Any, context: Any) -> Any:
        kind, inputs = kind_of(request.urn), plain(request.news)
        if request.preview:
            old = plain(request.olds)
            stable = {name: old[name] for name in ("name", "location") if name in old}
            return provider_pb2.UpdateResponse(
                properties=packed(self._guess(kind, inputs) | stable)
            )
        outputs = self._put(kind, request.id, inputs, request.news, context)
        return provider_pb2.UpdateResponse(properties=packed(outputs))

    def _put(
        self, kind: Kind, resource_id: str, inputs: dict[str, Any], sent: Any, context: Any
    ) -> dict[str, Any]:
        try:
            return self._shown(kind, rest.put(self.azure, kind, resource_id, inputs))
        except rest.PartialFailure as error:
            state = self._shown(kind, rest.get(self.azure, kind, resource_id) or {})
            begun = provider_pb2.ErrorResourceInitFailed(
                id=resource_id, properties=packed(state), inputs=sent, reasons=[str(error)]
            )
            detail = any_pb2.Any()
            detail.Pack(begun)
            status = status_pb2.Status(
                code=grpc.StatusCode.UNKNOWN.value[0], message=str(error), details=[detail]
            )
            context.set_trailing_metadata([("grpc-status-details-bin", status.SerializeToString())])
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except ArmError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        raise AssertionError("abort raises")

    @staticmethod
    def _shown(kind: Kind, outputs: dict[str, Any]) -> dict[str, Any]:
        return outputs | {"azureApiVersion": kind.api_version}

    def _guess(self, kind: Kind, inputs: dict[str, Any]) -> dict[str, Any]:
        """Returns what a preview knows: what was put in. All that Azure answers is unknown yet."""
        answers = {"name", "type", "provisioningState", "ipAddress", "vmId", "macAddress"}
        own = {RANDOMLY_NAMED} | kind.path_inputs()
        shown = {name: value for name, value in inputs.items() if name not in own}
        return shown | dict.fromkeys(answers - shown.keys(), schema.UNKNOWN)

    def Read(self, request: Any, context: Any) -> Any:
        kind = kind_of(request.urn)
        outputs = rest.get(self.azure, kind, request.id)
        if outputs is None:
            return provider_pb2.ReadResponse(id="")
        new, old = self._shown(kind, outputs), plain(request.properties)
        inputs = plain(request.inputs)
        before, now = (schema.settable(self.classes, kind.token, state) for state in (old, new))
        # Some of these names can be asked for and are none of what was.
        names = kind.path_inputs() | {"name", "type", "provisioningState"}
        before, now = ({k: v for k, v in s.items() if k not in names} for s in (before, now))
        drifted = diff.apply_drift(inputs, before, now)
        return provider_pb2.ReadResponse(
            id=request.id, properties=packed(new), inputs=packed(drifted)
        )

    def Delete(self, request: Any, context: Any) -> Any:
        try:
            rest.delete(self.azure, kind_of(request.urn), request.id)
        except ArmError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        return empty_pb2.Empty()
