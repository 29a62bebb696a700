"""Are the two roles effective, the validator's for the instance and the reader's for the gateway?"""

from typing import Any

from ..azure.api import Api
from ..azure.permissions import any_grants, covers
from .gateways import NOT_YET, Gateway
from .report import Answer, Check

VALIDATOR_QUESTION = "validator role"
READER_QUESTION = "reader role"

# What the instance reads to know whom to let in, and what a gateway does (article).
VALIDATOR_ACTIONS = (
    "Microsoft.Authorization/denyAssignments/read",
    "Microsoft.Authorization/roleAssignments/read",
    "Microsoft.Authorization/roleDefinitions/read",
)
READER_ACTION = "Microsoft.ApiManagement/service/gateways/getConfiguration/action"
_PROVIDER = "providers/Microsoft.Authorization"
_VERSION = "2022-04-01"
_INSTANCE_VERSION = "2024-05-01"
ON_THEIR_WAY = "Both roles are assigned: a new assignment takes up to ten minutes to work everywhere. Wait."
ON_THEIR_WAY_OR_MISSING = (
    "One of the two roles is missing, or still on its way: a new assignment takes up to ten minutes."
)
_HEAL = "`pulumi up --refresh` puts it back; then it takes up to ten minutes to work everywhere."


def check_validator(instance_id: str, arm: Api) -> Check:
    """Whether the instance's managed identity can read roles and assignments at the instance.

    Raises:
        OpsError: ARM can't be read.
    """
    name = instance_id.rpartition("/")[2]
    instance = arm.find(instance_id, api_version=_INSTANCE_VERSION)
    if instance is None:
        next_step = "Check `self-hosted-gateway:apiManagement`: nothing works without it."
        return Check(name, VALIDATOR_QUESTION, Answer.FAILED, f"there is no {instance_id}", next_step)
    principal = (instance.get("identity") or {}).get("principalId")
    if not principal:
        next_step = f"Enable it (`az apim update --name {name} --enable-managed-identity true`), then `pulumi up`."
        found = "the instance has no system-assigned managed identity"
        return Check(name, VALIDATOR_QUESTION, Answer.FAILED, found, next_step)
    permissions = _permissions(principal, instance_id, arm)
    missing = [action for action in VALIDATOR_ACTIONS if not any_grants(permissions, action)]
    if missing:
        found = f"the instance's identity {principal} lacks {', '.join(missing)} at {instance_id}"
        return Check(name, VALIDATOR_QUESTION, Answer.FAILED, found, _HEAL)
    return Check(
        name, VALIDATOR_QUESTION, Answer.OK, f"the instance's identity {principal} can read who has which role"
    )


def check_reader(gateway: Gateway, arm: Api) -> Check:
    """Whether the gateway's service principal can read the gateway's configuration.

    Raises:
        OpsError: ARM can't be read.
    """
    if not gateway.principal_id or not gateway.gateway_id:
        what = "the gateway resource" if gateway.principal_id else "the service principal"
        return Check(gateway.name, READER_QUESTION, Answer.UNKNOWN, f"the id of {what} is not known yet", NOT_YET)
    who = f"service principal {gateway.principal_id}"
    if any_grants(_permissions(gateway.principal_id, gateway.gateway_id, arm), READER_ACTION, data=True):
        return Check(gateway.name, READER_QUESTION, Answer.OK, f"{who} can read the gateway's configuration")
    found = f"{who} lacks the data action {READER_ACTION} at {gateway.gateway_id}"
    next_step = _HEAL if gateway.is_reader_assigned else NOT_YET
    return Check(gateway.name, READER_QUESTION, Answer.FAILED, found, next_step)


def _permissions(principal_id: str, target: str, arm: Api) -> list[dict[str, Any]]:
    """The permissions of all roles that a principal, or a group it is in, has at a target or above it."""
    path = f"{target.partition('/gateways/')[0]}/{_PROVIDER}/roleAssignments"
    assignments = arm.list(path, api_version=_VERSION, filter=f"assignedTo('{principal_id}')")
    found: list[dict[str, Any]] = []
    for assignment in assignments:
        if covers(assignment["properties"]["scope"], target):
            definition = arm.find(assignment["properties"]["roleDefinitionId"], api_version=_VERSION)
            found += definition["properties"]["permissions"] if definition else []
    return found
