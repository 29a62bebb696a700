"""Microsoft.Management: management groups, of which the tenant has none; who has no right learns nothing of that."""

from starlette.responses import Response

from ..responses import arm_error
from .entry import Call, Operation, operation

_GROUP = "(?P<scope>/providers/Microsoft.Management/managementGroups/(?P<group>[^/]+))"
_VERSIONS = frozenset({"2020-05-01", "2021-04-01", "2023-04-01"})


class ManagementGroups:
    """The resource provider."""

    def __init__(self) -> None:
        self.operations: list[Operation] = [
            operation("GET", _GROUP, "Microsoft.Management/managementGroups/read", _VERSIONS, self.get)
        ]

    def get(self, call: Call) -> Response:
        """GET one."""
        raise arm_error(404, "NotFound", f"The management group '{call.groups['group']}' cannot be found.")
