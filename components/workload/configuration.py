"""What the container reads when it starts: a ConfigMap with its settings, and a Secret where the client secret is apart."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import (
    ConfigMap,
    ConfigMapEnvSourceArgs,
    EnvFromSourceArgs,
    EnvVarArgs,
    EnvVarSourceArgs,
    Secret,
    SecretKeySelectorArgs,
)

from components.config.models.authentication import SecretStore
from components.last_write import LastWrite
from components.workload.naming import Naming

CLIENT_SECRET_SETTING = "config.service.auth.azureAd.clientSecret"  # noqa: S105 - a key's name


@dataclass(frozen=True, kw_only=True)
class ClientSecret:
    """The client secret of a gateway."""

    value: pulumi.Input[str]
    """The secret itself."""

    key_id: pulumi.Input[str]
    """Its key id: a change of it rolls the pods."""

    store: SecretStore
    """Kind of the object that holds it."""


@dataclass(frozen=True)
class Configuration:
    """How the pods come to their settings."""

    objects: Sequence[pulumi.Resource]
    """ConfigMap, and Secret where there is one."""

    environment: Sequence[EnvVarArgs]
    """Variables of the container."""

    environment_from: Sequence[EnvFromSourceArgs]
    """Objects whose keys are variables of the container."""

    pod_annotations: Mapping[str, pulumi.Input[str]]
    """Change when the settings do. Pods read their environment once, when they start. A new checksum replaces them; so
    does a write without one: it took back what somebody else had written, and a pod may have started with."""


def gateway_configuration(
    name: str,
    naming: Naming,
    settings: Mapping[str, pulumi.Input[str]],
    client_secret: ClientSecret,
    parent: pulumi.Resource,
) -> Configuration:
    """Declare ConfigMap and Secret.

    Args:
        name: of the component; the resources' names begin with it.
        naming: names and labels of the objects.
        settings: the container's settings, by the names of the settings reference, without the client secret.
        client_secret: the client secret.
        parent: the component.
    """
    checksum = pulumi.Output.json_dumps(
        {"settings": settings, "clientSecretKeyId": client_secret.key_id}, sort_keys=True
    ).apply(_sha256)
    data = dict(settings)
    environment: list[EnvVarArgs] = []
    objects: list[pulumi.Resource] = []
    written: list[pulumi.Output[str]] = []
    if client_secret.store is SecretStore.CONFIG_MAP:
        data[CLIENT_SECRET_SETTING] = client_secret.value
    else:
        last_write = LastWrite(f"{name}-auth")
        secret = Secret(
            f"{name}-auth",
            metadata=naming.metadata("-auth"),
            type="Opaque",
            data={"clientSecret": pulumi.Output.secret(client_secret.value).apply(_base64)},
            opts=pulumi.ResourceOptions(parent=parent, hooks=last_write.hooks),
        )
        objects.append(secret)
        written.append(secret.metadata.apply(last_write.time))
        from_secret = SecretKeySelectorArgs(name=secret.metadata.name, key="clientSecret")
        environment = [EnvVarArgs(name=CLIENT_SECRET_SETTING, value_from=EnvVarSourceArgs(secret_key_ref=from_secret))]
    last_write = LastWrite(f"{name}-env")
    config_map = ConfigMap(
        f"{name}-env",
        metadata=naming.metadata("-env"),
        data=data,
        opts=pulumi.ResourceOptions(parent=parent, hooks=last_write.hooks),
    )
    objects.append(config_map)
    written.append(config_map.metadata.apply(last_write.time))
    return Configuration(
        objects,
        environment,
        [EnvFromSourceArgs(config_map_ref=ConfigMapEnvSourceArgs(name=config_map.metadata.name))],
        {
            "self-hosted-gateway/settings-checksum": checksum,
            "self-hosted-gateway/settings-written": pulumi.Output.all(*written).apply(" ".join),
        },
    )


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
