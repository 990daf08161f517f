"""The demonstration's past notices: brought and read in their time, without a mail, a document or a moment's wait."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.db.models import F

from mingduan import demo
from mingduan.cases.models import Outbox
from mingduan.paper.models import Delivery, Printed
from mingduan.procedure.period import TZ

pytestmark = pytest.mark.django_db


def test_past_notices_were_delivered_at_their_time_and_only_fresh_ones_wait() -> None:
    now = datetime(2026, 11, 25, 10, tzinfo=TZ)
    demo.make(now)
    assert Delivery.objects.count() > 400
    assert not Delivery.objects.exclude(sent_at=F("notice__at")).exists()
    assert not Delivery.objects.filter(read_at__gt=now).exists()
    assert not Outbox.objects.filter(topic="notice", done_at=None, due__lt=now - timedelta(days=1)).exists()
    assert (len(mail.outbox), Printed.objects.count()) == (0, 0)
