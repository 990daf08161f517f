"""Addresses of the pages."""

from django.urls import include, path, re_path

from . import (
    acting,
    archive,
    casework,
    demo,
    duties,
    enterprise,
    experts,
    filing,
    front,
    ledger,
    meetings,
    opening,
    overview,
    papers,
    procedures,
    public_register,
    readings,
    register,
    statistics,
)

urlpatterns = [
    path("", include("mingduan.web.account_urls")),
    path("clock/", demo.put_clock_forward, name="clock"),
    path("i18n/", include("django.conf.urls.i18n")),
    # the public
    path("", front.front, name="front"),
    path("follow/", front.follow, name="follow"),
    path("file/<slug:body>/<slug:procedure>/", filing.start, name="file"),
    path("file/<slug:body>/<slug:procedure>/<str:key>/<int:place>/", filing.step, name="file_step"),
    path("drafts/<str:key>/discard/", filing.discard, name="draft_discard"),
    # certificates
    path("verify/", register.verify, name="verify"),
    path("register/status/<slug:purpose>.json", register.status_list, name="status_list"),
    path("register/", public_register.register, name="register"),
    path("register/guide/", public_register.guide, name="register_guide"),
    path("register/open-data/", public_register.open_data, name="open_data"),
    path("register/open-data/certificates.<slug:kind>", public_register.open_data_file, name="open_data_file"),
    path("announcements/", public_register.announcements, name="announcements"),
    path("announcements/feed.atom", public_register.AnnouncementFeed(), name="announcement_feed"),
    path("register/<slug:number>/", public_register.certificate, name="register_certificate"),
    path("register/<slug:number>/credential.json", register.credential, name="certificate_credential"),
    re_path(
        r"^register/(?P<number>[0-9A-Z]{13})/(?P<kind>original|duplicate)-(?P<lang>zh|en)\.pdf$",
        register.certificate_pdf,
        name="certificate_pdf",
    ),
    # an enterprise's profile
    path("enterprise/", enterprise.profile_page, name="enterprise"),
    path("enterprise/registration/", enterprise.registration, name="enterprise_registration"),
    path("enterprise/changes/", enterprise.changes, name="enterprise_changes"),
    path("enterprise/<slug:kind>/", enterprise.list_page, name="enterprise_list"),
    path("enterprise/<slug:kind>/<int:pk>/", enterprise.row_page, name="enterprise_row"),
    path("enterprise/<slug:kind>.<slug:form>", enterprise.list_file, name="enterprise_list_file"),
    path("enterprises/<int:pk>/", enterprise.read_page, name="enterprise_read"),
    path("enterprises/<int:pk>/files/<str:sha256>/", enterprise.paper, name="enterprise_paper"),
    # the procedures
    path("procedures/", procedures.procedures, name="procedures"),
    path("procedures/<slug:body>/<slug:procedure>/", procedures.procedure, name="procedure"),
    path("procedures/<slug:body>/<slug:procedure>/open/<slug:action>/", opening.open_, name="open"),
    # many cases
    path("home/", duties.home, name="home"),
    path("cases/", overview.cases, name="cases"),
    path("cases/all.<str:kind>", overview.cases_file, name="cases_file"),
    path("cases/views/", overview.view_save, name="view_save"),
    path("cases/views/<int:pk>/", overview.view_forget, name="view_forget"),
    path("inbox/", papers.inbox, name="inbox"),
    # people
    path("experts/", experts.experts, name="experts"),
    path("experts/<int:pk>/", experts.expert, name="expert"),
    path("meetings/", meetings.calendar, name="meetings"),
    path("ledger/", ledger.ledger, name="ledger"),
    path("ledger/journal.<str:kind>", ledger.journal_file, name="journal_file"),
    path("statistics/", statistics.statistics, name="statistics"),
    path("archive/", archive.archive, name="archive"),
    # one case
    path("cases/<str:number>/", casework.case, name="case"),
    path("cases/<str:number>/files/<str:sha256>/", casework.paper, name="paper"),
    path("cases/<str:number>/archive.zip", papers.package, name="package"),
    path("cases/<str:number>/disposal.pdf", papers.certificate, name="disposal"),
    path("cases/<str:number>/notices/<int:pk>.pdf", papers.notice, name="notice"),
    path("cases/<str:number>/readings/", readings.readings, name="readings"),
    path("cases/<str:number>/do/<slug:action>/", acting.do, name="do"),
]
