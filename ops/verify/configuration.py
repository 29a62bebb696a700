"""Did the running pods load their configuration?"""

import re

from ..cluster.connection import Cluster
from .gateways import Gateway
from .pods import is_ready, pods_of
from .report import Answer, Check

QUESTION = "configuration"
_LINES = 300
# A gateway asks for its configuration more often than that. What was wrong before is over, whatever the log says then.
_SECONDS = 300
# What a gateway's log says when it gets no configuration, and when it has one (again). The first is known from reports
# in the image's repository; with what words it says the second is not established. Instances log heartbeats of each other.
_TROUBLE = re.compile(r"ConfigurationApi\w*NotAvailable|ErrorResolvingHostname|TokenUnavailable|AADSTS\d+")
_WELL = re.compile(r"ConfigurationApi\w*Available|ConfigurationLoaded|ConfigurationChanged")
_DOMAINS = ("azure-api.net", "azure-api.us", "azure-api.cn")


def check_configuration(gateway: Gateway, cluster: Cluster) -> Check:
    """Whether the running pods have their configuration, by their readiness and what they log.

    Raises:
        OpsError: the cluster can't be read.
    """
    pods = pods_of(gateway.deployment, cluster) if gateway.deployment is not None else []
    running = [pod for pod in pods if (pod.get("status") or {}).get("phase") == "Running"]
    for pod in running:
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        line = last_trouble(cluster.log(namespace, name, _LINES, _SECONDS))
        if line is not None:
            next_step = _next_step(line, gateway)
            return Check(gateway.name, QUESTION, Answer.FAILED, f"pod {name} logs: {line}", next_step)
        if not is_ready(pod):
            next_step = f"`kubectl logs -n {namespace} {name}`"
            return Check(gateway.name, QUESTION, Answer.FAILED, f"pod {name} is not ready", next_step)
    if not running:
        return Check(gateway.name, QUESTION, Answer.UNKNOWN, "no pod runs", "Let the pods start first.")
    found = f"{len(running)} pod(s) are ready and log no trouble with it"
    return Check(gateway.name, QUESTION, Answer.OK, found)


def last_trouble(lines: list[str]) -> str | None:
    """The last line of a log that tells of trouble with the configuration, unless a later one says it is over."""
    for line in reversed(lines):
        if _TROUBLE.search(line):
            return line.strip()
        if _WELL.search(line):
            return None
    return None


def _next_step(line: str, gateway: Gateway) -> str:
    if "AADSTS" in line or "TokenUnavailable" in line:
        return "See the line about the token."
    if another := _another_endpoint(gateway):
        return another
    if re.search(r"\b40[13]\b|Forbidden|Unauthorized", line):
        return "See the lines about the two roles; a new assignment takes up to ten minutes to work everywhere."
    if "API Management instance not found" in line:
        return (
            "The endpoint belongs to no instance: check `apiManagement.name` and `apiManagement.configurationEndpoint`."
        )
    if re.search(r"\b404\b|NotFound", line):
        return "See the line about the gateway resource: its name has to be `gateway.name`."
    return "The pods need outbound access to the configuration endpoint, TCP 443."


def _another_endpoint(gateway: Gateway) -> str:
    """What to do about an endpoint that is not the instance's own; the empty text where it is, or nobody knows."""
    instance = gateway.instance_id.rpartition("/")[2]
    host = gateway.endpoint.removeprefix("https://").rstrip("/").lower()
    own = [f"{instance}.configuration.{domain}".lower() for domain in _DOMAINS]
    if not instance or not host or host in own:
        return ""
    return (
        f"The declared endpoint is {host}, and the instance's own is {own[0]}: check `apiManagement.configurationEndpoint`. "
        "The pods need outbound access to it, TCP 443."
    )
