"""What names mean in a pod: its `/etc/hosts` and `/etc/resolv.conf`, as kubelet and the container runtime write them."""

from typing import Any

from . import KubernetesObject
from .cluster_dns import CLUSTER_DOMAIN

CLUSTER_NAME_SERVER = "10.96.0.10"
NODE_NAME_SERVER = "168.63.129.16"
"""What the node itself asks: Azure's. It knows public names and nothing of the cluster."""

_LONGEST_HOST_NAME = 63


def host_name(pod: KubernetesObject) -> str:
    """The pod's own host name."""
    return pod["spec"].get("hostname") or pod["metadata"]["name"][:_LONGEST_HOST_NAME].rstrip("-.")


def hosts_file(pod: KubernetesObject, pod_ip: str) -> str:
    """`/etc/hosts`: loopback, the pod itself, its `hostAliases`."""
    own = host_name(pod)
    if subdomain := pod["spec"].get("subdomain"):
        own = f"{own}.{subdomain}.{pod['metadata']['namespace']}.svc.{CLUSTER_DOMAIN}\t{own}"
    lines = [
        "# Kubernetes-managed hosts file.",
        "127.0.0.1\tlocalhost",
        "::1\tlocalhost ip6-localhost ip6-loopback",
        "fe00::0\tip6-localnet",
        "fe00::0\tip6-mcastprefix",
        "fe00::1\tip6-allnodes",
        "fe00::2\tip6-allrouters",
        f"{pod_ip}\t{own}",
    ]
    if aliases := pod["spec"].get("hostAliases"):
        lines += ["", "# Entries added by HostAliases."]
        lines += ["\t".join([alias["ip"], *(alias.get("hostnames") or [])]) for alias in aliases]
    return "\n".join(lines) + "\n"


def resolver_file(pod: KubernetesObject) -> str:
    """`/etc/resolv.conf`, from `dnsPolicy` and `dnsConfig`."""
    policy = pod["spec"].get("dnsPolicy") or "ClusterFirst"
    servers: list[str] = []
    searches: list[str] = []
    options: dict[str, str] = {}
    if policy == "Default" or (policy == "ClusterFirst" and pod["spec"].get("hostNetwork")):
        servers = [NODE_NAME_SERVER]
    elif policy != "None":
        servers = [CLUSTER_NAME_SERVER]
        domain = f"svc.{CLUSTER_DOMAIN}"
        searches = [f"{pod['metadata']['namespace']}.{domain}", domain, CLUSTER_DOMAIN]
        options = {"ndots": "5"}
    config: dict[str, Any] = pod["spec"].get("dnsConfig") or {}
    servers = list(dict.fromkeys([*servers, *(config.get("nameservers") or [])]))
    searches = list(dict.fromkeys([*searches, *(config.get("searches") or [])]))
    options |= {each["name"]: each.get("value") or "" for each in config.get("options") or []}
    lines = [f"search {' '.join(searches)}"] if searches else []
    lines += [f"nameserver {server}" for server in servers]
    if options:
        lines.append("options " + " ".join(f"{name}:{value}" if value else name for name, value in options.items()))
    return "\n".join(lines) + "\n"
