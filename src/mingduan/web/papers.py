"""Documents as pages give them out: a notice's PDF, the inbox, the sealed file, the certificate of its disposal."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache

from mingduan.cases import files
from mingduan.cases.access import log_reading
from mingduan.cases.models import Disposal, Reading
from mingduan.cases.personal import may_open, veil
from mingduan.cases.queries import may_read_notice
from mingduan.config import clock
from mingduan.paper import delivery
from mingduan.paper.models import Certificate
from mingduan.paper.notices import PDF, Destroyed, printed, titled
from mingduan.people.models import User

from . import personal
from .reader import case_for, reader
from .templatetags.mingduan import lang


@never_cache
def notice(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """A notice as PDF, for whoever may read it; `lang=en` gives the English version. Its addressee is served by it."""
    found, got = case_for(request, number)
    asked = get_object_or_404(found.notices.select_related("case"), pk=pk)
    now = clock.now()
    if not may_read_notice(asked, got) or not may_open(asked, got, personal.lifted(request, number, now)):
        raise Http404
    try:
        document = printed(asked, "en" if request.GET.get("lang") == "en" else "zh")
    except Destroyed as gone:
        raise Http404 from gone
    log_reading(found, got.actor, now, Reading.What.NOTICE, asked.title)
    delivery.opened(asked, got, request.user if isinstance(request.user, User) else None, now)
    return _file(document.sha256, f"{found.number}-{asked.seq:02} {asked.title}.pdf", PDF)


@login_required
@never_cache
def inbox(request: HttpRequest) -> HttpResponse:
    """What was sent to this person, unread first."""
    page = Paginator(delivery.inbox(reader(request)), 30).get_page(request.GET.get("page"))
    titles, gone = titled([d.notice for d in page], lang()), Disposal.objects.values_list("case_id", flat=True)
    destroyed = set(gone.filter(case__in={d.notice.case_id for d in page}))
    rows = [(d, titles[d.notice_id], d.notice.case_id in destroyed) for d in page]
    return render(request, "web/inbox.html", {"page": page, "rows": rows})


@never_cache
def package(request: HttpRequest, number: str) -> FileResponse:
    """The sealed package of the case, for the body's own people."""
    found, got = case_for(request, number)
    sealed = found.packages.first()
    if (
        sealed is None
        or not got.inside
        or not veil(found, got, lifted=personal.lifted(request, number, clock.now())).clear
    ):
        raise Http404
    log_reading(found, got.actor, clock.now(), Reading.What.PACKAGE, f"{number}.zip")
    return FileResponse(
        files.stream(sealed.sha256), as_attachment=True, filename=f"{number}.zip", content_type="application/zip"
    )


@never_cache
def certificate(request: HttpRequest, number: str) -> HttpResponse:
    """The certificate that the file was destroyed, for whoever could read the case."""
    found, _ = case_for(request, number)
    remains = get_object_or_404(Certificate, case=found)
    return _file(remains.sha256, f"{number} 案卷销毁证明.pdf", PDF)


def _file(sha256: str, name: str, media_type: str) -> HttpResponse:
    """One of our own papers; made by us, so a browser may show it."""
    response = HttpResponse(files.read(sha256), content_type=media_type)
    response.headers["Content-Disposition"] = content_disposition_header(False, name) or "inline"
    return response
