"""What the complaint desk keeps beside the cases: how files are laid out, the story of each file brought, weekly hot spots."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.db import models


class KeptLayout(models.Model):
    """The mapping last used by a body for files with the same headings."""

    body = models.CharField("机构", max_length=40)
    headings = models.CharField("标题的散列", max_length=64)
    mapping = models.JSONField("对照")
    at = models.DateTimeField("时间")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["body", "headings"], name="layout_once")]


class TicketFile(models.Model):
    """One file of tickets somebody brought. Its rows are cases; this only tells the story of the file."""

    body = models.CharField("机构", max_length=40)
    name = models.CharField("文件名", max_length=200)
    content = models.BinaryField("内容")
    mapping = models.JSONField("对照", default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="经办")
    asked_at = models.DateTimeField("提出时间")
    begun = models.BooleanField("已开始", default=False)
    total = models.PositiveIntegerField("行数")
    looked_at = models.PositiveIntegerField("已处理", default=0)
    added = models.PositiveIntegerField("移入", default=0)
    already = models.PositiveIntegerField("原已移入", default=0)
    conflict = models.PositiveIntegerField("不一致", default=0)
    bad = models.PositiveIntegerField("有误", default=0)

    @property
    def done(self) -> bool:
        """Whether every row has been looked at."""
        return self.looked_at >= self.total

    @property
    def refused(self) -> int:
        """How many rows did not come in."""
        return self.conflict + self.bad


class TicketFault(models.Model):
    """One thing that is wrong with one row."""

    of = models.ForeignKey(TicketFile, models.CASCADE, related_name="faults")
    line = models.PositiveIntegerField("行")
    ticket = models.CharField("工单号", max_length=60, blank=True)
    what = models.CharField("种类", max_length=10)
    columns = models.CharField("栏目", max_length=200, blank=True)
    wrong_zh = models.CharField("问题", max_length=2000)
    wrong_en = models.CharField(max_length=2000)
    right_zh = models.CharField("应为", max_length=1000, blank=True)
    right_en = models.CharField(max_length=1000, blank=True)
    clause = models.CharField("条款", max_length=30, blank=True)

    class Meta:
        ordering = ["id"]


class HotSpotReport(models.Model):
    """Where and when a body had more complaints than chance would bring, as found once for a week and never changed."""

    body = models.CharField("机构", max_length=40)
    week = models.DateField("周一")
    first = models.DateField("所看期间自")
    made_at = models.DateTimeField("生成时间")
    complaints = models.PositiveIntegerField("有位置的投诉")
    shuffles = models.PositiveIntegerField("随机次数")
    cells = models.JSONField("各网格件数", help_text="本周各网格的投诉件数")

    class Meta:
        ordering = ["-week"]
        constraints = [models.UniqueConstraint(fields=["body", "week"], name="hot_spots_once")]

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
