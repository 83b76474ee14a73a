"""What somebody known may do: by role, less for a session that ran out, and never all for a program."""

import pytest

from edge.config.pack_rights import shipped_rights
from edge.people.caller import By, Caller
from rules.model.ids import Actor
from rules.rights import ALWAYS, RIGHTS, ROLES, Right, RightsTable, Role


def rights(role: Role, by: By, *, lapsed: bool = False, proven: bool = True) -> set[Right]:
    caller = Caller(Actor("account:1"), role, by, lapsed, proven=proven)
    return {right for right in RIGHTS if caller.may(shipped_rights(), right)}


def of_role(role: Role) -> set[Right]:
    return {right for right in RIGHTS if shipped_rights().may(role, right)}


@pytest.mark.parametrize("role", ROLES)
def test_a_session_has_its_roles_rights(role: Role) -> None:
    assert rights(role, "session") == rights(role, "socket") == of_role(role)


@pytest.mark.parametrize("role", ROLES)
def test_a_session_by_password_alone_lacks_what_asks_for_more_and_a_program_and_the_socket_lack_nothing_by_it(
    role: Role,
) -> None:
    assert rights(role, "session", proven=False) == of_role(role) - shipped_rights().second_factor
    assert rights(role, "token", proven=False) == rights(role, "token")
    assert rights(role, "socket", proven=False) == of_role(role)


@pytest.mark.parametrize("proven", [True, False])
@pytest.mark.parametrize("role", ROLES)
def test_a_session_that_ran_out_starts_and_acknowledges_as_far_as_its_role_may(
    role: Role, proven: bool
) -> None:
    assert rights(role, "session", lapsed=True, proven=proven) == of_role(role) & ALWAYS


@pytest.mark.parametrize("role", ROLES)
def test_a_program_never_releases_and_never_changes_accounts_whatever_its_role(role: Role) -> None:
    assert rights(role, "token") == of_role(role) - {"release", "people", "configure", "speak"}


@pytest.mark.parametrize("right", RIGHTS)
def test_what_is_not_written_is_denied(right: Right) -> None:
    caller = Caller(Actor("account:1"), "administrator", "session")
    assert not caller.may(RightsTable(1, {}), right)
    assert not caller.could(RightsTable(1, {}), right)
