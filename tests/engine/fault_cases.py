"""What goes wrong, what a person sees of it, what it leaves and what is to be done: the rows of `docs/faults.md`."""

from dataclasses import dataclass
from typing import Any

ASSIGNMENT = "ARM PUT Microsoft.Authorization/roleAssignments"
DEFINITION = "ARM PUT Microsoft.Authorization/roleDefinitions"
ATTACHED_API = "ARM PUT Microsoft.ApiManagement/service/gateways/apis"
GATEWAY = "ARM PUT Microsoft.ApiManagement/service/gateways"
TOKEN = "Entra POST token"
APPLICATION = "Graph POST applications"
PRINCIPAL = "Graph POST servicePrincipals"
SECRET = "Graph POST applications/{id}/addPassword"
UP = "`pulumi up`"
NOTHING_LEFT = "nothing"
IN_THE_STATE = "what was made is in the state"
RECOVER = "`ops recover`, then `pulumi up`"
# The azuread provider sends nothing again that nobody has answered.
NOT_REPEATED = "HTTP response was nil; connection may have been reset"


@dataclass(frozen=True)
class Fault:
    """One row."""

    what: str
    """What goes wrong, in words."""
    seen: str = ""
    """Part of the message; none: it is waited for."""
    left: str = IN_THE_STATE
    then: str = UP
    unrecorded: str = ""
    """Of what kind (a field of `Reality`) something is left that the state does not know."""
    operation: str = ""
    """Requests that it befalls; none: the test makes it in another way."""
    how: tuple[tuple[str, Any], ...] = ()
    """The fault, as `python -m sandbox fault add` takes it; a delay, as `fault delay` does."""


def _fault(
    what: str,
    operation: str,
    seen: str = "",
    left: str = IN_THE_STATE,
    then: str = UP,
    unrecorded: str = "",
    **how: Any,
) -> Fault:
    return Fault(what, seen, left, then, unrecorded, operation, tuple(how.items()))


# Each passes by; together they meet one update.
PASSING = [
    _fault("ARM throttles, with Retry-After", ASSIGNMENT, status=429, retryAfter=1, count=1),
    _fault("ARM makes it, and the connection is reset", ASSIGNMENT, reset=True, done=True, count=1),
    _fault("ARM is unavailable", DEFINITION, status=503, count=1),
    _fault("the connection to ARM is reset", DEFINITION, reset=True, count=1),
    _fault("ARM fails for a while", ATTACHED_API, status=500, count=2),
    _fault("ARM is slow", "ARM GET *", delay=1, count=3),
    _fault("Graph throttles, with Retry-After", APPLICATION, status=429, retryAfter=1, count=2),
    _fault("Graph is unavailable", SECRET, status=503, count=2),
    _fault("Graph is slow", "Graph GET *", delay=1, count=3),
]

# Azure's own delays, and tokens that do not last as long as an update. Together they meet one update, too.
DELAYED = [
    Fault("ARM's lists do not show what was just written", how=(("listDelay", 5),)),
    Fault("a role assignment takes its time", how=(("rbacDelay", 5),)),
    Fault("the tokens of deployer and gateway expire", how=(("tokenLifetime", 6),)),
]

# Each stops an update.
LASTING = [
    _fault("Entra throttles sign-ins", TOKEN, "temporarily_unavailable: AADSTS90033", NOTHING_LEFT, status=429),
    _fault("ARM fails for good", DEFINITION, 'Status=500 Code="InternalServerError"', status=500),
    _fault("the deployer's token expires", ASSIGNMENT, 'Status=401 Code="ExpiredAuthenticationToken"', status=401),
    _fault(
        "a principal is not known yet", ASSIGNMENT, 'Code="PrincipalNotFound"', status=400, code="PrincipalNotFound"
    ),
    _fault(
        "a role definition is not known everywhere yet",
        ASSIGNMENT,
        'Code="RoleDefinitionDoesNotExist"',
        status=400,
        code="RoleDefinitionDoesNotExist",
    ),
    _fault("the connection to Graph is reset", APPLICATION, NOT_REPEATED, reset=True, count=1),
    _fault("Graph fails for good", PRINCIPAL, "unexpected status 500", status=500),
    _fault(
        "Graph does not know the service principal everywhere that it has just made",
        "Graph PATCH servicePrincipals/{id}",
        "Timed out whilst waiting for new service principal to be replicated in Azure AD",
        status=404,
        count=1,
    ),
]

