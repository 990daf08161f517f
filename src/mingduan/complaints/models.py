"""What the complaint desk keeps beside the cases: how files are laid out, the story of each file brought, weekly hot spots,
letters that came.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.db import models

from mingduan.cases.models import Case
from mingduan.cases.taking import FileJob, RowFault
from mingduan.people.spoken import both
from mingduan.procedure.text import Text

from .post.vouching import Vouched


class KeptLayout(models.Model):
    """The mapping last used by a body for files with the same headings."""

    body = models.CharField("机构", max_length=40)
    headings = models.CharField("标题的散列", max_length=64)
    mapping = models.JSONField("对照")
    at = models.DateTimeField("时间")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["body", "headings"], name="layout_once")]


class TicketFile(FileJob):
    """A file of tickets of another system, and how its columns are read."""

    body = models.CharField("机构", max_length=40)
    mapping = models.JSONField("对照", default=dict)
    begun = models.BooleanField("已开始", default=False)


class TicketFault(RowFault):
    """One thing that is wrong with one row."""

    of = models.ForeignKey(TicketFile, models.CASCADE, related_name="faults")


class HotSpotReport(models.Model):
    """Where and when a body had more complaints than chance would bring, as found for a week and never changed. Complaints that
    are taken in later are in a new `version`, which an officer asks for; the former ones stay.
    """

    body = models.CharField("机构", max_length=40)
    week = models.DateField("周一")
    version = models.PositiveIntegerField("版次", default=1)
    first = models.DateField("所看期间自")
    made_at = models.DateTimeField("生成时间")
    complaints = models.PositiveIntegerField("有位置的投诉")
    shuffles = models.PositiveIntegerField("随机次数")
    cells = models.JSONField("各网格件数", help_text="本周各网格的投诉件数")

    class Meta:
        ordering = ["-week", "-version"]
        constraints = [models.UniqueConstraint(fields=["body", "week", "version"], name="hot_spots_once")]

    @property
    def last(self) -> date:
        """The Sunday of the week."""
        return self.week + timedelta(days=6)


class FoundHotSpot(models.Model):
    """One hot spot of a report, strongest first; `case` is the improvement it led to."""

    of = models.ForeignKey(HotSpotReport, models.CASCADE, related_name="spots")
    rank = models.PositiveIntegerField("序号")
    cells = models.JSONField("网格")
    places = models.JSONField("地点")
    since = models.DateField("自")
    until = models.DateField("至")
    observed = models.PositiveIntegerField("件数")
    expected = models.FloatField("偶然情况下应有件数")
    p = models.FloatField("偶然出现的概率")
    case = models.CharField("改进事项", max_length=40, blank=True)

    class Meta:
        ordering = ["of", "rank"]
        constraints = [models.UniqueConstraint(fields=["of", "rank"], name="spot_once")]

    @property
    def ratio(self) -> float:
        """How many times as many as expected."""
        return self.observed / self.expected


class Training(models.Model):
    """What came of learning a body's model on a day; `accuracy` is None while there is too little to learn from."""

    body = models.CharField("机构", max_length=40, db_index=True)
    at = models.DateTimeField("时间")
    cases = models.PositiveIntegerField("案件数")
    classes = models.PositiveIntegerField("类别数")
    accuracy = models.FloatField("交叉验证准确率", null=True)
    baseline = models.FloatField("总选最多类的准确率", null=True)


