"""Second factors: their secrets are not in the database in the clear, and what was kept before is readable."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.exceptions import ImproperlyConfigured

from mingduan.people.models import User

pytestmark = pytest.mark.django_db
SECRET = "GEZDGNBVGY3TQOJQ"


def code() -> str:
    return format_hotp_value(hotp_value(SECRET, next(iter(yield_hotp_counters_from_time()))))


def test_the_secret_of_a_second_factor_is_sealed_and_its_codes_are_good() -> None:
    user = User.objects.create_user("a", name="甲")
    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    kept = [row.data for row in Authenticator.objects.all()]
    assert SECRET not in str(kept)
    assert all(str(data.get("secret") or data.get("seed")).startswith("sealed:") for data in kept)
    assert Authenticator.objects.get(type="totp").wrap().validate_code(code())


def test_a_secret_kept_before_it_was_sealed_is_readable() -> None:
    user = User.objects.create_user("a", name="甲")
    made = Authenticator.objects.create(user=user, type="totp", data={"secret": SECRET})
    assert made.wrap().validate_code(code())


def test_with_another_key_nothing_stands_in_for_the_secret(settings) -> None:
    made = TOTP.activate(User.objects.create_user("a", name="甲"), SECRET)
    settings.SECOND_FACTOR_KEY = "another"
    with pytest.raises(ImproperlyConfigured, match="MINGDUAN_MFA_KEY"):
        made.validate_code(code())
