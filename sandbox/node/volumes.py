"""A pod's volumes: folders, filled from the API, that stand in the containers' root folders where they are mounted."""

import base64
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from . import KubernetesObject

Read = Callable[[str, str], Awaitable[KubernetesObject | None]]
RequestToken = Callable[[dict[str, Any]], Awaitable[str]]
"""Asks for a token of the pod's service account, for a projected source's audience and life time."""
Downward = Callable[[dict[str, Any]], str]
"""What an item of the downward API gives."""

SERVICE_ACCOUNT_TOKEN_SECONDS = 3600


class VolumeError(Exception):
    """A volume cannot be set up; the message is kubelet's."""


def texts(source: KubernetesObject) -> dict[str, str]:
    """The data of a ConfigMap, without its binary data, or of a Secret, as environment variables have it."""
    if source.get("kind") == "Secret":
        return {key: value.decode(errors="replace") for key, value in contents(source).items()}
    return dict(source.get("data") or {})


def contents(source: KubernetesObject) -> dict[str, bytes]:
    """The data of a ConfigMap or Secret, its binary data included."""
    if source.get("kind") == "Secret":
        return {key: base64.b64decode(value) for key, value in (source.get("data") or {}).items()}
    plain = {key: value.encode() for key, value in (source.get("data") or {}).items()}
    return plain | {key: base64.b64decode(value) for key, value in (source.get("binaryData") or {}).items()}


class Volumes:
    """The volumes of one pod."""

    def __init__(self, folder: Path, claims: Path, read: Read, request_token: RequestToken, downward: Downward) -> None:
        self._folder = folder
        self._claims = claims
        self._read = read
        self._request_token = request_token
        self._downward = downward

    async def fill(self, pod: KubernetesObject) -> None:
        """Makes each volume's folder with what is in it now.

        Raises:
            VolumeError: a volume's source is missing, or its kind is not played here.
        """
        for volume in pod["spec"].get("volumes") or []:
            folder = self._folder / volume["name"]
            if "emptyDir" in volume:
                folder.mkdir(parents=True, exist_ok=True)
                continue
            try:
                if "persistentVolumeClaim" in volume:
                    await self._lead_to_claim(folder, volume["persistentVolumeClaim"]["claimName"])
                    continue
                files = await self._files(volume)
            except VolumeError as error:
                raise VolumeError(f'MountVolume.SetUp failed for volume "{volume["name"]}" : {error}') from None
            write_files(folder, files)

    async def _lead_to_claim(self, folder: Path, name: str) -> None:
        """Makes the volume that a claim is bound to, once, whatever its kind; it stays when the pod is gone."""
        claim = await self._read("PersistentVolumeClaim", name)
        if claim is None:
            raise VolumeError(f'persistentvolumeclaim "{name}" not found')
        bound = claim["spec"].get("volumeName")
        if not bound:
            raise VolumeError(f"PersistentVolumeClaim is not bound: {name}")
        kept = self._claims / bound
        kept.mkdir(parents=True, exist_ok=True)
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not folder.is_symlink():
            folder.symlink_to(kept)

    async def _files(self, volume: dict[str, Any]) -> dict[str, bytes]:
        if "configMap" in volume:
            return await self._of_object("ConfigMap", volume["configMap"], volume["configMap"]["name"])
        if "secret" in volume:
            return await self._of_object("Secret", volume["secret"], volume["secret"]["secretName"])
        if "projected" in volume:
            files: dict[str, bytes] = {}
            for source in volume["projected"].get("sources") or []:
                files |= await self._of_projection(source)
            return files
        if "downwardAPI" in volume:
            return self._of_fields(volume["downwardAPI"])
        kind = next((key for key in volume if key != "name"), "")
        raise VolumeError(f"the sandbox's node does not play {kind} volumes")

    async def _of_projection(self, source: dict[str, Any]) -> dict[str, bytes]:
        if "configMap" in source:
            return await self._of_object("ConfigMap", source["configMap"], source["configMap"]["name"])
        if "secret" in source:
            return await self._of_object("Secret", source["secret"], source["secret"]["name"])
        if "downwardAPI" in source:
            return self._of_fields(source["downwardAPI"])
        if "serviceAccountToken" in source:
            token = source["serviceAccountToken"]
            return {token["path"]: (await self._request_token(token)).encode()}
        raise VolumeError(f"the sandbox's node does not project {', '.join(source)}")

    def _of_fields(self, source: dict[str, Any]) -> dict[str, bytes]:
        return {item["path"]: self._downward(item).encode() for item in source.get("items") or []}

    async def _of_object(self, kind: str, source: dict[str, Any], name: str) -> dict[str, bytes]:
        found = await self._read(kind, name)
        if found is None:
            if source.get("optional"):
                return {}
            raise VolumeError(f'{kind.lower()} "{name}" not found')
        data = contents(found)
        if "items" not in source:
            return data
        missing = [item["key"] for item in source["items"] if item["key"] not in data]
        if missing and not source.get("optional"):
            raise VolumeError(
                f"references non-existent {'config' if kind == 'ConfigMap' else 'secret'} key: {missing[0]}"
            )
        return {item["path"]: data[item["key"]] for item in source["items"] if item["key"] in data}

    def mount(self, container: KubernetesObject, root: Path) -> None:
        """Puts the volumes of a container where it mounts them."""
        mounts = container.get("volumeMounts") or []
        for mount in sorted(mounts, key=lambda mount: len(Path(mount["mountPath"]).parts)):
            target = root / mount["mountPath"].lstrip("/")
            source = self._folder / mount["name"] / (mount.get("subPath") or "")
            if not source.exists():
                source.mkdir(parents=True)  # a `subPath` that is not there becomes a folder
            if target.is_dir() and not target.is_symlink():
                shutil.rmtree(target)  # a mount hides what the image has there
            target.unlink(missing_ok=True)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(source)


def write_files(folder: Path, files: dict[str, bytes]) -> None:
    """Makes a folder hold those files and no others, each replaced in one step, readable to their owner only."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, content in files.items():
        path = folder / name
        if path.exists() and path.read_bytes() == content:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
        new.replace(path)
    for path in folder.rglob("*"):
        if path.is_file() and str(path.relative_to(folder)) not in files:
            path.unlink()
