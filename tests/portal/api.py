"""HTTP to our own servers, and calls of CKAN's API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from tests.portal.account import PortalError


class RefusedError(PortalError):
    """The portal answered an API call with an error: `status`, and what it said."""

    def __init__(self, action: str, status: int, error: Any) -> None:
        super().__init__(f"{action}: {status} {error}")
        self.status = status
        self.error = error


def call(url: str, action: str, payload: Mapping[str, Any] | None = None, token: str | None = None) -> Any:
    """The result of an action, called by the token's owner or anonymously. Raises RefusedError, httpx.HTTPError."""
    headers = {"Authorization": token} if token else {}
    answer = ask(f"{url}/api/3/action/{action}", 120, json=dict(payload or {}), headers=headers)
    try:
        said = answer.json()
    except ValueError:
        raise RefusedError(action, answer.status_code, answer.text[:2000]) from None
    if not answer.is_success:
        raise RefusedError(action, answer.status_code, said["error"] if isinstance(said, dict) else said)
    return said["result"]


def answers(address: str) -> bool:
    """Whether there is a good answer, within five seconds."""
    try:
        return ask(address, 5).is_success
    except httpx.HTTPError:
        return False


def ask(address: str, timeout: float, **said: Any) -> httpx.Response:
    """POST, or GET when there is nothing to say. Raises httpx.HTTPError."""
    # no proxy, and no certificates, which take longer to load than most answers
    return httpx.request("POST" if said else "GET", address, timeout=timeout, trust_env=False, verify=False, **said)
