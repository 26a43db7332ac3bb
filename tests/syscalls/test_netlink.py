"""Netlink's tables: they name types that there are, and their form is looked at."""

import pytest

from tracekit.syscalls import Content, constants, netlink_tables
from tracekit.syscalls.netlink import _read


@pytest.mark.parametrize("name", netlink_tables())
def test_keys_are_of_the_tables_constants(name: str) -> None:
    table = netlink_tables()[name]
    if table.keys == "text":
        assert all(isinstance(key, str) for key in table.rows)
    else:
        assert set(table.rows) <= {*constants(table.keys).names, -1}


def test_a_row_says_what_stands_in_several_types() -> None:
    table = _read("[ifa]", "IFA_ADDRESS IFA_LOCAL : address", "IFA_FLAGS : headed(ifa_flags,4)")
    assert table.content(1) == table.content(2) == Content("address")
    assert table.content(8) == Content("headed", ("ifa_flags", "4"))
    assert table.content(3) is None


def test_a_star_stands_for_every_other_key() -> None:
    table = _read("[x address_family]", "AF_BRIDGE : u8", "* : u16")
    assert (table.content(7), table.content(2)) == (Content("u8"), Content("u16"))


@pytest.mark.parametrize("rows", [("ifa",), ("[ifa]", "IFA_ADDRESS : address(")])
def test_another_form_is_an_error(rows: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="netlink"):
        _read(*rows)


def test_a_type_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        _read("[ifa]", "IFA_NOTHING : u8")
