"""Microsoft Graph's API, v1.0 and beta."""

from starlette.routing import Route

from ..azure import Azure
from ..tokens import TokenIssuer
from .app_role_assignments import AppRoleAssignments
from .deleted_items import DeletedItems
from .directory import Directory
from .federated_credentials import FederatedCredentials
from .objects import Objects
from .owners import Owners
from .passwords import Passwords
from .users import Users


class Graph:
    """All of its operations."""

    def __init__(self, azure: Azure, tokens: TokenIssuer) -> None:
        directory = Directory(azure, tokens)
        parts = (AppRoleAssignments, Owners, Passwords, FederatedCredentials, Objects, DeletedItems, Users)
        self.routes: list[Route] = [
            route for version in ("v1.0", "beta") for part in parts for route in part(directory).routes(version)
        ]