class Mailbox(models.Model):
    """Where a body's mail is fetched, and how that went last. A body without one is read from a folder of the home."""

    class Kind(models.TextChoices):
        FOLDER = "folder", both("文件夹", "Folder of the home")
        IMAP = "imap", "IMAP"

    class Security(models.TextChoices):
        TLS = "tls", "TLS"
        STARTTLS = "starttls", "STARTTLS"
        NONE = "none", both("不加密，仅限本机", "None, this machine only")

    body = models.CharField(both("机构", "Body"), max_length=40, unique=True)
    kind = models.CharField(both("种类", "Kind"), max_length=10, choices=Kind.choices, default=Kind.FOLDER)
    address = models.EmailField(
        both("邮箱地址", "Address"),
        blank=True,
        help_text=both(
            "回信寄到这里；我们自己的来信凭它认出", "Replies go here, and letters of our own are known by it"
        ),
    )
    host = models.CharField(both("服务器", "Server"), max_length=200, blank=True)
    port = models.PositiveIntegerField(both("端口", "Port"), default=993)
    security = models.CharField(
        both("加密", "Encryption"), max_length=10, choices=Security.choices, default=Security.TLS
    )
    user = models.CharField(both("用户名", "User"), max_length=200, blank=True)
    password = models.CharField(both("口令", "Password"), max_length=600, blank=True, help_text=both("封存", "Sealed"))
    folder = models.CharField(both("收件文件夹", "Folder of what comes in"), max_length=100, default="INBOX")
    done_folder = models.CharField(
        both("已收文件夹", "Folder of what was taken"),
        max_length=100,
        blank=True,
        help_text=both("留空则只标为已读", "Left empty, it is only marked as read"),
    )
    since = models.DateField(
        both("只收此日起的来信", "Only letters from this day on"),
        null=True,
        blank=True,
        help_text=both("接入已有邮件的邮箱时，旧邮件不立案", "Where the mailbox holds old mail, that opens no case"),
    )
    trusted = models.CharField(
        both("可信的验证服务器", "Trusted to vouch for senders"),
        max_length=300,
        blank=True,
        help_text=both(
            "收信服务器写在 Authentication-Results 里的名称（RFC 8601 authserv-id），多个用逗号分开；它必须删去外来的同名结果。留空则谁的验证都不信，凭地址和编号的来信由受理台核对",
            "The name it gives itself in Authentication-Results (RFC 8601 authserv-id), several by commas; it must take out such results that came from outside. Left empty nobody is believed, and letters with an address and number only wait for the desk",
        ),
    )
    active = models.BooleanField(both("收信", "Fetch mail"), default=True)
    polled_at = models.DateTimeField(both("最近收信", "Last fetched"), null=True, editable=False)
    failed_at = models.DateTimeField(both("失败时间", "Failed at"), null=True, editable=False)
    failures = models.PositiveIntegerField(both("连续失败", "Failures in a row"), default=0, editable=False)
    error = models.CharField(both("最近的错误", "Last error"), max_length=300, blank=True, editable=False)
    trying = models.CharField(
        max_length=80, blank=True, editable=False, help_text=both("正在处理的一封", "The one being taken")
    )
    tries = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = both("收信邮箱", "Mailbox")

    def __str__(self) -> str:
        return self.address or self.body


class Letter(models.Model):
    """One e-mail or text message that came, and what became of it. `key` is what makes it the same one when it is met again:
    the Message-ID, or the gateway's number.
    """

    class Channel(models.TextChoices):
        MAIL = "email", "电子邮件"
        TEXT = "sms", "短信"

    class What(models.TextChoices):
        OPENED = "opened", "立案"
        ADDED = "added", "并入案件"
        WAITS = "waits", "待处理"
        SET_ASIDE = "aside", "已搁置"
        AUTOMATIC = "automatic", "自动回复，不办理"
        BOUNCE = "bounce", "退信"
        STOP = "stop", "退订"

    body = models.CharField("机构", max_length=40)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    key = models.CharField(max_length=64, unique=True)
    place = models.CharField(max_length=120, blank=True, db_index=True, help_text="邮箱、UIDVALIDITY 和 UID")
    message_id = models.CharField(max_length=250, blank=True)
    sender = models.CharField("寄件人", max_length=200, blank=True, db_index=True)
    name = models.CharField("称呼", max_length=80, blank=True)
    subject = models.CharField("主题", max_length=300, blank=True)
    text = models.TextField("内容", blank=True)
    quoted = models.TextField("引用和签名", blank=True)
    files = models.JSONField("附件", default=list)
    refused = models.JSONField("未收的附件", default=list)
    sha256 = models.CharField(max_length=64, blank=True, help_text="原件，仅在没有办成时保留")
    silent = models.BooleanField(default=False, help_text="不得自动答复")
    vouched = models.CharField("验证", max_length=10, blank=True, choices=Vouched.choices)
    what = models.CharField("结果", max_length=10, choices=What.choices)
    why_zh = models.CharField("缘由", max_length=500, blank=True)
    why_en = models.CharField(max_length=500, blank=True)
    case = models.ForeignKey(Case, models.SET_NULL, null=True, related_name="letters")
    seq = models.PositiveIntegerField(null=True)
    perhaps = models.CharField("可能属于", max_length=40, blank=True)
    at = models.DateTimeField("收到")
    settled_at = models.DateTimeField("处理时间", null=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["body", "what", "-at"], name="letters_by_fate")]

    @property
    def why(self) -> Text | None:
        """Why it became what it is, where that needs saying."""
        return Text(zh=self.why_zh, en=self.why_en) if self.why_zh else None


class LetterReading(models.Model):
    """Who opened a letter, or the file called `file` of it, while it was in no case: never changed."""

    letter = models.ForeignKey(Letter, models.CASCADE, related_name="readings")
    reader = models.CharField(max_length=80)
    reader_id = models.CharField(max_length=60)
    file = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]


class Unsubscribed(models.Model):
    """A number whose owner wants no text messages."""

    number = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()
