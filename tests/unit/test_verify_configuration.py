"""Does a gateway get its configuration: by what the image logs, and by what Azure has heard of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.azure.api import AzureRefusedError
from ops.cluster.connection import LogLine
from ops.errors import OpsError
from ops.verify.configuration import check_configuration, last_trouble
from ops.verify.gateways import Gateway, KubernetesObject
from ops.verify.heartbeat import Heartbeats, heartbeats_of
from ops.verify.report import Answer, Check

INSTANCE = "/subscriptions/s/resourceGroups/contoso-rg/providers/Microsoft.ApiManagement/service/contoso-apim"
GATEWAY_ID = f"{INSTANCE}/gateways/mygw"
GATEWAY = Gateway(
    "mygw",
    gateway_id=GATEWAY_ID,
    authority="https://login.microsoftonline.com",
    endpoint="contoso-apim.configuration.azure-api.net",
    deployment=KubernetesObject("default", "mygw"),
)
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
EVENTS = (
    "[Warning] 2026-11-26T11:59:30.000Z [ConfigurationApiV2NotAvailable] "
    "https://contoso-apim.configuration.azure-api.net/gateways/mygw/events?$top=100&$skiptoken=, StatusCode: "
)
RESTART = "`kubectl rollout restart -n default deployment/mygw`."
ROLES = "See the lines about the two roles; a new assignment takes up to ten minutes to work everywhere."
OTHER = (
    "The declared endpoint is contoso.configuration.azure-api.net, and the instance's own is "
    "contoso-apim.configuration.azure-api.net: check `apiManagement.configurationEndpoint`. The pods need outbound access to "
    "it, TCP 443."
)


LONG_AGO = NOW - timedelta(hours=2)


def ago(**time: float) -> datetime:
    return NOW - timedelta(**time)


def pod(name: str = "mygw-7d9c-abcde", ready_since: datetime | None = LONG_AGO) -> dict[str, Any]:
    condition: dict[str, Any] = {"type": "Ready", "status": "False"}
    if ready_since is not None:
        condition = {"type": "Ready", "status": "True", "lastTransitionTime": f"{ready_since:%Y-%m-%dT%H:%M:%SZ}"}
    metadata = {"name": name, "namespace": "default"}
    return {"metadata": metadata, "status": {"phase": "Running", "conditions": [condition]}}


class Cluster:
    """A cluster with running pods and their logs; of a pod whose log is None it may not be read."""

    def __init__(self, *pods: dict[str, Any], log: dict[str, list[LogLine] | None] | None = None) -> None:
        self._pods = list(pods)
        self._log = log or {}
        self.replicas = 1

    def select(self, *_: str) -> list[dict[str, Any]]:
        return self._pods

    def find(self, *wanted: str) -> dict[str, Any]:
        assert wanted == ("apps/v1", "Deployment", "default", "mygw")
        return {"spec": {"replicas": self.replicas}}

    def log(self, namespace: str, pod: str, lines: int, seconds: int) -> list[LogLine]:
        found = self._log.get(pod, [])
        if found is None:
            raise OpsError(f"The log of pod {namespace}/{pod} can't be read: forbidden")
        return found


class Arm:
    """ARM with one gateway resource, or with a refusal."""

    def __init__(self, answer: dict[str, Any] | OpsError | None) -> None:
        self._answer = answer
        self.asked: list[tuple[str, str]] = []

    def find(self, path: str, api_version: str) -> dict[str, Any] | None:
        self.asked.append((path, api_version))
        if isinstance(self._answer, OpsError):
            raise self._answer
        return self._answer


def check(*pods: dict[str, Any], heard: Heartbeats | None = None, gateway: Gateway = GATEWAY, **log: Any) -> Check:
    cluster: Any = Cluster(*pods, log={name.replace("_", "-"): lines for name, lines in log.items()})
    return check_configuration(gateway, cluster, heard, NOW)


def said(text: str, **time: float) -> list[LogLine]:
    return [LogLine(ago(**(time or {"seconds": 30})), text)]


def heard(*entries: tuple[str, datetime]) -> Heartbeats:
    return Heartbeats(entries)


@pytest.mark.parametrize(
    ("gateway", "line", "next_step"),
    [
        (GATEWAY, f"{EVENTS}Forbidden.", ROLES),
        (GATEWAY, f"{EVENTS}Unauthorized.", ROLES),
        (
            GATEWAY,
            f"{EVENTS}NotFound.",
            "See the line about the gateway resource: its name has to be `gateway.name`. Where it is ok, the endpoint belongs "
            "to another instance: check `apiManagement.configurationEndpoint`.",
        ),
        (
            GATEWAY,
            "[ConfigurationApiV2NotAvailable] 404: API Management instance not found",
            "The endpoint belongs to no instance: check `apiManagement.name` and `apiManagement.configurationEndpoint`.",
        ),
        (
            GATEWAY,
            "[ConfigurationApiV2NotAvailable] it did not answer in time",
            "The pods need outbound access to the configuration endpoint, TCP 443.",
        ),
        (
            GATEWAY,
            "[ErrorResolvingHostname] the name contoso-apim.configuration.azure-api.net could not be resolved",
            "The pods need outbound access to the configuration endpoint, TCP 443.",
        ),
        (
            GATEWAY,
            "[ErrorResolvingHostname] the name login.microsoftonline.com could not be resolved",
            "The pods need outbound access to login.microsoftonline.com, DNS and TCP 443.",
        ),
        (
            GATEWAY,
            "[ConfigurationApiV2NotAvailable] AADSTS7000222: The provided client secret keys are expired.",
            f"See the line about the token. Where it is ok, the pod has started with an older secret: {RESTART}",
        ),
        (
            GATEWAY,
            "No valid authentication was configured for the configuration API",
            "A setting of `config.service.auth` is missing in the ConfigMap: `pulumi up --refresh` puts it back.",
        ),
        (
            replace(GATEWAY, endpoint="contoso.configuration.azure-api.net"),
            "ErrorResolvingHostname contoso.configuration.azure-api.net",
            OTHER,
        ),
        (replace(GATEWAY, endpoint="contoso.configuration.azure-api.net"), f"{EVENTS}NotFound", OTHER),
        # A host name of one's own is no mistake where it has answered.
        (replace(GATEWAY, endpoint="https://gateway.contoso.com"), f"{EVENTS}Forbidden", ROLES),
        (
            replace(GATEWAY, endpoint="gateway.contoso.com"),
            "[ConfigurationApiV2NotAvailable] 404: API Management instance 'contoso' was not found",
            "The endpoint belongs to no instance: check `apiManagement.name` and `apiManagement.configurationEndpoint`.",
        ),
        (
            replace(GATEWAY, environment="usgovernment", endpoint="gateway.contoso.com"),
            "ErrorResolvingHostname gateway.contoso.com",
            "The declared endpoint is gateway.contoso.com, and the instance's own is "
            "contoso-apim.configuration.azure-api.us: check `apiManagement.configurationEndpoint`. The pods need outbound "
            "access to it, TCP 443.",
        ),
    ],
)
def test_a_gateway_that_gets_no_configuration(gateway: Gateway, line: str, next_step: str) -> None:
    for ready_since in (None, LONG_AGO):
        found = check(pod(ready_since=ready_since), gateway=gateway, mygw_7d9c_abcde=said(line))
        assert (found.answer, found.found) == (Answer.FAILED, f"pod mygw-7d9c-abcde logs: {line}")
        assert found.next_step == next_step


def test_the_heartbeats_that_instances_send_each_other_do_not_say_that_azure_was_reached() -> None:
    lines = [*said(f"{EVENTS}Forbidden"), *said("[Info] [Heartbeat] the heartbeat was sent", seconds=1)]
    assert last_trouble(lines, since=None) == f"{EVENTS}Forbidden"


def test_what_a_pod_logged_before_it_was_ready_is_over() -> None:
    refused = said(f"{EVENTS}Forbidden", minutes=2)
    assert check(pod(ready_since=ago(minutes=1)), mygw_7d9c_abcde=refused).answer is Answer.OK
    assert check(pod(ready_since=ago(minutes=3)), mygw_7d9c_abcde=refused).answer is Answer.FAILED


def test_a_fresh_heartbeat_is_proof_that_rests_on_no_log() -> None:
    for log in (None, [], said(f"{EVENTS}Forbidden", minutes=2)):
        found = check(pod(), heard=heard(("any", ago(seconds=12))), mygw_7d9c_abcde=log)
        assert (found.answer, found.found) == (Answer.OK, "1 pod(s) are ready, and Azure heard of them 12 s ago")
    # What went wrong after it counts.
    refused = said(f"{EVENTS}Forbidden", seconds=5)
    assert check(pod(), heard=heard(("any", ago(seconds=12))), mygw_7d9c_abcde=refused).answer is Answer.FAILED


def test_a_gateway_that_answers_with_credentials_that_have_ended_is_not_called_well() -> None:
    # It is ready, and its log says nothing: it was set to `none`, or to `error`.
    found = check(pod(), heard=heard(("any", ago(minutes=40))))
    assert (found.answer, found.found) == (
        Answer.FAILED,
        "pod mygw-7d9c-abcde is ready, and Azure has not heard of it since 2026-11-26 11:20:00 UTC",
    )
    assert found.next_step == (
        "A gateway serves what it loaded before. See the lines about the token and the roles; where they are ok, it may have "
        f"started with an older secret: {RESTART}"
    )
    # A pod that has just become ready is not heard of yet.
    other = heard(('{"instanceId": "mygw-new"}', ago(seconds=3)))
    assert check(pod(), pod("mygw-new"), heard=other).found == (
        "pod mygw-7d9c-abcde is ready, and Azure has never heard of it"
    )
    assert check(pod(ready_since=ago(minutes=2)), pod("mygw-new"), heard=other).answer is Answer.OK


def test_a_list_of_heartbeats_that_is_empty_proves_nothing_alone() -> None:
    found = check(pod(), heard=heard())
    assert (found.answer, found.found) == (
        Answer.UNKNOWN,
        "1 pod(s) are ready, but they log nothing, and ARM shows no heartbeat of them",
    )
    assert check(pod(ready_since=ago(minutes=2)), heard=heard()).answer is Answer.OK
    served = said("[Info] [RequestServed] GET /echo")
    assert check(pod(), heard=heard(), mygw_7d9c_abcde=served).found == (
        "1 pod(s) are ready and log no trouble with it"
    )


def test_one_pod_that_is_heard_of_says_nothing_of_another() -> None:
    old, new = pod("mygw-old"), pod("mygw-new")
    named = heard(('{"instanceId": "mygw-new"}', ago(seconds=3)), ('{"instanceId": "mygw-old"}', ago(minutes=30)))
    assert check(old, new, heard=named).found.startswith("pod mygw-old is ready, and Azure has not heard of it since")
    # Where entries name no pod, trouble in a log counts whatever Azure has heard.
    expired = said("[ConfigurationApiV2NotAvailable] AADSTS7000222: expired", seconds=40)
    unnamed = heard(("a", ago(seconds=3)), ("b", ago(seconds=9)))
    assert check(old, new, heard=unnamed, mygw_old=expired).answer is Answer.FAILED
    assert check(old, new, heard=unnamed).found == "2 pod(s) are ready, and Azure heard of them 3 s ago"
    named = heard(('{"instanceId": "mygw-new"}', ago(seconds=3)), ('{"instanceId": "mygw-old"}', ago(seconds=20)))
    assert (
        check(old, new, heard=named, mygw_old=expired).found == "2 pod(s) are ready, and Azure heard of them 20 s ago"
    )


def test_without_heartbeats_the_log_has_to_be_readable() -> None:
    assert check(pod()).found == "1 pod(s) are ready and log no trouble with it"
    with pytest.raises(OpsError, match=r"^The log of pod default/mygw-7d9c-abcde can't be read: forbidden$"):
        check(pod(), mygw_7d9c_abcde=None)


def test_what_arm_shows_of_heartbeats_is_read_whatever_their_keys_are() -> None:
    entries = [
        {"id": "mygw-1", "first": "2026-11-26T10:00:00Z", "nested": {"last": "2026-11-26T11:59:30.1234567Z"}},
        ["mygw-2", "2026-11-26T11:58:00"],
    ]
    arm: Any = Arm({"properties": {"heartbeat": entries}})
    found = heartbeats_of(GATEWAY, arm)
    assert found is not None
    assert arm.asked == [(GATEWAY_ID, "2021-08-01")]
    assert found.last("mygw-1") == datetime(2026, 11, 26, 11, 59, 30, 123456, tzinfo=UTC)
    assert found.last("mygw-2") == datetime(2026, 11, 26, 11, 58, tzinfo=UTC)
    assert found.last() == datetime(2026, 11, 26, 11, 59, 30, 123456, tzinfo=UTC)
    assert (found.names("mygw-2"), found.names("mygw-3"), found.last("mygw-3")) == (True, False, None)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {"properties": {"description": None}},
        {"properties": {"heartbeat": None}},
        {"properties": {"heartbeat": "Connected"}},
        {"properties": {"heartbeat": [{"instanceId": "mygw-1"}]}},
        AzureRefusedError("GET", 400, "InvalidResourceType", "not for api version '2021-08-01'"),
        OpsError("Signing in failed"),
    ],
)
def test_where_arm_does_not_say_when_it_heard_of_instances_nothing_is_known(answer: Any) -> None:
    arm: Any = Arm(answer)
    assert heartbeats_of(GATEWAY, arm) is None


def test_a_gateway_that_azure_never_heard_of_is_known() -> None:
    arm: Any = Arm({"properties": {"heartbeat": []}})
    assert heartbeats_of(GATEWAY, arm) == Heartbeats()
    assert heartbeats_of(Gateway("mygw"), arm) is None


@pytest.mark.parametrize(
    ("replicas", "expected"),
    [
        (0, Check("mygw", "configuration", Answer.OK, "the Deployment asks for no pods: nobody is served")),
        (1, Check("mygw", "configuration", Answer.UNKNOWN, "no pod runs", "Let the pods start first.")),
    ],
)
def test_a_gateway_that_is_stopped_waits_for_no_pods(replicas: int, expected: Check) -> None:
    cluster: Any = Cluster()
    cluster.replicas = replicas
    assert check_configuration(GATEWAY, cluster, None, NOW) == expected
