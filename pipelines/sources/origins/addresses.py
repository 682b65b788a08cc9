"""Which network addresses a source may be fetched from: those of the open internet, and inner ones allowed by name.

Fetching from them is in `url.py`.
"""

from __future__ import annotations

import ipaddress
import os
import socket

from pipelines.findings import Place
from pipelines.sources.refusal import refused

INNER_HOSTS = "PUBLICA_INNER_HOSTS"  # names that may be inner addresses and have any port, with commas between
_TRANSLATED = [  # IPv6 that hides an IPv4 address: what is reached cannot be seen in it
    ipaddress.ip_network(network)
    for network in ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16")
]
_PORTS = (80, 443)


def allowed_addresses(host: str, port: int, place: Place) -> list[str]:
    """The addresses of `host`, resolved once; connect to these and to no other. Raises UserError."""
    trusted = host.lower() in _inner_hosts()
    if port not in _PORTS and not trusted:
        raise refused("url-port", place, host=host, port=port, variable=INNER_HOSTS)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise refused("url-host-unknown", place, host=host) from None
    addresses = list(dict.fromkeys(str(address[4][0]) for address in found))
    # One inner address among open ones is no accident: such a name is refused as a whole.
    if not trusted and any(not is_open(address) for address in addresses):
        raise refused("url-inner", place, host=host, variable=INNER_HOSTS)
    return addresses


def is_open(address: str) -> bool:
    """True for an address of the open internet, and only for one."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address) and (ip.scope_id or ip.is_site_local or any(ip in n for n in _TRANSLATED)):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _inner_hosts() -> set[str]:
    return {name.strip().lower() for name in os.environ.get(INNER_HOSTS, "").split(",")} - {""}
