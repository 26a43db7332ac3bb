"""Which virtual hosts share an address, and which address a connection belongs to (httpd's vhost.c)."""

import ipaddress
from dataclasses import dataclass

from .config import VirtualHost

BUCKETS = 256  # IPHASH_TABLE_SIZE


@dataclass
class Chain:
    """The hosts of one address and port, in the order of the configuration.

    Attributes:
        address: '' for any.
        port: 0 for any.
        hosts: the first is the default; with more than one of them names decide.
    """

    address: str
    port: int
    hosts: list[VirtualHost]


def chains_of(hosts: list[VirtualHost]) -> list[Chain]:
    """Return the chains in httpd's order: addresses by their hash, those for any address last.

    httpd goes through the hosts from the last to the first, and puts what is new in front.
    """
    chains: dict[tuple[str, int], Chain] = {}
    for host in reversed(hosts):
        for address, port in dict.fromkeys(host.addresses):
            chain = chains.setdefault((address, port), Chain(address, port, []))
            chain.hosts.insert(0, host)
    ordered = list(reversed(chains.values()))
    exact = sorted((chain for chain in ordered if chain.address), key=lambda chain: _bucket(chain.address))
    return exact + [chain for chain in ordered if not chain.address]


def find_chain(chains: list[Chain], address: str, port: int) -> Chain | None:
    """Return the chain of a local address: the exact port before any, the address before any."""
    for wanted in ((address, port), (address, 0), ("", port), ("", 0)):
        for chain in chains:
            if (chain.address, chain.port) == wanted:
                return chain
    return None


def _bucket(address: str) -> int:
    """Return httpd's hash of an address (hash_inaddr)."""
    key = int.from_bytes(ipaddress.ip_address(address).packed[-4:], "little")
    key ^= key >> 16
    return ((key >> 8) ^ key) % BUCKETS