# The answer to a request is lost: Azure has what the state does not know.
UNRECORDED = [
    _fault(
        "Graph makes an application, and the connection is reset",
        APPLICATION,
        NOT_REPEATED,
        "an application that the state does not know: `pulumi up` alone makes a second, which `ops drift` names",
        RECOVER,
        "applications",
        reset=True,
        done=True,
        count=1,
    ),
    _fault(
        "Graph makes a service principal, and the connection is reset",
        PRINCIPAL,
        NOT_REPEATED,
        "a service principal that the state does not know",
        RECOVER,
        "service_principals",
        reset=True,
        done=True,
        count=1,
    ),
    _fault(
        "Graph makes a client secret, and the connection is reset",
        SECRET,
        NOT_REPEATED,
        "a client secret that nobody knows: `pulumi up` alone makes a second, and `ops drift` names the first",
        RECOVER,
        "client_secrets",
        reset=True,
        done=True,
        count=1,
    ),
    _fault(
        "ARM makes it, and fails for good",
        ASSIGNMENT,
        'Status=500 Code="InternalServerError"',
        "an assignment that the state does not know",
        RECOVER,
        "role_assignments",
        status=500,
        done=True,
    ),
]

# The same, of what the state takes over instead.
TAKEN_OVER = _fault(
    "ARM makes a gateway resource, and fails for good",
    GATEWAY,
    'Status=500 Code="InternalServerError"',
    "a gateway resource that the state does not know",
    RECOVER,
    status=500,
    done=True,
)

# Made by the tests that the last column of the comment names.
WITHDRAWN = Fault(
    "a right is withdrawn while an update runs",
    "does not have authorization to perform action 'Microsoft.Authorization/roleAssignments/write'",
    then="give it back, then `pulumi up`",
)
UNANSWERED = Fault(
    "the cluster makes a Service, and its answer is lost",
    "already exists",
    "a Service that the state does not know",
    RECOVER,
    "objects",
)
RESTARTED = Fault("the API server is killed and started again while pods get ready")
UNREACHABLE = Fault(
    "the cluster can't be reached in a drift check",
    "configured Kubernetes cluster is unreachable",
    "everything: nothing is taken for deleted",
    "check the kubeconfig, then the check again",
)
NEVER_READY = Fault(
    "the image does not exist, so that no pod becomes ready (after 25 minutes)",
    "containers with unready status: [mygw]",
    "the Deployment, with its old pods",
    "put `image` right, then `pulumi up`",
)
TWO_AT_ONCE = Fault(
    "a second update starts while one runs",
    "the stack is currently locked by 1 lock(s)",
    "everything: the first goes on",
    "wait, then `pulumi up`",
)
KILLED = Fault(
    "the engine is killed, at each kind of write to Azure of `up`, and at many of `destroy` and a rotation",
    "the stack is currently locked by 1 lock(s)",
    "a lock, pending operations, perhaps objects that the state does not know",
    RECOVER,
)

OUTLIVED = Fault(
    "the engine is killed, and a plugin finishes without it what it was doing",
    "plugins that it has started still run",
    "what the plugin makes before it ends",
    RECOVER,
)

_HEAD = """# What goes wrong, and what comes of it

Made by `tests/engine/test_faults.py` and `tests/engine/test_kills.py`, which let each of these happen to a real engine on the
sandbox, read what it says and what is left, and then do what the last column says: afterwards everything is there once, nothing
twice, and no check finds a difference. `.venv/bin/python -m sandbox fault` takes what the second column says, with `add`
or `delay`. Nothing is retried that the released providers do not retry.

| what goes wrong | fault of the sandbox | what is seen | what is left | then |
| --- | --- | --- | --- | --- |
"""


def fault_document() -> str:
    """The whole of `docs/faults.md`."""
    stopping = [
        *LASTING,
        *UNRECORDED,
        TAKEN_OVER,
        UNANSWERED,
        WITHDRAWN,
        RESTARTED,
        UNREACHABLE,
        NEVER_READY,
        TWO_AT_ONCE,
        KILLED,
        OUTLIVED,
    ]
    passing = [_row(fault, waited_for=True) for fault in [*PASSING, *DELAYED]]
    return _HEAD + "\n".join([*passing, *(_row(fault, waited_for=False) for fault in stopping)]) + "\n"


def _row(fault: Fault, *, waited_for: bool) -> str:
    options = " ".join(_option(name, value) for name, value in fault.how)
    subject = f"`{fault.operation}` " if fault.operation else ""
    how = f"{subject}`{options}`" if options else ""
    if waited_for or fault is RESTARTED:
        return f"| {fault.what} | {how} | it takes a little longer | nothing | nothing |"
    return f"| {fault.what} | {how} | `{fault.seen}` | {fault.left} | {fault.then} |"


def _option(name: str, value: Any) -> str:
    flag = "--" + "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)
    return flag if value is True else f"{flag} {value}"
