"""Makes docs/configuration.md, the reference of all configuration keys, from the models that read them.

What the models can't say, an example of each key, stands here. `test_configuration_reference.py` loads the examples.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from components.config.formats.bound import LARGEST
from components.config.keys import PROJECT, SILENCE
from components.config.models.advice import WARNS_OF
from components.config.models.stack import StackSettings

_INTRODUCTION = """\
# Configuration

Made by `tests/unit/test_configuration_reference.py` from the models in [components/config/models](../components/config/models).

A stack is described by its file, `Pulumi.<stack>.yaml`. It is read and checked before anything is looked up: all problems are
reported at once, each with its key and what is expected there. A key that is not known here is a problem too, so a misspelt
one can't pass unnoticed. `pulumi config set --path KEY VALUE` writes the file; so does an editor.

No key holds a credential. The providers sign in by their environment (`ARM_*`, or the Azure CLI's sign-in), the cluster by
`KUBECONFIG` or an exec plugin. See [security](security.md).
"""

_ROLES = "/subscriptions/00000000-0000-0000-0000-000000000002/providers/Microsoft.Authorization/roleDefinitions"

# By section; where a section has several, they exclude each other.
EXAMPLES: dict[str, list[str]] = {
    "azure-native": [
        """\
azure-native:tenantId: 00000000-0000-0000-0000-000000000001
azure-native:subscriptionId: 00000000-0000-0000-0000-000000000002
azure-native:environment: public
""",
    ],
    f"{PROJECT}:apiManagement": [
        """\
self-hosted-gateway:apiManagement:
  name: contoso-apim
  resourceGroup: contoso-rg
  subscriptionId: 00000000-0000-0000-0000-000000000003 # where it is not the stack's
  configurationEndpoint: configuration.contoso.example # where the instance has a custom host name for it
  validatorAssignment: existing # another stack on this instance makes it
  validatorScope: subscription
""",
    ],
    f"{PROJECT}:roles": [
        """\
self-hosted-gateway:roles:
  assignableScopes:
    - /subscriptions/00000000-0000-0000-0000-000000000002
    - /subscriptions/00000000-0000-0000-0000-000000000003
  nameSuffix: Contoso
""",
    ],
    f"{PROJECT}:roles.existing": [
        """\
self-hosted-gateway:roles:
  existing:
    stack: contoso/self-hosted-gateway/dev # `organization/self-hosted-gateway/dev` with a backend of your own
""",
        f"""\
self-hosted-gateway:roles:
  existing:
    validator: {_ROLES}/00000000-0000-0000-0000-000000000004
    reader: {_ROLES}/00000000-0000-0000-0000-000000000005
""",
    ],
    f"{PROJECT}:gateways[]": [
        """\
self-hosted-gateway:gateways:
  - name: mygw # made by hand, or by another program
    apis: [orders, customers]
    authentication:
      owners: [00000000-0000-0000-0000-000000000006]
      clientSecret:
        rotation: "2026-11-01"
  - name: Contoso-Warehouse # Kubernetes does not take capitals
    kubernetesName: warehouse
    commonLabels: { contoso.example/team: integration }
    namespace: apim
    image: contoso.azurecr.io/apim/gateway:approved # a mirror's
    imageVersion: 2.13.2
    replicas: 3
    disruptionBudget: { maxUnavailable: 1 }
    readerScope: resourceGroup
    createGatewayResource: true
    locationName: Contoso warehouse, Hall 3
    apis: [stock]
    authentication:
      owners: [00000000-0000-0000-0000-000000000006]
      clientSecret:
        rotation: "2026-11-01"
""",
    ],
    f"{PROJECT}:gateways[].autoscaling": [
        """\
self-hosted-gateway:gateways:
  - name: mygw
    autoscaling:
      minReplicas: 3
      maxReplicas: 10
      cpu: 80
      memory: 80
      behavior:
        scaleDown: { stabilizationWindowSeconds: 600 }
    container:
      resources:
        requests: { cpu: 2, memory: 2Gi }
    authentication:
      owners: [00000000-0000-0000-0000-000000000006]
      clientSecret:
        rotation: "2026-11-01"
""",
    ],
    f"{PROJECT}:gateways[].deployment": [
        """\
self-hosted-gateway:gateways:
  - name: mygw
    deployment:
      strategy:
        rollingUpdate: { maxSurge: 1 }
      minReadySeconds: 10
      progressDeadlineSeconds: 1800
      revisionHistoryLimit: 3
    authentication:
      owners: [00000000-0000-0000-0000-000000000006]
      clientSecret:
        rotation: "2026-11-01"
""",
    ],
    f"{PROJECT}:gateways[].container": [
        """\
self-hosted-gateway:gateways:
  - name: mygw
    container:
      resources:
        requests: { cpu: 2, memory: 2Gi }
        limits: { cpu: 2, memory: 2Gi }
      securityContext:
        runAsUser: null # the cluster chooses one
        runAsGroup: 2000 # beside the default fields
      readinessProbe:
        httpGet: { path: /internal-status-0123456789abcdef }
      startupProbe: { failureThreshold: 200 } # for 1000 s
      livenessProbe: null # nothing restarts a container that hangs
      preStopSeconds: 20
      env:
        - name: HTTPS_PROXY
          valueFrom:
            secretKeyRef: { name: contoso-proxy, key: address }
      envFrom:
        - configMapRef: { name: contoso-telemetry }
      imagePullPolicy: Always
    authentication:
      owners: [00000000-0000-0000-0000-000000000006]
      clientSecret:
        rotation: "2026-11-01"
""",
    ],
    f"{PROJECT}:gateways[].pod": [
        """\
self-hosted-gateway:gateways:
  - name: mygw
    pod:
      annotations: { contoso.example/owner: integration }
      labels: { contoso.example/tier: gateway }
      nodeSelector: { agentpool: gateways } # beside the default label
      tolerations:
        - { key: contoso.example/gateways, operator: Exists, effect: NoSchedule }
      affinity:
        nodeAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 100
              preference:
                matchExpressions:
                  - { key: kubernetes.io/arch, operator: In, values: [amd64] }
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: topology.kubernetes.io/zone
          whenUnsatisfiable: DoNotSchedule
      priorityClassName: contoso-important
      automountServiceAccountToken: null
      imagePullSecrets:
        - name: contoso-registry
      hostAliases:
        - ip: 192.0.2.10 # of a private instance
          hostnames: [contoso-apim.configuration.azure-api.net]
      dnsPolicy: ClusterFirst
      dnsConfig:
        options:
          - { name: ndots, value: "2" }
      volumes:
        - name: backup
          persistentVolumeClaim: { claimName: mygw-backup }
      terminationGracePeriodSeconds: 90
      securityContext:
        fsGroup: 1001
    container:
      volumeMounts:
        - { name: backup, mountPath: /apim/config }
    authentication:
      owners: [00000000-0000-0000-0000-000000000006]
      clientSecret:
        rotation: "2026-11-01"
""",
    ],
    f"{PROJECT}:gateways[].serviceAccount": [
        """\
self-hosted-gateway:gateways:
  - name: mygw
    serviceAccount:
      create: true
      name: mygw-pods
      annotations: { contoso.example/owner: integration }
    authentication:
      owners: [00000000-0000-0000-0000-000000000006]
      clientSecret:
        rotation: "2026-11-01"
""",
    ],
    f"{PROJECT}:gateways[].disruptionBudget": [
        """\
self-hosted-gateway:gateways:
  - name: mygw
    replicas: 3
    disruptionBudget:
      maxUnavailable: 25%
      unhealthyPodEvictionPolicy: IfHealthyBudget
    authentication:
      owners: [00000000-0000-0000-0000-000000000006]
      clientSecret:
        rotation: "2026-11-01"
  - name: branch
    replicas: 3
    disruptionBudget:
      minAvailable: 2
    authentication:
      owners: [00000000-0000-0000-0000-000000000006]
      clientSecret:
        rotation: "2026-11-01"
""",
    ],
    f"{PROJECT}:gateways[].service": [
        """\
self-hosted-gateway:gateways:
  - name: mygw
    service:
      type: LoadBalancer
      internal: true
      annotations:
        service.beta.kubernetes.io/azure-load-balancer-internal-subnet: gateways
      externalTrafficPolicy: Local
      ports: { http: null, https: 443 }
    authentication:
      owners: [00000000-0000-0000-0000-000000000006]
      clientSecret:
        rotation: "2026-11-01"
""",
    ],
    f"{PROJECT}:gateways[].service.ports": [
        """\
self-hosted-gateway:gateways:
  - name: mygw
    service:
      type: ClusterIP
      ports: { http: 8080, https: 8081 } # as the Helm chart has them
    authentication:
      owners: [00000000-0000-0000-0000-000000000006]
      clientSecret:
        rotation: "2026-11-01"
""",
    ],
    f"{PROJECT}:gateways[].instanceDiscovery": [
        """\
self-hosted-gateway:gateways:
  - name: mygw
    instanceDiscovery:
      host: mygw-instance-discovery.default.svc.contoso.example # if the cluster has a domain of its own
      heartbeatPort: 5291
      synchronizationPort: 5290
    authentication:
      owners: [00000000-0000-0000-0000-000000000006]
      clientSecret:
        rotation: "2026-11-01"
""",
    ],
    f"{PROJECT}:gateways[].authentication": [
        """\
self-hosted-gateway:gateways:
  - name: mygw
    authentication:
      mode: clientSecret
      authority: https://login.microsoftonline.com
      tokenAudience: https://azure-api.net/configuration
      owners:
        - 00000000-0000-0000-0000-000000000006 # the deployer's service principal
        - 00000000-0000-0000-0000-000000000007
      ownersWithoutDeployer: false
      clientSecret:
        rotation: "2026-11-01"
""",
    ],
    f"{PROJECT}:gateways[].authentication.clientSecret": [
        """\
self-hosted-gateway:gateways:
  - name: mygw
    authentication:
      owners: [00000000-0000-0000-0000-000000000006]
      clientSecret:
        store: Secret
        rotation: "2026-11-01"
        validity: P180D # so it ends on 2027-04-30
""",
    ],
    f"{PROJECT}:cluster": [
        """\
self-hosted-gateway:cluster:
  context: contoso-aks
""",
        """\
self-hosted-gateway:cluster:
  kubeconfig:
    apiVersion: v1
    kind: Config
    current-context: contoso-aks
    contexts:
      - { name: contoso-aks, context: { cluster: contoso-aks, user: contoso-aks } }
    clusters:
      - name: contoso-aks
        cluster:
          server: https://contoso-aks.example
          certificate-authority-data: <the cluster's CA, which is public>
    users:
      - name: contoso-aks
        user:
          exec:
            apiVersion: client.authentication.k8s.io/v1beta1
            command: kubelogin
            args: [get-token, --login, azurecli, --server-id, 6dae42f8-4368-4678-94ff-3960e28e3630]
""",
    ],
    f"{PROJECT}:protect": [
        """\
self-hosted-gateway:protect: [roles, validator, gateways]
""",
    ],
    f"{PROJECT}:silence": [
        """\
self-hosted-gateway:silence: [few-replicas, no-resources] # this stack is for trying things out
""",
    ],
    f"{PROJECT}:acceptedDrift[]": [
        """\
self-hosted-gateway:acceptedDrift:
  - resource: mygw-workload-deployment
    path: spec.replicas
    value: 4 # any other number alarms
    until: "2026-12-31"
    reason: Load test of the shops.
  - resource: mygw-workload-live-traffic # the platform team's tool writes a new value every week
    path: metadata.annotations["contoso.example/owner"]
    reason: Contoso's cost report needs it.
  - resource: mygw-reader-assignment # it was deleted
    reason: The management group's assignment replaces it.
""",
    ],
}


@dataclass(frozen=True)
class Key:
    """One key of a section."""

    name: str
    values: str
    """What it takes, in words."""
    default: str
    """What holds where it is left out, as Markdown; the empty text where it is required."""
    description: str


@dataclass(frozen=True)
class Section:
    """A model's keys."""

    path: str
    """Where they stand, `[]` for a list's elements."""
    about: str
    keys: tuple[Key, ...]


def sections() -> list[Section]:
    """All sections, each followed by those within it."""
    schema = StackSettings.model_json_schema()
    models: dict[str, Any] = schema["$defs"]
    required = set(schema["required"])
    azure, ours = {}, {}
    for name, value in schema["properties"].items():
        (ours if name.startswith(f"{PROJECT}:") else azure)[name] = value
    keys = tuple(_key(name, value, required, models) for name, value in azure.items())
    below = (section for name, value in ours.items() for section in _sections(name, value, required, models))
    return [Section("azure-native", "Where the stack is.", keys), *below]


def render() -> str:
    """The whole page."""
    parts = [_INTRODUCTION]
    for section in sections():
        level = "###" if "." in section.path else "##"
        parts.append(f"{level} `{section.path}`\n\n{section.about}\n")
        if section.keys:
            lines = ["| key | value | default | what it is |", "| --- | --- | --- | --- |"]
            for key in section.keys:
                default = key.default or "**required**"
                lines.append(f"| `{key.name}` | {key.values} | {default} | {key.description} |")
            parts.append("\n".join(lines) + "\n")
        if section.path == SILENCE:
            rows = [f"| `{id_}` | {warns_of} |" for id_, warns_of in WARNS_OF.items()]
            parts.append("\n".join(["| advice | what a preview warns of |", "| --- | --- |", *rows]) + "\n")
        parts += [f"```yaml\n{example}```\n" for example in EXAMPLES.get(section.path, [])]
    return "\n".join(parts)


def _sections(path: str, schema: dict[str, Any], required: set[str], models: dict[str, Any]) -> Iterator[Section]:
    """The section of a key that holds mappings, and those within it; at the top, of every key."""
    value = _value(schema)
    element = value.get("items", value)
    model = models[element["$ref"].rsplit("/", 1)[-1]] if "$ref" in element else {}
    properties: dict[str, Any] = model.get("properties", {})
    if properties and "items" in value:
        path = f"{path}[]"
    if properties:
        needed = set(model.get("required", []))
        keys = tuple(_key(name, own, needed, models) for name, own in properties.items())
        yield Section(path, _escaped(model["description"]), keys)
    elif "." not in path:
        key = _key(path, schema, required, models)
        yield Section(path, f"{key.description} Value: {key.values}. Default: {key.default or 'none; required'}.", ())
    for name, own in properties.items():
        yield from _sections(f"{path}.{name}", own, required, models)


def _key(name: str, schema: dict[str, Any], required: set[str], models: dict[str, Any]) -> Key:
    description, _, default = schema["description"].rstrip(".").partition("; default: ")
    if not default and name not in required:
        # The model of a mapping has defaults of its own.
        value = schema.get("default", {})
        default = "none" if value in (None, "", []) else f"`{json.dumps(value).strip(chr(34))}`"
        if value is not None and any(option.get("type") == "null" for option in schema.get("anyOf", [])):
            default += "; null: none"
    return Key(name, _escaped(_words(_value(schema), models)), _escaped(default), f"{_escaped(description)}.")


def _value(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a value that may be left out."""
    if "expected" in schema:
        return schema
    return next((option for option in schema.get("anyOf", []) if option.get("type") != "null"), schema)


def _words(schema: dict[str, Any], models: dict[str, Any]) -> str:
    """What a value has to be."""
    if "$ref" in schema:
        schema = models[schema["$ref"].rsplit("/", 1)[-1]]
    if choices := schema.get("enum") or ([schema["const"]] if "const" in schema else []):
        return " or ".join(f"`{choice}`" for choice in choices)
    if "expected" in schema:
        return schema["expected"]
    match schema.get("format") or schema.get("type"):
        case None:
            return "any value"
        case "date":
            return "a date, yyyy-mm-dd"
        case "duration":
            return "an ISO 8601 duration"
        case "integer":
            least, most = schema["minimum"], schema["maximum"]
            return f"a whole number, {f'{least} or more' if most == LARGEST else f'{least} to {most}'}"
        case "boolean":
            return "true or false"
        case "array":
            return f"a list; each: {_words(schema['items'], models)}"
        case "object":
            return "a mapping"
        case _:
            return f"a text of {schema['maxLength']} characters at most"


def _escaped(text: str) -> str:
    """As Markdown: what stands in angle brackets is no HTML, which code never is."""
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;") for part in re.split("(`[^`]*`)", text))
