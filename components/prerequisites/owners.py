"""The owners of the gateways' applications: that they are principals, and that the deployer is one of them."""

from collections.abc import Iterator

import pulumi
import pulumi_azuread as azuread

from components.config.keys import PROJECT
from components.config.models.gateway import GatewaySettings

from .answers import is_absent, reason


def owner_problems(
    gateways: tuple[GatewaySettings, ...], signed_in: str, entra: pulumi.ProviderResource
) -> Iterator[str]:
    """What is wrong with `owners`. A preview warns where the signed-in principal is none: a reader's may never be."""
    yield from _locked_out(gateways, signed_in)
    named: dict[str, str] = {}
    for index, gateway in enumerate(gateways):
        for owner in gateway.authentication.owners:
            named.setdefault(owner, f"{PROJECT}:gateways[{index}].authentication.owners")
    named.pop(signed_in, None)
    for owner, key in named.items():
        yield from _no_principal(owner, key, entra)


def _locked_out(gateways: tuple[GatewaySettings, ...], signed_in: str) -> Iterator[str]:
    keys = [
        f"{PROJECT}:gateways[{index}].authentication.owners"
        for index, gateway in enumerate(gateways)
        if signed_in not in gateway.authentication.owners and not gateway.authentication.owners_without_deployer
    ]
    if not keys:
        return
    who = f"the signed-in principal, object id {signed_in}, is not among them"
    otherwise = "Where it may change all applications and need not own these, set `ownersWithoutDeployer: true`."
    if pulumi.runtime.is_dry_run():
        pulumi.log.warn(
            f"{', '.join(keys)}: {who}. An update with this sign-in would stop. If it deploys the stack, add "
            f"{signed_in}. {otherwise}"
        )
        return
    yield (
        f"{', '.join(keys)}: {who}. The applications would be out of its reach from then on, and nobody but an "
        f"administrator could remove them. Add {signed_in}. {otherwise}"
    )


def _no_principal(owner: str, key: str, entra: pulumi.ProviderResource) -> Iterator[str]:
    options = pulumi.InvokeOptions(provider=entra)
    try:
        try:
            azuread.get_service_principal(object_id=owner, opts=options)
        except Exception as error:
            if not is_absent(error):
                raise
            azuread.get_user(object_id=owner, opts=options)
    except Exception as error:
        if is_absent(error):
            yield (
                f"{key}: {owner} is the object id of no service principal and of no user in the tenant. An application's own "
                "object id and its client id are others: `az ad sp show --id <client ID> --query id` prints the right one."
            )
        else:
            pulumi.log.warn(
                f"{key}: whether {owner} exists can't be checked. It is no service principal that this sign-in sees, and to "
                f"read users it needs User.Read.All. {reason(error)}"
            )
