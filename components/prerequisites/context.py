"""The context of the kubeconfig: the Kubernetes provider takes a missing one for a cluster that does not answer."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from components.config.keys import PROJECT
from components.config.models.cluster import ClusterSettings


def context_problems(cluster: ClusterSettings | None) -> Iterator[str]:
    """What keeps `cluster.context` from being found in the kubeconfig, as KUBECONFIG names it."""
    if cluster is None or cluster.context is None:
        return
    key = f"{PROJECT}:cluster.context"
    files = [Path(name) for name in os.environ.get("KUBECONFIG", "").split(os.pathsep) if name]
    files = files or [Path.home() / ".kube" / "config"]
    named = os.pathsep.join(str(file) for file in files)
    contexts: list[str] = []
    for file in files:
        try:
            contexts += _contexts(file)
        except (OSError, ValueError, yaml.YAMLError) as error:
            yield f"{key}: the kubeconfig {file} can't be read: {' '.join(str(error).split())}"
            return
    if cluster.context not in contexts:
        known = f"it has {', '.join(sorted(set(contexts)))}" if contexts else "it has none"
        yield f"{key}: the kubeconfig ({named}) has no context '{cluster.context}'; {known}."


def _contexts(file: Path) -> list[str]:
    """Names of the contexts in one file; none where there is no such file, as kubectl reads it."""
    if not file.exists():
        return []
    document: Any = yaml.safe_load(file.read_text()) or {}
    if not isinstance(document, dict):
        raise ValueError("expected a mapping")
    return [
        str(entry["name"]) for entry in document.get("contexts") or [] if isinstance(entry, dict) and "name" in entry
    ]
