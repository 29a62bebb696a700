"""Application permissions of Microsoft Graph: its app roles, and to whom they are assigned."""

from .database import Database, Document

# Microsoft's own application in every tenant; the object id of its service principal is the tenant's.
GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
GRAPH_PRINCIPAL = "5a0c0de0-0000-4000-8000-000000000003"

# Ids from Microsoft's permissions reference: the same in every tenant.
APP_ROLES = {
    "Application.Read.All": "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
    "Application.ReadWrite.All": "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9",
    "Application.ReadWrite.OwnedBy": "18a4783c-866b-4cc7-a460-3d5e5662c884",
    "AppRoleAssignment.ReadWrite.All": "06b708a9-e830-4db3-a914-8e69da51d44f",
    "User.Read.All": "df021288-bdef-4463-88db-98f22de89214",
}


def graph_principal() -> Document:
    """Graph's service principal, with its app roles."""
    roles = [{"id": id_, "value": value, "allowedMemberTypes": ["Application"]} for value, id_ in APP_ROLES.items()]
    return {
        "id": GRAPH_PRINCIPAL,
        "appId": GRAPH_APP_ID,
        "displayName": "Microsoft Graph",
        "servicePrincipalType": "Application",
        "accountEnabled": True,
        "appRoles": [{**role, "isEnabled": True} for role in roles],
        "_owners": [],
    }


def roles_of(principal_id: str, database: Database) -> list[str]:
    """The permissions that a service principal has been given, as a token for Graph names them."""
    values = {id_: value for value, id_ in APP_ROLES.items()}
    return [
        values[assignment["appRoleId"]]
        for assignment in database.all("appRoleAssignment")
        if assignment["principalId"] == principal_id and assignment["resourceId"] == GRAPH_PRINCIPAL
    ]
