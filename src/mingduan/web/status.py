"""How the installation stands, for its administrator: what runs, what waits, what fails, what is still as it came."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mingduan.cases import catalogue, condition
from mingduan.complaints.models import Mailbox
from mingduan.config import clock, pulse
from mingduan.people.models import User
from mingduan.procedure.text import Text

SILENT = timedelta(minutes=2)  # without a sign of the worker
BACKUP_EVERY = VERIFY_EVERY = timedelta(days=2)
SLOW = timedelta(minutes=10)  # for work that is due
LITTLE_ROOM = 0.1  # of a disk


@dataclass(frozen=True, slots=True)
class Line:
    """One thing: its name, how it stands (good, warn, bad), what is said of it, and what to do about it when it is not good."""

    name: Text
    standing: str
    said: Text
    todo: Text | None = None
    at: datetime | None = None


@login_required
@never_cache
@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """The page."""
    if not (isinstance(request.user, User) and request.user.is_staff):
        raise Http404
    now = clock.now()
    lines = [*_running(now), *_kept(now)]
    order = {"bad": 0, "warn": 1, "good": 2}
    return render(request, "web/status.html", {
        "lines": sorted(lines, key=lambda line: order[line.standing]), "bad": sum(x.standing == "bad" for x in lines),
        "warn": sum(x.standing == "warn" for x in lines), "waiting": condition.waiting(), "owed": condition.owed(now), "cases": condition.running(),
        "as_it_came": list(_as_it_came()), "version": version("mingduan"), "database": connection.display_name,
        "books": len(catalogue.in_force()), "mailboxes": Mailbox.objects.filter(active=True).exclude(error=""),
    })  # fmt: skip


def _running(now: datetime) -> Iterator[Line]:
    yield _worker(now)
    late = condition.overdue_work(now)
    minutes = int(late.total_seconds() // 60)
    hours = minutes // 60
    zh, en = (f"{hours} 小时", f"{hours} h") if hours else (f"{minutes} 分钟", f"{minutes} min")
    yield Line(
        Text(zh="到期未做的对外工作", en="Work due and not done"), "bad" if late > SLOW else "good",
        Text(zh=f"最早一项已等待 {zh}" if minutes else "没有积压", en=f"the first has waited {en}" if minutes else "none"),
        Text(zh="看下表是哪一类；若各类都在等，先看后台。", en="See below of which kind it is; when all kinds wait, look at the worker first."),
    )  # fmt: skip
    room = shutil.disk_usage(settings.HOME)
    free = room.free / room.total
    yield Line(
        Text(zh="数据目录所在磁盘", en="The disk of the home"), "bad" if free < LITTLE_ROOM / 2 else "warn" if free < LITTLE_ROOM else "good",
        Text(zh=f"剩余 {room.free / 2**30:.1f} GB（{free:.0%}）", en=f"{room.free / 2**30:.1f} GB left ({free:.0%})"),
        Text(zh="腾出空间或扩容：磁盘写满时，办理会被拒绝，不会丢失已办事项。", en="Make room: when it is full acts are refused, and none that was done is lost."),
    )  # fmt: skip


def _worker(now: datetime) -> Line:
    """The worker's last sign, and what failed in that round."""
    name, last = Text(zh="后台", en="The worker"), pulse.last_round()
    start = Text(zh="启动后台：mingduan worker。停着时，期限不提醒、通知不送出。", en="Start it: mingduan worker. While it stands still nobody is reminded and nothing is sent.")  # fmt: skip
    if last is None:
        return Line(name, "bad", Text(zh="没有见到过", en="was never seen"), start)
    if now - last.at > SILENT:
        return Line(name, "bad", Text(zh="没有动静", en="gives no sign"), start, last.at)
    if last.failed:
        what = "、".join(last.failed)
        return Line(name, "warn", Text(zh=f"在运行（{last.machine}），但这些任务失败：{what}", en=f"runs ({last.machine}), but these fail: {', '.join(last.failed)}"), Text(zh="原因在后台的日志里；下一轮会再试。", en="Its log says why; it tries again in the next round."), last.at)  # fmt: skip
    return Line(name, "good", Text(zh=f"在运行（{last.machine}）", en=f"runs ({last.machine})"), None, last.at)


