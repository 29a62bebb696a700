"""Is the gateway resource there, with its APIs?"""

from ..azure.api import Api
from .gateways import NOT_YET, Gateway
from .report import Answer, Check

QUESTION = "gateway resource"
_VERSION = "2024-05-01"


def check_gateway_resource(gateway: Gateway, arm: Api) -> Check:
    """Whether ARM has the gateway resource and all of its APIs attached.

    Raises:
        OpsError: ARM can't be read.
    """
    if not gateway.gateway_id:
        found = "the id of the gateway resource is not known yet"
        return Check(gateway.name, QUESTION, Answer.UNKNOWN, found, NOT_YET)
    if arm.find(gateway.gateway_id, api_version=_VERSION) is None:
        next_step = (
            "`pulumi up --refresh` makes it again where the stack has `createGatewayResource: true`; else create it: "
            "API Management instance, Deployment + infrastructure, Self-hosted gateways."
        )
        return Check(gateway.name, QUESTION, Answer.FAILED, f"there is no {gateway.gateway_id}", next_step)
    attached = [api["name"] for api in arm.list(f"{gateway.gateway_id}/apis", api_version=_VERSION)]
    missing = [api for api in gateway.apis if api.lower() not in {name.lower() for name in attached}]
    if missing:
        found = f"not attached: {', '.join(missing)}"
        return Check(gateway.name, QUESTION, Answer.FAILED, found, "`pulumi up --refresh` attaches them again.")
    if not attached:
        next_step = "A gateway serves only what is attached to it: name its APIs in `gateways[].apis`."
        return Check(gateway.name, QUESTION, Answer.FAILED, "no API is attached: every request gets 404", next_step)
    return Check(gateway.name, QUESTION, Answer.OK, f"it is there, with these APIs: {', '.join(attached)}")
