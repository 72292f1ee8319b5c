"""What holds for every model behind HTTP: where it is, its key, and that the key stays unseen."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from ..errors import AngelUnavailable

HIDDEN: Final = "[key]"


def check_address(url: str, name: str, *, has_key: bool) -> None:
    """Raises AngelUnavailable where `url` is none, or a key would be sent to it in clear."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise AngelUnavailable(
            f"{name}: the base URL {without_password(url)!r} is not http(s)://HOST"
        )
    if parts.scheme == "http" and has_key and not _is_loopback(parts.hostname):
        raise AngelUnavailable(
            f"{name}: {parts.hostname} is another machine, and over http:// everybody between "
            "could read the key; use https://"
        )


def without_password(url: str) -> str:
    """The URL as it may be shown."""
    head, at, host = url.rpartition("@")
    return f"{head.partition('://')[0]}://{host}" if at else url


def hide(text: str, secrets: Collection[str]) -> str:
    """`text` with each secret blotted out: a server's complaint may quote what it was sent."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, HIDDEN)
    return text


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
