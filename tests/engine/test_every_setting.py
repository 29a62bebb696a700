"""Stacks that together set every setting of the Kubernetes objects deploy, and no check finds drift in them."""

import copy

from ..every_setting import EVERYTHING, LEAST
from .sandbox import Stack, sandbox_config, sandbox_gateway


def test_gateways_with_every_setting_serve_without_drift_and_leave_nothing_behind(stack: Stack) -> None:
    own = {"createGatewayResource": True, "locationName": "contoso branch"}
    everything = {
        **copy.deepcopy(EVERYTHING),
        "instanceDiscovery": {"heartbeatPort": 5291, "synchronizationPort": 5290},
    }
    gateways = [sandbox_gateway(**everything), sandbox_gateway(name="least", **own, **copy.deepcopy(LEAST))]
    stack.configure(sandbox_config(gateways=gateways))
    stack.up().ok()
    stack.check_drift().ok()
    assert stack.ops("drift", identity="reader").ok().output.startswith("No drift")
    stack.preview("--expect-no-changes").ok()

    stack.pulumi("refresh", "--yes", "--skip-preview").ok()
    assert stack.ops("drift", identity="reader").ok().output.startswith("No drift")
    stack.preview("--expect-no-changes").ok()
    stack.up("--refresh").ok()
    assert stack.ops("drift", identity="reader").ok().output.startswith("No drift")
    stack.ops("verify", identity="reader").ok()

    stack.destroy().ok()
    kinds = "configmaps,secrets,services,deployments,serviceaccounts,poddisruptionbudgets,horizontalpodautoscalers"
    left = stack.sandbox.kubectl("get", kinds, "-l", "app in (mygw, least)", "-o", "name").ok().output
    assert left.strip() == ""
