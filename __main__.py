"""Azure API Management's self-hosted gateways with Microsoft Entra authentication, as one dependency graph."""

import pulumi
import pulumi_azure_native as azure_native
import pulumi_azuread as azuread
import pulumi_random as random

from components.cluster import cluster_provider
from components.config.advice.everything import warn_of_departures
from components.config.models.azure import ValidatorAssignmentMode
from components.config.models.stack import Protected
from components.config.read import load
from components.ending import end_quietly_when_interrupted
from components.gateway import SelfHostedGateway, SelfHostedGatewayArgs
from components.prerequisites.check import check
from components.prerequisites.sign_in import check_sign_in
from components.role_assignment import ServicePrincipalRole, ServicePrincipalRoleArgs
from components.roles import GatewayRoles, GatewayRolesArgs, existing_roles

end_quietly_when_interrupted()
settings = load()
warn_of_departures(settings)
api_management = settings.api_management

# Providers: each is told where it works. What it signs in with is its environment's, and stays out of the state.
azure = azure_native.Provider(
    "azure-native",
    tenant_id=settings.tenant_id,
    subscription_id=settings.subscription_id,
    environment=settings.cloud,
)
entra = azuread.Provider("azuread", tenant_id=settings.tenant_id, environment=settings.cloud)

# Prerequisites: looked up before anything is created, on every preview and update.
signed_in = check_sign_in(settings, azure, entra)
instance_azure = azure
if api_management is not None and api_management.subscription_id != settings.subscription_id:
    instance_azure = azure_native.Provider(
        "azure-native-instance",
        tenant_id=settings.tenant_id,
        subscription_id=api_management.subscription_id,
        environment=settings.cloud,
    )
instance_principal_id = check(settings, signed_in, azure, instance_azure, entra)

# The two custom roles.
if settings.roles.existing is not None:
    roles = existing_roles(settings.roles.existing)
else:
    roles = GatewayRoles(
        "roles",
        GatewayRolesArgs(
            scope=f"/subscriptions/{settings.subscription_id}",
            assignable_scopes=settings.roles.assignable_scopes,
            name_suffix=settings.roles.name_suffix,
        ),
        opts=pulumi.ResourceOptions(
            providers=[azure, random.Provider("random")], protect=Protected.ROLES in settings.protect
        ),
    ).ids
pulumi.export("validatorRoleDefinitionId", roles.validator)
pulumi.export("readerRoleDefinitionId", roles.reader)

# The API Management instance checks a gateway's rights with its own identity.
validator: list[pulumi.Resource] = []
if api_management is not None and api_management.validator_assignment is ValidatorAssignmentMode.CREATE:
    assignment = ServicePrincipalRole(
        "validator",
        ServicePrincipalRoleArgs(
            scope=api_management.scope(api_management.validator_scope),
            role_definition_id=roles.validator,
            principal_id=instance_principal_id,
        ),
        opts=pulumi.ResourceOptions(providers=[instance_azure], protect=Protected.VALIDATOR in settings.protect),
    )
    validator = [assignment]
    pulumi.export("validatorAssignmentId", assignment.assignment_id)

# The gateways.
gateways: dict[str, SelfHostedGateway] = {}
if api_management is not None and settings.cluster is not None:
    kubernetes = cluster_provider(settings.cluster)
    for gateway in settings.gateways:
        gateways[gateway.name] = SelfHostedGateway(
            gateway.name,
            SelfHostedGatewayArgs(
                settings=gateway,
                instance=api_management,
                reader_role_id=roles.reader,
                ready_after=validator,
            ),
            opts=pulumi.ResourceOptions(
                providers=[instance_azure, entra, kubernetes], protect=Protected.GATEWAYS in settings.protect
            ),
        )

pulumi.export("gateways", {name: gateway.summary for name, gateway in gateways.items()})
pulumi.export(
    "clientSecrets",
    pulumi.Output.secret({name: gateway.identity.client_secret for name, gateway in gateways.items()}),
)
