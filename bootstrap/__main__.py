"""What the pipelines of the self-hosted gateways need: identities without secrets, their rights, and the state's place."""

import pulumi
import pulumi_azure_native as azure_native
import pulumi_azuread as azuread
import pulumi_random as random
from pipelines import config, sign_in
from pipelines.ending import end_quietly_when_interrupted
from pipelines.identity import PipelineIdentity, PipelineIdentityArgs
from pipelines.repository import variables
from pipelines.rights import PipelineRights, PipelineRightsArgs, graph_permissions
from pipelines.roles import DEPLOYER, READER, PipelineRole, PipelineRoleArgs
from pipelines.state import BLOB_DATA_CONTRIBUTOR, BLOB_DATA_READER, StateStore, StateStoreArgs

end_quietly_when_interrupted()
settings = config.load()

# Providers: each is told where it works. What it signs in with is its environment's, and stays out of the state.
azure = azure_native.Provider(
    "azure-native",
    tenant_id=settings.tenant_id,
    subscription_id=settings.subscription_id,
    environment=settings.cloud,
)
entra = azuread.Provider("azuread", tenant_id=settings.tenant_id, environment=settings.cloud)
sign_in.check(settings, azure, entra)
permissions = graph_permissions(entra)

# The state's place.
state = StateStore(
    "state",
    StateStoreArgs(
        settings=settings.state,
        tenant_id=settings.tenant_id,
        subscription_id=settings.subscription_id,
        cloud=settings.cloud,
    ),
    opts=pulumi.ResourceOptions(providers=[azure], protect=settings.state.protect),
)

# The two custom roles; the deployer's only if there is one.
guids = random.Provider("random")
roles = {
    kind: PipelineRole(
        f"role-{kind}",
        PipelineRoleArgs(
            kind=kind,
            scope=f"/subscriptions/{settings.subscription_id}",
            assignable_scopes=settings.assignable_scopes(),
            name_suffix=settings.name_suffix,
        ),
        opts=pulumi.ResourceOptions(providers=[azure, guids]),
    ).role_definition_id
    for kind in ((DEPLOYER, READER) if settings.environments else (READER,))
}

# A deployer for each environment, which only that environment's jobs can be; and one reader for previews and drift.
deployers: dict[str, PipelineIdentity] = {}
for environment in settings.environments:
    deployers[environment.name] = deployer = PipelineIdentity(
        f"deployer-{environment.name}",
        PipelineIdentityArgs(
            display_name=settings.named(f"Self-Hosted Gateway Deployer {environment.name}"),
            trusts=settings.deployer_trusts(environment),
        ),
        opts=pulumi.ResourceOptions(providers=[entra]),
    )
    PipelineRights(
        f"deployer-{environment.name}-rights",
        PipelineRightsArgs(
            principal_id=deployer.principal_id,
            role_definition_id=roles[DEPLOYER],
            scopes=environment.scopes,
            graph=permissions("Application.ReadWrite.OwnedBy"),
            state=state,
            blob_role=BLOB_DATA_CONTRIBUTOR,
        ),
        opts=pulumi.ResourceOptions(providers=[azure, entra]),
    )
reader = PipelineIdentity(
    "reader",
    PipelineIdentityArgs(
        display_name=settings.named("Self-Hosted Gateway Drift Reader"), trusts=settings.reader_trusts()
    ),
    opts=pulumi.ResourceOptions(providers=[entra]),
)
PipelineRights(
    "reader-rights",
    PipelineRightsArgs(
        principal_id=reader.principal_id,
        role_definition_id=roles[READER],
        scopes=settings.reader.scopes,
        graph=permissions("Application.Read.All"),
        state=state,
        blob_role=BLOB_DATA_READER,
    ),
    opts=pulumi.ResourceOptions(providers=[azure, entra]),
)

pulumi.export("tenantId", settings.tenant_id)
pulumi.export("subscriptionId", settings.subscription_id)
pulumi.export("clientIds", {name: deployer.client_id for name, deployer in deployers.items()})
pulumi.export("objectIds", {name: deployer.principal_id for name, deployer in deployers.items()})
pulumi.export("readerClientId", reader.client_id)
pulumi.export("readerObjectId", reader.principal_id)
pulumi.export("backendUrl", state.backend_url)
pulumi.export("secretsProvider", state.secrets_provider)
pulumi.export("stateContainerId", state.container_id)
pulumi.export("stateKeyId", state.key_id)
if settings.github is not None:
    pulumi.export("githubVariables", variables(settings, deployers, reader, state))
