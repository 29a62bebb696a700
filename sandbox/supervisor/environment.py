"""The environment in which plain `pulumi`, `kubectl`, `az` and the SDKs work against the sandbox."""

import json
import os

from ..plugin_sources import released_wanted
from .home import STARTED_WITH_FEWER_IDENTITIES, Home, SandboxError
from .parts import Parts

# The stack's state is encrypted with a passphrase that everybody knows: nothing in it is worth protecting.
PASSPHRASE = "sandbox"  # noqa: S105
IDENTITIES = ("deployer", "reader", "administrator")


def environment(home: Home, parts: Parts, identity: str) -> dict[str, str]:
    """The variables for one of the seeded service principals.

    Args:
        home: the sandbox.
        parts: its parts.
        identity: `deployer`, `reader` or `administrator`.

    Raises:
        SandboxError: no such identity, or the sandbox was never started.
    """
    if identity not in IDENTITIES:
        raise SandboxError(f"there is no identity {identity!r}: expected one of {', '.join(IDENTITIES)}")
    file = home.azure / "credentials.json"
    if not file.exists():
        raise SandboxError("the sandbox has not been started: .venv/bin/python -m sandbox start")
    credentials = json.loads(file.read_text())
    if identity not in credentials:
        raise SandboxError(STARTED_WITH_FEWER_IDENTITIES)
    principal = credentials[identity]
    host = parts.azure.address.removeprefix("https://")
    tools = [str(parts.cluster.binaries), str(parts.engine)]
    variables = {
        "SANDBOX_HOME": str(home.path),
        "PATH": os.pathsep.join([*tools, os.environ.get("PATH", "")]),
        "PULUMI_HOME": str(home.pulumi_home),
        # Files of attributes are not written whole: a killed engine leaves a state that nobody can read. What real stacks
        # are kept in, Azure's blobs and Pulumi Cloud, has nothing of the kind.
        "PULUMI_BACKEND_URL": f"file://{home.backend}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "TMPDIR": str(home.temporary),
        "KUBECONFIG": str(parts.cluster.kubeconfig("admin" if identity == "administrator" else identity)),
        "ARM_TENANT_ID": credentials["tenantId"],
        "ARM_SUBSCRIPTION_ID": credentials["subscriptionId"],
        "ARM_CLIENT_ID": principal["clientId"],
        "ARM_CLIENT_SECRET": principal["clientSecret"],
        "ARM_METADATA_HOSTNAME": host,
        "ARM_DISABLE_INSTANCE_DISCOVERY": "true",
        "AZURE_TENANT_ID": credentials["tenantId"],
        "AZURE_SUBSCRIPTION_ID": credentials["subscriptionId"],
        "AZURE_CLIENT_ID": principal["clientId"],
        "AZURE_CLIENT_SECRET": principal["clientSecret"],
        "AZURE_AUTHORITY_HOST": parts.azure.address,
        "SSL_CERT_FILE": str(home.ca_bundle),
        "REQUESTS_CA_BUNDLE": str(home.ca_bundle),
    }
    if not released_wanted():
        variables["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
    return variables
