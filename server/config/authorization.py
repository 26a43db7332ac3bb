"""Who may have something: Require and the sections around it (mod_authz_core, mod_authz_host)."""

import ipaddress
from dataclasses import dataclass

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Condition:
    """One ``Require``; of several words one is enough.

    Attributes:
        kind: all, ip, local or method.
        values: what stands behind it, in a form that can be compared.
        negated: ``Require not``.
    """

    kind: str
    values: tuple[str | Network, ...]
    negated: bool = False

    def holds(self, client: str, local: str, method: bytes) -> bool:
        """Whether it is true of a request, its negation left aside."""
        if self.kind == "all":
            return self.values == ("granted",)
        if self.kind == "method":
            return method.decode("latin-1") in self.values
        address = _address(client)
        if self.kind == "local":
            return address.is_loopback or client == local
        return any(not isinstance(value, str) and address in value for value in self.values)


@dataclass(frozen=True)
class Authorization:
    """Conditions, and how they are put together.

    Attributes:
        how: any, all or none, as ``<RequireAny>``, ``<RequireAll>`` and ``<RequireNone>``.
        parts: conditions and further groups, in their order.
    """

    how: str
    parts: "tuple[Condition | Authorization, ...]"

    def allows(self, client: str, method: bytes, local: str = "") -> bool:
        """Whether a request may have it.

        Args:
            client: the address of the client's end.
            method: of the request.
            local: the address of our end.
        """
        return self._result(client, local, method) is True

    def _result(self, client: str, local: str, method: bytes) -> bool | None:
        """Return granted, denied, or None for neutral (mod_authz_core's apply_authz_sections)."""
        results = [_result_of(part, client, local, method) for part in self.parts]
        if self.how == "none":
            return False if True in results else None
        if self.how == "all":
            return False if False in results else (True if True in results else None)
        return True if True in results else (False if False in results else None)


def _result_of(part: "Condition | Authorization", client: str, local: str, method: bytes) -> bool | None:
    if isinstance(part, Authorization):
        return part._result(client, local, method)  # noqa: SLF001  of the same class
    holds = part.holds(client, local, method)
    if part.negated:
        return False if holds else None
    return holds


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return an address; an IPv4 client of an IPv6 socket is an IPv4 client."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
