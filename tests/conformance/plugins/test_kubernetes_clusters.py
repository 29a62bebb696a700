"""The stand-in for kubernetes: which change of the provider's own inputs means another cluster."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from .plugin import Plugin

HERE = {"server": "https://contoso-aks.example", "certificate-authority-data": "Zmlyc3Q="}
RENEWED = {**HERE, "certificate-authority-data": "c2Vjb25k"}
ELSEWHERE = {**HERE, "server": "https://other-aks.example"}


def kubeconfig(**clusters: dict[str, str]) -> str:
    """A kubeconfig whose contexts are named like its clusters; the first is current."""
    document = {
        "current-context": next(iter(clusters)),
        "clusters": [{"name": name, "cluster": cluster} for name, cluster in clusters.items()],
        "contexts": [{"name": name, "context": {"cluster": name, "user": "u"}} for name in clusters],
    }
    return json.dumps(document)


@pytest.mark.parametrize(
    ("old", "new", "replaced_by"),
    [
        # The whole entry counts, not its server alone.
        ({"kubeconfig": kubeconfig(a=HERE)}, {"kubeconfig": kubeconfig(a=RENEWED)}, ["kubeconfig"]),
        ({"kubeconfig": kubeconfig(a=HERE)}, {"kubeconfig": kubeconfig(a=ELSEWHERE)}, ["kubeconfig"]),
        ({"kubeconfig": kubeconfig(a=HERE)}, {"kubeconfig": kubeconfig(b=HERE)}, []),
        (
            {"kubeconfig": kubeconfig(a=HERE, b=ELSEWHERE)},
            {"kubeconfig": kubeconfig(a=HERE, b=ELSEWHERE), "context": "b"},
            ["context"],
        ),
        # Of an ambient kubeconfig nothing is known.
        ({"context": "a"}, {"context": "b"}, []),
        ({"context": "a"}, {"kubeconfig": kubeconfig(a=HERE)}, []),
        # An identifier says it instead; that there is one, or none any more, says nothing.
        (
            {"kubeconfig": kubeconfig(a=HERE), "clusterIdentifier": "contoso"},
            {"kubeconfig": kubeconfig(a=ELSEWHERE), "clusterIdentifier": "contoso"},
            [],
        ),
        (
            {"kubeconfig": kubeconfig(a=HERE), "clusterIdentifier": "contoso"},
            {"kubeconfig": kubeconfig(a=HERE), "clusterIdentifier": "other"},
            ["clusterIdentifier"],
        ),
        ({"kubeconfig": kubeconfig(a=HERE)}, {"kubeconfig": kubeconfig(a=HERE), "clusterIdentifier": "contoso"}, []),
        (
            {"kubeconfig": kubeconfig(a=HERE)},
            {"kubeconfig": kubeconfig(a=RENEWED), "clusterIdentifier": "contoso"},
            ["kubeconfig"],
        ),
    ],
)
def test_what_means_another_cluster(
    kubernetes_plugin: Plugin, old: dict[str, Any], new: dict[str, Any], replaced_by: list[str]
) -> None:
    assert kubernetes_plugin.diff_config(old, new) == replaced_by


def test_a_copy_of_the_kubeconfig_stays_in_the_temporary_folder(tmp_path: Path) -> None:
    # The released plugin makes it for Helm, in each process that is configured.
    key = "not~a.real_key"
    document = json.loads(kubeconfig(a={"server": "https://127.0.0.1:9"}))
    document["users"] = [{"name": "u", "user": {"token": key}}]
    plugin = Plugin("kubernetes", {"TMPDIR": str(tmp_path)})
    plugin.configure(kubeconfig=json.dumps(document))
    plugin.end()
    (left,) = tmp_path.iterdir()
    assert left.name.startswith("kubeconfig")
    assert stat.S_IMODE(left.stat().st_mode) == 0o600
    assert key in left.read_text()
