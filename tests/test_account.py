"""The account that the campaign keeps of an axis finds a position that is wrong."""

import pytest

from tests.campaign.account import Account


def test_what_was_confirmed_counts():
    account = Account()
    account.about_to("position", 5.0, place=2000)
    account.confirmed("position")
    account.check(3000, 6.0, {})
    with pytest.raises(AssertionError, match=r"it says 3.0; expected one of \[6.0\]"):
        account.check(3000, 3.0, {})


@pytest.mark.parametrize("says", [2.0, 5.0])
def test_what_was_cut_short_may_or_may_not_have_happened(says):
    account = Account()
    account.about_to("position", 5.0, place=2000)
    account.check(2000, says, {})
    account.check(3000, says + 1, {})
    with pytest.raises(AssertionError):
        account.check(2000, 7.0 - says, {})


def test_a_sign_shows_only_when_it_has_moved():
    account = Account()
    account.about_to("sign", -1, place=2000)
    account.check(2000, 2.0, {})
    account.check(3000, 1.0, {})
    with pytest.raises(AssertionError):
        account.check(3000, 3.0, {})


def test_settings():
    account = Account()
    account.check(0, 0.0, {"velocity": 5.0})
    account.about_to("velocity", 7.0, place=0)
    account.check(0, 0.0, {"velocity": 5.0})
    with pytest.raises(AssertionError, match="velocity"):
        account.check(0, 0.0, {"velocity": 7.0})
