"""The article's objects on this node: the gateway itself, its Service, and a rollout that loses nothing."""

import json
import threading
from pathlib import Path

import httpx
import yaml

from ..conftest import Node
from ..control_plane import Kubernetes
from ..gateway.azure import CLIENT, SECRET, TENANT, Azure
from .objects import is_ready, reach

ARTICLE = Path(__file__).with_name("article.yaml")
IMAGE = "mcr.microsoft.com/azure-api-management/gateway:"


def article(tag: str = "v2") -> str:
    """The article's YAML, its placeholders filled in."""
    text = ARTICLE.read_text()
    for placeholder, value in {
        "<service-name>": "contoso",
        "<Azure AD tenant ID>": TENANT,
        "<Azure AD client ID>": CLIENT,
        "<Azure AD client secret>": SECRET,
        "<gateway-id>": "mygw",
    }.items():
        assert placeholder in text
        text = text.replace(placeholder, value)
    return text.replace(f"{IMAGE}v2", IMAGE + tag)


def deploy(kubernetes: Kubernetes, namespace: str, text: str) -> None:
    kubernetes.kubectl("apply", "-n", namespace, "-f", "-", text=text)


def test_the_articles_gateway_serves_through_its_service(
    kubernetes: Kubernetes, node: Node, azure: Azure, namespace: str
) -> None:
    assert [each["kind"] for each in yaml.safe_load_all(article())] == ["ConfigMap", "Deployment", "Service", "Service"]
    deploy(kubernetes, namespace, article())
    kubernetes.kubectl("rollout", "status", "deployment/mygw", "-n", namespace, "--timeout=60s")
    base = f"http://{node.address(namespace, 'mygw-live-traffic', 80)}"
    assert reach(f"{base}/echo/x").json()["gateway"] == "mygw"
    secure = f"https://{node.address(namespace, 'mygw-live-traffic', 443)}"
    assert reach(f"{secure}/echo/x").status_code == 200
    assert reach(f"{base}/other").status_code == 404


def discovering(host: str) -> str:
    """The article's YAML with two replicas that look for each other at a Service's name."""
    settings = f"  neighborhood.host: {host}\n  gateway.name: mygw\n"
    return article().replace("  gateway.name: mygw\n", settings).replace("replicas: 1", "replicas: 2")


def test_instances_find_each_other_by_the_headless_service(
    kubernetes: Kubernetes, node: Node, azure: Azure, namespace: str
) -> None:
    deploy(kubernetes, namespace, discovering("mygw-instance-discovery"))
    kubernetes.kubectl("rollout", "status", "deployment/mygw", "-n", namespace, "--timeout=60s")
    pods = json.loads(kubernetes.kubectl("get", "pods", "-l", "app=mygw", "-n", namespace, "-o", "json"))["items"]
    one, other = ((pod["metadata"]["name"], pod["status"]["podIP"]) for pod in pods)
    for (name, _), (_, ip) in ((one, other), (other, one)):
        with kubernetes.follow_logs(namespace, name) as following:
            assert following.stdout is not None
            wanted = f"other instances at mygw-instance-discovery: {ip}; heartbeats at UDP 4291, counts at UDP 4290"
            assert next((line for line in following.stdout if wanted in line), None)
            following.terminate()


def test_the_name_of_the_load_balanced_service_is_refused(
    kubernetes: Kubernetes, node: Node, azure: Azure, namespace: str
) -> None:
    deploy(kubernetes, namespace, discovering("mygw-live-traffic"))
    kubernetes.await_event(namespace, "BackOff", "Back-off restarting failed container mygw")
    pod = kubernetes.await_pods(namespace, "app=mygw", lambda pod: pod["status"]["containerStatuses"][0]["lastState"])
    log = kubernetes.kubectl("logs", pod["metadata"]["name"], "--previous", "-n", namespace)
    assert "It has to be the name of the headless Service." in log


