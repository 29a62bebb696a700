"""The engine's protocol: the modules of `pulumi.runtime.proto`, without the SDK that Python runs on the way to them.

`import pulumi.runtime.proto` runs the SDK's own modules first, and then every service's: more than a plugin's whole start. As
a package whose path is that folder, this one finds the generated modules there, which import each other relatively.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi.runtime.proto import engine_pb2 as engine_pb2
    from pulumi.runtime.proto import engine_pb2_grpc as engine_pb2_grpc
    from pulumi.runtime.proto import language_pb2 as language_pb2
    from pulumi.runtime.proto import language_pb2_grpc as language_pb2_grpc
    from pulumi.runtime.proto import plugin_pb2 as plugin_pb2
    from pulumi.runtime.proto import provider_pb2 as provider_pb2
    from pulumi.runtime.proto import provider_pb2_grpc as provider_pb2_grpc

_sdk = find_spec("pulumi")
assert _sdk is not None  # noqa: S101 - requirements.txt has it
assert _sdk.origin is not None  # noqa: S101 - a package with a file
__path__ = [str(Path(_sdk.origin).parent / "runtime" / "proto")]
