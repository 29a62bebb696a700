"""The gRPC side: the engine's requests to a provider and its resources, and their answers."""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import grpc
from google.protobuf import any_pb2, empty_pb2
from google.rpc import status_pb2

from ...engine_protocol import engine_pb2, engine_pb2_grpc, plugin_pb2, provider_pb2, provider_pb2_grpc
from . import caller
from .differences import Change, Difference, changes
from .provider import Existing, IncompleteError, Provider, ProviderError, Request
from .schema import Failure
from .values import marshal, reveal, unmarshal

_DIFF_KIND = provider_pb2.PropertyDiff.Kind


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Serves one provider to the engine."""

    def __init__(self, provider: Provider, engine_address: str | None) -> None:
        self._provider = provider
        self._cancelled = threading.Event()
        self._counting = threading.Lock()
        self._under_way = 0
        self._engine: engine_pb2_grpc.EngineStub | None = None
        if engine_address:
            self._attach(engine_address)

    def is_at_work(self) -> bool:
        """Whether it carries something out that it finishes, though the engine may be gone."""
        return self._provider.finishes_alone and self._under_way > 0

    # The plugin.

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        self._attach(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, accept_resources=True, accept_outputs=False)

    def Attach(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        self._attach(request.address)
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return plugin_pb2.PluginInfo(version=self._provider.version)

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        self._cancelled.set()
        return empty_pb2.Empty()

    def _attach(self, address: str) -> None:
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))

    # The provider.

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        with self._errors(context):
            inputs, failures = self._provider.check_config(unmarshal(request.news), unmarshal(request.olds))
            return provider_pb2.CheckResponse(inputs=marshal(inputs), failures=_failures(failures))

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        with self._errors(context):
            old, new = unmarshal(request.old_inputs or request.olds), unmarshal(request.news)
            changed = changes(old, new)
            replaced = self._provider.diff_config(reveal(old), reveal(new))
            if not self._provider.names_config_paths:
                return _undetailed_diff_response(changed, replaced)
            return _diff_response(Difference(changed, {each.path for each in changed if each.root in replaced}))

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        with self._errors(context):
            self._provider.configure(reveal(unmarshal(request.args)))
            return provider_pb2.ConfigureResponse(
                acceptSecrets=True, acceptResources=True, acceptOutputs=False, supportsPreview=True
            )

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802
        with self._errors(context):
            answer = self._provider.invoke(request.tok, reveal(unmarshal(request.args)))
            response = provider_pb2.InvokeResponse()
            getattr(response, "return").CopyFrom(marshal(answer))  # a keyword of Python is the field's name
            return response

    # Resources.

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        with self._errors(context):
            resource = self._provider.resource(_type(request.urn))
            what = self._request(request, random_seed=request.randomSeed)
            inputs, failures = resource.check(unmarshal(request.news), unmarshal(request.olds), what)
            return provider_pb2.CheckResponse(inputs=marshal(inputs), failures=_failures(failures))

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802
        with self._errors(context):
            resource = self._provider.resource(_type(request.urn))
            difference = resource.diff(
                _existing(request.id, request.old_inputs, request.olds),
                unmarshal(request.news),
                self._request(request, ignore_changes=request.ignoreChanges),
            )
            return _diff_response(difference)

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        with self._errors(context):
            resource = self._provider.resource(_type(request.urn))
            id_, state = resource.create(
                unmarshal(request.properties), self._request(request, preview=request.preview, timeout=request.timeout)
            )
            return provider_pb2.CreateResponse(id=id_, properties=marshal(state))

    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802
        with self._errors(context):
            resource = self._provider.resource(_type(request.urn))
            found = resource.read(_existing(request.id, request.inputs, request.properties), self._request(request))
            if found is None:
                return provider_pb2.ReadResponse(id="")
            return provider_pb2.ReadResponse(id=found.id, properties=marshal(found.state), inputs=marshal(found.inputs))

    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        with self._errors(context):
            resource = self._provider.resource(_type(request.urn))
            state = resource.update(
                _existing(request.id, request.old_inputs, request.olds),
                unmarshal(request.news),
                self._request(
                    request,
                    preview=request.preview,
                    timeout=request.timeout,
                    ignore_changes=request.ignoreChanges,
                ),
            )
            return provider_pb2.UpdateResponse(properties=marshal(state))

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        with self._errors(context):
            resource = self._provider.resource(_type(request.urn))
            resource.delete(
                _existing(request.id, request.old_inputs, request.properties),
                self._request(request, timeout=request.timeout),
            )
            return empty_pb2.Empty()

    def _request(
        self,
        request: Any,
        *,
        preview: bool = False,
        random_seed: bytes = b"",
        timeout: float = 0,
        ignore_changes: Iterable[str] = (),
    ) -> Request:
        urn = request.urn
        return Request(
            urn=urn,
            name=urn.rsplit("::", 1)[-1],
            preview=preview,
            random_seed=random_seed,
            timeout=timeout,
            cancelled=self._cancelled,
            ignore_changes=tuple(ignore_changes),
            log=self._logger(urn, engine_pb2.INFO, ephemeral=True),
            log_warning=self._logger(urn, engine_pb2.WARNING, ephemeral=True),
            inform=self._logger(urn, engine_pb2.INFO, ephemeral=False),
            warn=self._logger(urn, engine_pb2.WARNING, ephemeral=False),
        )

    def _logger(self, urn: str, severity: Any, *, ephemeral: bool) -> Callable[[str], None]:
        def log(message: str) -> None:
            if self._engine is None:
                return
            # What is done does not fail because the engine that would be told is gone.
            with contextlib.suppress(grpc.RpcError):
                self._engine.Log(
                    engine_pb2.LogRequest(severity=severity, message=message, urn=urn, ephemeral=ephemeral)
                )

        return log

    @contextmanager
    def _errors(self, context: Any) -> Iterator[None]:
        """Errors as the engine reads them: one message, never a traceback."""
        caller.begin(context)
        with self._counting:
            self._under_way += 1
        try:
            yield
        except IncompleteError as error:
            _abort_incomplete(context, error)
        except ProviderError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except Exception as error:
            if not context.is_active() or type(error) is Exception:
                raise
            # The message could hold a property's value: its type and place have to do.
            trace = error.__traceback__
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
            context.abort(
                grpc.StatusCode.INTERNAL,
                f"defect in the stand-in for {self._provider.package}: {type(error).__name__} at {place}",
            )
        finally:
            with self._counting:
                self._under_way -= 1


def _type(urn: str) -> str:
    return urn.split("::")[2].rsplit("$", 1)[-1]


def _existing(id_: str, inputs: Any, state: Any) -> Existing:
    return Existing(id_, unmarshal(inputs), unmarshal(state))


def _failures(failures: list[Failure]) -> list[Any]:
    return [provider_pb2.CheckFailure(property=failure.property, reason=failure.reason) for failure in failures]


def _diff_response(difference: Difference) -> Any:
    if not difference.names_paths:
        return _undetailed_diff_response(
            difference.changes, {change.root for change in difference.changes if change.path in difference.replaces}
        )
    detailed = {}
    for change in difference.changes:
        suffix = "_REPLACE" if change.path in difference.replaces else ""
        kind = _DIFF_KIND.Value(f"{change.kind.value}{suffix}")
        detailed[change.path] = provider_pb2.PropertyDiff(kind=kind, inputDiff=change.is_input)
    roots = {change.root for change in difference.changes} if difference.names_properties else set()
    return provider_pb2.DiffResponse(
        changes=_some_or_none(difference.changes),
        replaces=sorted(difference.replaces),
        diffs=sorted(roots),
        detailedDiff=detailed,
        hasDetailedDiff=True,
        deleteBeforeReplace=difference.delete_before_replace and bool(difference.replaces),
    )


def _undetailed_diff_response(changed: list[Change], replaced: set[str]) -> Any:
    return provider_pb2.DiffResponse(
        changes=_some_or_none(changed),
        replaces=sorted(replaced),
        diffs=sorted({change.root for change in changed}),
    )


def _some_or_none(changed: list[Change]) -> Any:
    return provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE


def _abort_incomplete(context: Any, error: IncompleteError) -> NoReturn:
    """The resource is there and its errors are: the engine keeps both (gRPC's rich error model)."""
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=error.id, properties=marshal(error.state), reasons=error.reasons, inputs=marshal(error.inputs)
        )
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error), details=[detail])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, str(error))
    raise AssertionError("abort raises")