def waiting_before_they_end() -> str:
    """The article's YAML with pods that wait until the load balancer has noticed."""
    objects = list(yaml.safe_load_all(article()))
    (deployment,) = [each for each in objects if each["kind"] == "Deployment"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    container["lifecycle"] = {"preStop": {"sleep": {"seconds": 15}}}
    return yaml.safe_dump_all(objects)


def test_a_rollout_of_pods_that_wait_before_they_end_loses_no_request(
    kubernetes: Kubernetes, node: Node, azure: Azure, namespace: str
) -> None:
    deploy(kubernetes, namespace, waiting_before_they_end())
    kubernetes.kubectl("rollout", "status", "deployment/mygw", "-n", namespace, "--timeout=60s")
    url = f"http://{node.address(namespace, 'mygw-live-traffic', 80)}/echo"
    assert reach(url).status_code == 200
    done, failures, answers = threading.Event(), [], {"new": 0, "kept": 0}

    def call(kind: str) -> None:
        # On a connection that is kept as long as the gateway keeps it, and on new ones.
        with httpx.Client(trust_env=False, timeout=10) as client:
            while not done.is_set():
                try:
                    headers = {"Connection": "close"} if kind == "new" else {}
                    assert client.get(url, headers=headers).status_code == 200
                    answers[kind] += 1
                except (httpx.HTTPError, AssertionError) as error:
                    failures.append(f"{kind}: {error!r}")
                done.wait(0.02)

    callers = [threading.Thread(target=call, args=[kind]) for kind in answers]
    for caller in callers:
        caller.start()
    try:
        old = kubernetes.await_pods(namespace, "app=mygw", is_ready)
        kubernetes.kubectl("rollout", "restart", "deployment/mygw", "-n", namespace)
        kubernetes.kubectl("rollout", "status", "deployment/mygw", "-n", namespace, "--timeout=60s")
        kubernetes.await_pod_gone(namespace, old["metadata"]["name"])
    finally:
        done.set()
        for caller in callers:
            caller.join()
    assert failures == []
    assert min(answers.values()) > 50


def test_a_gateway_without_authorization_is_not_ready_and_says_why(
    kubernetes: Kubernetes, node: Node, azure: Azure, namespace: str
) -> None:
    refusal = {"error": {"code": "GatewayAccessDenied", "message": "the caller lacks the data action"}}
    azure.configuration_refusal = (403, refusal)
    try:
        deploy(kubernetes, namespace, article())
        event = kubernetes.await_event(namespace, "Unhealthy", "StatusCode: Forbidden")
    finally:
        azure.configuration_refusal = None
    assert "HTTP probe failed with statuscode: 503: Not ready:" in event["message"]
    pod = kubernetes.await_pods(namespace, "app=mygw", is_ready)
    assert "[ConfigurationLoaded]" in kubernetes.kubectl("logs", pod["metadata"]["name"], "-n", namespace)


def test_incomplete_settings_end_in_a_crash_loop_whose_log_says_why(
    kubernetes: Kubernetes, node: Node, namespace: str
) -> None:
    deploy(kubernetes, namespace, article().replace("  gateway.name: mygw\n", ""))
    pod = kubernetes.await_pods(
        namespace,
        "app=mygw",
        lambda pod: any("CrashLoopBackOff" in str(each) for each in pod["status"].get("containerStatuses") or []),
    )
    # Of a run that has ended: the next one may have begun meanwhile, and said nothing yet.
    log = kubernetes.kubectl("logs", pod["metadata"]["name"], "--previous", "-n", namespace)
    assert "No valid authentication was configured for the configuration API" in log
    assert "gateway.name" in log


def test_a_tag_that_was_not_released_is_not_pulled(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    deploy(kubernetes, namespace, article("9.9.9"))
    kubernetes.await_event(namespace, "Failed", f'Failed to pull image "{IMAGE}9.9.9"')
