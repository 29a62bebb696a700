"""The pinned SDK's classes of the inputs that the stand-in checks."""

from ..engine.schema import Schema

PROVIDER = "ProviderArgs"
APPLICATION = "ApplicationArgs"
SERVICE_PRINCIPAL = "ServicePrincipalArgs"
PASSWORD = "ApplicationPasswordInitArgs"  # noqa: S105 - the name of a class
FEDERATED_CREDENTIAL = "ApplicationFederatedIdentityCredentialArgs"
APP_ROLE_ASSIGNMENT = "AppRoleAssignmentArgs"

SCHEMA = Schema(
    "pulumi_azuread", PROVIDER, APPLICATION, SERVICE_PRINCIPAL, PASSWORD, FEDERATED_CREDENTIAL, APP_ROLE_ASSIGNMENT
)
