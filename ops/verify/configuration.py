"""Did the running pods load their configuration, and do they still get it?

A ready pod is no proof: a gateway whose credentials have ended goes on with what it loaded before, and answers 200.
"""

import re
from datetime import datetime, timedelta
from typing import Any

from ..cluster.connection import Cluster, LogLine
from ..errors import OpsError
from .gateways import DOMAINS, Gateway, KubernetesObject
from .heartbeat import Heartbeats
from .pods import is_ready, pods_of, ready_since
from .report import Answer, Check

QUESTION = "configuration"
RIGHTS = "rights"
"""The cause where Azure refuses the pods."""
_LINES = 2000
# A gateway asks for its configuration more often than that. What was wrong before is over, whatever the log says then.
_SECONDS = 300
# An instance sends a heartbeat each minute, and its first one soon after it has its configuration.
_FIRST = timedelta(minutes=3)
_SILENT = timedelta(minutes=5)
# What a gateway's log says when it gets no configuration, known from reports in the image's repository. With what words it
# says that all is well again is not established, and instances log heartbeats of each other.
_TROUBLE = re.compile(
    r"ConfigurationApi\w*NotAvailable|ErrorResolvingHostname|AADSTS\d+|No valid authentication was configured"
)
_BEFORE = (
    "A gateway serves what it loaded before. See the lines about the token and the roles; where they are ok, it may have "
    "started with an older secret: "
)
_ANSWERED = re.compile(r"StatusCode|\b4\d\d\b")
_REFUSED = re.compile(r"\b40[13]\b|Forbidden|Unauthorized")


def check_configuration(gateway: Gateway, cluster: Cluster, heard: Heartbeats | None, now: datetime) -> Check:
    """Whether the running pods get their configuration: by their readiness, what they log, and what Azure has heard of them.

    Args:
        gateway: the gateway.
        cluster: where its pods run.
        heard: its heartbeats, where ARM shows them.
        now: the time, with its zone.

    Raises:
        OpsError: the cluster can't be read, and no heartbeat tells of the pods.
    """
    pods = pods_of(gateway.deployment, cluster) if gateway.deployment is not None else []
    running = [pod for pod in pods if (pod.get("status") or {}).get("phase") == "Running"]
    if not running:
        if gateway.deployment is not None and _is_stopped(gateway.deployment, cluster):
            return Check(gateway.name, QUESTION, Answer.OK, "the Deployment asks for no pods: nobody is served")
        return Check(gateway.name, QUESTION, Answer.UNKNOWN, "no pod runs", "Let the pods start first.")
    last = _last_heard(heard, [_name(pod) for pod in running])
    unread: OpsError | None = None
    is_silent = True
    for pod in running:
        namespace, name = pod["metadata"]["namespace"], _name(pod)
        try:
            lines = cluster.log(namespace, name, _LINES, _SECONDS)
        except OpsError as error:
            unread, lines = error, []
        is_silent = is_silent and not lines
        # Of several pods, one that Azure has heard of says nothing of another.
        known = last[name] if len(running) == 1 or (heard is not None and heard.names(name)) else None
        line = last_trouble(lines, since=max(filter(None, (known, ready_since(pod))), default=None))
        if line is not None:
            cause, next_step = _cause_and_next_step(line, gateway)
            return Check(gateway.name, QUESTION, Answer.FAILED, f"pod {name} logs: {line}", next_step, cause)
        if not is_ready(pod):
            next_step = f"`kubectl logs -n {namespace} {name}`"
            return Check(gateway.name, QUESTION, Answer.FAILED, f"pod {name} is not ready", next_step)
    if heard is not None and heard.heard and (check := _by_heartbeats(gateway, running, last, now)):
        return check
    if unread is not None:
        raise unread
    if heard is not None and not heard.heard and is_silent and any(_is_due(pod, now) for pod in running):
        # That ARM ever fills the list is not established: an empty one alone proves nothing.
        found = f"{len(running)} pod(s) are ready, but they log nothing, and ARM shows no heartbeat of them"
        return Check(gateway.name, QUESTION, Answer.UNKNOWN, found, _BEFORE + _restart(gateway))
    found = f"{len(running)} pod(s) are ready and log no trouble with it"
    return Check(gateway.name, QUESTION, Answer.OK, found)


def _is_stopped(named: KubernetesObject, cluster: Cluster) -> bool:
    """Whether the Deployment has 0 replicas: by the stack's file, or as an autoscaler has it."""
    deployment = cluster.find("apps/v1", "Deployment", named.namespace, named.name)
    return deployment is not None and deployment["spec"].get("replicas") == 0


