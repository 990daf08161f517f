"""How long 1,000 certificates take to be typeset, signed and packed, in a home and a database of their own."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from datetime import UTC, date, datetime

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
AT = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)


def main() -> None:
    """Make them, tell the figures."""
    from django.core.management import call_command

    from mingduan.people.models import Organisation
    from mingduan.registry import batch
    from mingduan.registry.models import Certificate

    call_command("migrate", verbosity=0)
    holders = Organisation.objects.bulk_create(
        Organisation(name=f"第{n}通信技术服务有限公司", kind="enterprise") for n in range(COUNT)
    )
    made = Certificate.objects.bulk_create(
        Certificate(
            number=f"2026ZH{n % 10_000:04}JR0", holder=h, holder_name=h.name, holder_address=f"浙江省杭州市文三路{n}号", specialty="ZH", grade="J",
            issued_on=date(2026, 11, 24), valid_until=date(2029, 11, 23), auditing_body="安信认证有限公司", evaluating_body="运维服务企业资质评定中心",
            approving_body="中国通信企业协会", case_number="Q", seq=n,
        )
        for n, h in enumerate(holders)
    )  # fmt: skip
    job = batch.begin("基准", made, AT)
    began = time.perf_counter()
    for now in batch.resume(job, AT):
        done = now
    took = time.perf_counter() - began
    size = batch.archive(job).stat().st_size
    print(f"{done.made} certificates typeset, signed and packed in {took:.1f} s: {took / COUNT * 1000:.0f} ms each, archive {size / 2**20:.0f} MiB")  # fmt: skip
    assert done == batch.Progress(COUNT, COUNT, 0, True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"MINGDUAN_HOME": home, "DJANGO_SETTINGS_MODULE": "mingduan.config.settings"}
        import django

        django.setup()
        main()