def _kept(now: datetime) -> Iterator[Line]:
    """What keeps the store from being lost or changed unseen."""
    yield _done("backup", Text(zh="备份", en="Backup"), BACKUP_EVERY, now, Text(zh="mingduan backup 文件：每天一次，存到另一台机器。", en="mingduan backup FILE: daily, kept on another machine."))  # fmt: skip
    yield _done("verify", Text(zh="核验", en="Verification"), VERIFY_EVERY, now, Text(zh="mingduan audit verify：每天一次。发现问题时先保留现场，再从备份比对。", en="mingduan audit verify: daily. When it finds something keep all as it is, then compare with a backup."))  # fmt: skip
    last = condition.last_checkpoint()
    fresh = last is not None and now - last.at < BACKUP_EVERY
    yield Line(
        Text(zh="检查点", en="Checkpoint"), "good" if fresh else "warn",
        Text(zh=f"第 {last.number} 号", en=f"No. {last.number}") if last else Text(zh="还没有", en="none yet"),
        Text(zh="后台每天签一份；没有新的，看后台是否在运行。", en="The worker signs one a day; where none comes, see whether it runs."),
        last.at if last else None,
    )  # fmt: skip


def _done(what: str, name: Text, every: timedelta, now: datetime, todo: Text) -> Line:
    last = pulse.last_done(what)
    if last is None:
        return Line(name, "warn", Text(zh="没有记录", en="none on record"), todo)
    at, well = last
    if not well:
        return Line(name, "bad", Text(zh="最近一次有问题", en="the last one found a fault"), todo, at)
    old = now - at > every
    return Line(name, "warn" if old else "good", Text(zh="已久未做", en="long ago") if old else Text(zh="正常", en="well"), todo, at)  # fmt: skip


def _as_it_came() -> Iterator[tuple[str, Text]]:
    """What is still set as it comes, which is right for trying out and not for use: the variable, and what it means."""
    found = {
        "MINGDUAN_HTTPS": (not settings.SESSION_COOKIE_SECURE, Text(zh="没有启用 HTTPS", en="no HTTPS")),
        "MINGDUAN_SMTP_HOST": (not settings.EMAIL_HOST, Text(zh="邮件写到文件里，没有寄出", en="mail is written to files, not sent")),
        "MINGDUAN_SMS_BACKEND": (settings.SMS_BACKEND.endswith("FileBackend"), Text(zh="短信写到文件里，没有发出", en="text messages are written to files, not sent")),
        "MINGDUAN_SCANNER": (not settings.SCANNER, Text(zh="上传的文件没有查毒", en="uploads are not scanned for viruses")),
        "MINGDUAN_SIGNER": (settings.SIGNER["kind"] == "test-ca", Text(zh="证书由测试机构签名，外人不会信任", en="certificates are signed by a test authority that nobody trusts")),
        "MINGDUAN_TSA_URL": (not settings.TIME_STAMPER, Text(zh="检查点没有可信时间戳", en="checkpoints bear no trusted time")),
        "MINGDUAN_REQUIRE_MFA": (not settings.REQUIRE_SECOND_FACTOR, Text(zh="任职人员可以不用两步验证", en="officers may do without a second factor")),
        "MINGDUAN_METRICS_TOKEN": (not settings.METRICS_TOKEN, Text(zh="监控系统读不到指标", en="no monitoring can read the figures")),
        "MINGDUAN_DEBUG": (settings.DEBUG, Text(zh="调试开着：出错时会露出内部信息", en="debugging is on: errors show the inside")),
        "DATABASE_URL": (connection.vendor == "sqlite", Text(zh="用的是内置的 SQLite：一台机器够用，多台请用 PostgreSQL", en="the embedded SQLite: enough for one machine; use PostgreSQL for several")),
    }  # fmt: skip
    yield from ((name, words) for name, (is_so, words) in found.items() if is_so)
