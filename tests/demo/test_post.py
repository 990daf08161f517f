"""The demonstration's past notices: brought and read in their time, without a mail, a document or a moment's wait."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core import mail
from django.db.models import F

from mingduan.cases.models import Outbox
from mingduan.paper.models import Delivery, Printed
from mingduan.registry.papers import CertificatePaper


def test_past_notices_were_delivered_at_their_time_and_only_fresh_ones_wait(made: datetime) -> None:
    assert Delivery.objects.count() > 400
    assert not Delivery.objects.exclude(sent_at=F("notice__at")).exists()
    assert not Delivery.objects.filter(read_at__gt=made).exists()
    assert not Outbox.objects.filter(topic="notice", done_at=None, due__lt=made - timedelta(days=1)).exists()
    assert (len(mail.outbox), Printed.objects.count(), CertificatePaper.objects.count()) == (0, 0, 0)