def last_trouble(lines: list[LogLine], since: datetime | None) -> str | None:
    """The last line of a log that tells of trouble with the configuration, unless the pod was well after that.

    Args:
        lines: each with its time.
        since: when the pod was known to be well last.
    """
    for line in reversed(lines):
        if since is not None and line.at < since:
            return None
        if _TROUBLE.search(line.text):
            return line.text.strip()
    return None


def _last_heard(heard: Heartbeats | None, pods: list[str]) -> dict[str, datetime | None]:
    """When Azure heard last of each pod; where its heartbeats name none of them, of any."""
    if heard is None:
        return dict.fromkeys(pods)
    are_named = any(heard.names(pod) for pod in pods)
    return {pod: heard.last(pod if are_named else "") for pod in pods}


def _by_heartbeats(
    gateway: Gateway, running: list[dict[str, Any]], last: dict[str, datetime | None], now: datetime
) -> Check | None:
    """What the heartbeats prove of ready pods; None where it is too early to tell."""
    for pod in running:
        name, at = _name(pod), last[_name(pod)]
        if (at is None or now - at > _SILENT) and _is_due(pod, now):
            heard = (
                f"Azure has not heard of it since {at:%Y-%m-%d %H:%M:%S} UTC" if at else "Azure has never heard of it"
            )
            found = f"pod {name} is ready, and {heard}"
            return Check(gateway.name, QUESTION, Answer.FAILED, found, _BEFORE + _restart(gateway), "credentials")
    times = [at for at in last.values() if at is not None and now - at <= _SILENT]
    if len(times) < len(running):
        return None
    seconds = max(0, round((now - min(times)).total_seconds()))
    found = f"{len(running)} pod(s) are ready, and Azure heard of them {seconds} s ago"
    return Check(gateway.name, QUESTION, Answer.OK, found)


def _is_due(pod: dict[str, Any], now: datetime) -> bool:
    """Whether a pod has been ready for so long that Azure should have heard of it."""
    since = ready_since(pod)
    return since is not None and now - since > _FIRST


def _name(pod: dict[str, Any]) -> str:
    return pod["metadata"]["name"]


def _cause_and_next_step(line: str, gateway: Gateway) -> tuple[str, str]:
    if "AADSTS" in line:
        return (
            "token",
            "See the line about the token. Where it is ok, the pod has started with an older secret: "
            + _restart(gateway),
        )
    if "No valid authentication was configured" in line:
        return (
            "settings",
            "A setting of `config.service.auth` is missing in the ConfigMap: `pulumi up --refresh` puts it back.",
        )
    authority = _host(gateway.authority)
    if authority and authority in line:
        return "network", f"The pods need outbound access to {authority}, DNS and TCP 443."
    # A host name of one's own that has answered leads to an instance.
    if (_is_of_azure(_host(gateway.endpoint)) or not _ANSWERED.search(line)) and (
        another := _another_endpoint(gateway)
    ):
        return "endpoint", another
    if _REFUSED.search(line):
        return RIGHTS, "See the lines about the two roles; a new assignment takes up to ten minutes to work everywhere."
    if re.search(r"API Management instance .*not found", line):
        next_step = (
            "The endpoint belongs to no instance: check `apiManagement.name` and `apiManagement.configurationEndpoint`."
        )
        return "endpoint", next_step
    if re.search(r"\b404\b|NotFound", line):
        next_step = (
            "See the line about the gateway resource: its name has to be `gateway.name`. Where it is ok, the endpoint belongs "
            "to another instance: check `apiManagement.configurationEndpoint`."
        )
        return "gateway resource", next_step
    return "network", "The pods need outbound access to the configuration endpoint, TCP 443."


def _restart(gateway: Gateway) -> str:
    deployment = gateway.deployment
    if deployment is None:
        return "restart it."
    return f"`kubectl rollout restart -n {deployment.namespace} deployment/{deployment.name}`."


def _another_endpoint(gateway: Gateway) -> str:
    """What to do about an endpoint that is not the instance's own; the empty text where it is, or nobody knows."""
    instance = gateway.instance_id.rpartition("/")[2]
    host = _host(gateway.endpoint)
    own = f"{instance}.configuration.{DOMAINS.get(gateway.environment, DOMAINS['public'])}".lower()
    if not instance or not host or host == own:
        return ""
    return (
        f"The declared endpoint is {host}, and the instance's own is {own}: check `apiManagement.configurationEndpoint`. "
        "The pods need outbound access to it, TCP 443."
    )


def _is_of_azure(host: str) -> bool:
    return any(host.endswith(f".configuration.{domain}") for domain in DOMAINS.values())


def _host(address: str) -> str:
    return address.removeprefix("https://").partition("/")[0].lower()
