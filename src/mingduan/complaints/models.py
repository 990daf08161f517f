"""What the complaint desk keeps beside the cases: how files are laid out, the story of each file brought, weekly hot spots."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import models

from mingduan.cases.taking import FileJob, RowFault


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
