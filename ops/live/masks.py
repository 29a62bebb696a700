"""What a report leaves out that is pasted where everybody reads it: secrets, ids, hosts, accounts."""

import base64
import re
import urllib.parse
from collections.abc import Iterable
from pathlib import Path

from ..azure.clouds import CLOUDS
from ..report.masking import mask
from ..report.values import SECRET

_SHORTEST_SECRET = 4
_GUID = re.compile(r"(?<![0-9a-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])", re.IGNORECASE)
# Azure's messages have some ids without dashes; a commit is longer.
_BARE_GUID = re.compile(r"(?<![0-9a-z])[0-9a-f]{32}(?![0-9a-z])", re.IGNORECASE)
_URL_HOST = re.compile(r"(?P<scheme>\b[a-z][a-z0-9+]*://)(?:[^\s/@`'\"|]*@)?(?P<host>[^\s/?#`'\"|)\],;]+)")
_AZURE_HOST = re.compile(
    r"(?<![\w.-])[\w-]+(?:\.[\w-]+)*\."
    r"(?:azure-api\.(?:net|us|cn)|azmk8s\.(?:io|us)|(?:windows|usgovcloudapi|chinacloudapi)\.(?:net|cn)|onmicrosoft\.\w+"
    r"|cloudapp\.(?:azure\.com|\w+\.\w+)|azurecr\.(?:io|us|cn)|azure\.(?:net|us|cn))(?![\w-])(?::\d+)?",
    re.IGNORECASE,
)
_LOOKED_UP = re.compile(r"(?<=\blookup )[\w.-]+")
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?![\w.]*\d)")
_IPV6 = re.compile(r"\[[0-9a-f]*:[0-9a-f:]+\](?::\d+)?|(?<![\w:])(?:[0-9a-f]{1,4}:){4,7}:?[0-9a-f]{0,4}(?![\w:])")
_ACCOUNT = re.compile(r"(?<![\w.+-])[\w.+-]+@(?!v?\d|sha\d)[\w-]+(?:\.[\w-]+)*")
# Everybody's: they tell nothing, and a message is not understood without them.
_PUBLIC = {
    *(address.removeprefix("https://") for cloud in CLOUDS.values() for address in vars(cloud).values()),
    "aka.ms", "azure-api.cn", "azure-api.net", "azure-api.us", "learn.microsoft.com", "mcr.microsoft.com",
    "sts.windows.net", "www.pulumi.com",
}  # fmt: skip
HOST = "[host]"


class Masks:
    """Leaves out what it was told of, and what looks like an id, a host or an account."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()
        self._names: dict[str, str] = {}
        self._ids: dict[str, str] = {}

    def add_secrets(self, secrets: Iterable[str]) -> None:
        """Secrets, which are left out encoded, too."""
        for secret in secrets:
            if len(secret) >= _SHORTEST_SECRET:
                encoded = base64.b64encode(secret.encode()).decode()
                self._secrets |= {secret, encoded, urllib.parse.quote(secret, safe="")}

    def add_name(self, name: str, instead: str) -> None:
        """A name that is replaced wherever it stands, whatever its case."""
        if name:
            self._names[name] = instead

    def add_id(self, id_: str, instead: str) -> None:
        """An id that gets a name of its own; others are numbered."""
        if id_:
            self._ids[_plain(id_)] = instead

    def __call__(self, text: str) -> str:
        """A text without all of it."""
        text = mask(text)
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, SECRET)
        for name in sorted(self._names, key=len, reverse=True):
            text = re.sub(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", self._names[name], text, flags=re.IGNORECASE)
        text = _GUID.sub(self._id, text)
        text = _BARE_GUID.sub(self._id, text)
        text = _URL_HOST.sub(_url, text)
        text = _AZURE_HOST.sub(_azure_host, text)
        text = _ACCOUNT.sub("[account]", text)
        text = _LOOKED_UP.sub(HOST, text)
        text = _IPV6.sub("[address]", _IPV4.sub("[address]", text))
        home = str(Path.home())
        return text.replace(f"{home}/", "~/") if len(home) > 1 else text

    def _id(self, match: re.Match[str]) -> str:
        id_ = _plain(match[0])
        if id_ not in self._ids:
            self._ids[id_] = f"[id {len([name for name in self._ids.values() if name.startswith('[id ')]) + 1}]"
        return self._ids[id_]


def _plain(id_: str) -> str:
    return id_.replace("-", "").lower()


def _url(match: re.Match[str]) -> str:
    host = match["host"]
    return f"{match['scheme']}{host if host.lower() in _PUBLIC or host.startswith('[') else HOST}"


def _azure_host(match: re.Match[str]) -> str:
    return match[0] if match[0].lower() in _PUBLIC else HOST
