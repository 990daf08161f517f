"""The one error format: RFC 9457 problem details, in the reader's language, with the clause where a rule is the reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import get_language

from mingduan.procedure.case import Reason
from mingduan.procedure.text import Text


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its slug, status and title, and how to put it right; its page is its `type`."""

    slug: str
    status: int
    title: Text
    mend: Text


def _kind(slug: str, status: int, zh: str, en: str, mend_zh: str, mend_en: str) -> tuple[str, Kind]:
    return slug, Kind(slug, status, Text(zh=zh, en=en), Text(zh=mend_zh, en=mend_en))


KINDS: Mapping[str, Kind] = dict([
    _kind("malformed", 400, "请求无法解析", "The request can't be read",
          "地址或正文中有不能解析的内容；正文应是 UTF-8 的 JSON。",
          "The address or the body holds what can't be read; a body is UTF-8 JSON."),
    _kind("token-missing", 401, "缺少令牌，或令牌无效", "The token is missing or unknown",
          "请带上 Authorization: Bearer <令牌>；没有账号的，请带上案件编号和 Case-Secret。令牌在“账号 → 接口令牌”新建。",
          "Send Authorization: Bearer <token>; without an account, the case's number and Case-Secret. Tokens are made under Account → API tokens."),
    _kind("scope-missing", 403, "令牌没有这项权限", "The token lacks a scope",
          "令牌只能做它的权限范围以内的事。请新建一个带有所缺权限的令牌。",
          "A token does only what its scopes say. Make one with the scope that is missing."),
    _kind("published", 403, "规程只能读取", "Procedures are only read",
          "程序由发布规则书而定，不能在接口上新建、修改或删除。", "A procedure is set by publishing its rulebook; it is not made, changed or removed here."),
    _kind("not-found", 404, "没有这一项", "There is no such thing",
          "地址有误，或者您无权查看：两种情况的答复相同。", "The address is wrong, or you may not see it: both are answered alike."),
    _kind("method-not-allowed", 405, "此地址不支持这种方法", "This address does not take that method",
          "请看答复的 Allow 标头。", "See the Allow header of the answer."),
    _kind("not-acceptable", 406, "没有所要的格式", "There is no such format",
          "答复是 JSON：请让 Accept 包含 application/json，或不带这一标头。",
          "Answers are JSON: let Accept include application/json, or leave it out."),
    _kind("file-held", 409, "文件暂不能打开", "The file may not be opened",
          "尚未查毒的文件，查毒后即可打开；查出病毒的已销毁，请联系提交人。",
          "A file not scanned yet opens once it has been; one with a virus was destroyed: ask whoever sent it."),
    _kind("overtaken", 412, "案件已有新的进展", "The case has moved on",
          "请重新读取案件，看过最新情况，再以新的 ETag 办理。", "Read the case again, look at it as it is now, then act with its new ETag."),
    _kind("too-large", 413, "内容过大", "Too large", "请分开发送，或减小文件。", "Send less at once, or a smaller file."),
    _kind("media-type", 415, "不接收这种格式的正文", "The body is of a kind that is not taken",
          "请以 application/json 发送；修改时也可用 application/merge-patch+json。",
          "Send application/json; for changes application/merge-patch+json as well."),
    _kind("refused", 422, "不能办理", "This may not be done",
          "reasons 逐条列出依据的条款、原因和办法。", "`reasons` tells each clause, what is wrong and what would put it right."),
    _kind("not-understood", 422, "请求内容与说明不符", "The request does not match its description",
          "reasons 指出哪一项不符；各项的说明见 /api/openapi.json。", "`reasons` names each member that is wrong; see /api/openapi.json."),
    _kind("file-refused", 422, "不接收这个文件", "The file is not taken",
          "文件的种类按内容辨认；可执行的内容、加密的和压缩异常的文件不予接收。",
          "What a file is comes from its content; whatever can run, is encrypted or is packed beyond reason is not taken."),
    _kind("key-reused", 422, "幂等键已用于另一请求", "The idempotency key was used for another request",
          "同一个 Idempotency-Key 只能用于内容完全相同的重复请求；新的请求请用新的键。",
          "The same Idempotency-Key goes with a repeat of the very same request; a new request takes a new key."),
    _kind("if-match-missing", 428, "缺少 If-Match", "If-Match is missing",
          "请先读取案件，把答复的 ETag 作为 If-Match 发来；这样，若案件在此期间有了进展，您会得知。",
          "Read the case and send its ETag as If-Match, so that you are told when the case has moved on."),
    _kind("too-many", 429, "请求过于频繁", "Too many requests", "请在 Retry-After 所示的秒数之后再试。", "Try again after the seconds in Retry-After."),
    _kind("internal", 500, "系统出错，没有保存任何内容", "Something broke; nothing was saved",
          "请稍后再试；若仍出错，请告知管理员。", "Try again later; if it goes on, tell the administrator."),
])  # fmt: skip
BY_STATUS: Mapping[int, Kind] = {kind.status: kind for kind in reversed(list(KINDS.values()))}


class Problem(Exception):
    """Something a program asked that can't be done; becomes the response."""

    def __init__(
        self, slug: str, detail: Text | None = None, *, clause: str | None = None,
        reasons: Iterable[Mapping[str, Any]] = (), retry_after: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__(slug)
        self.kind, self.detail, self.clause, self.reasons = KINDS[slug], detail, clause, tuple(reasons)
        self.retry_after = retry_after


def refused(reasons: Iterable[Reason]) -> Problem:
    """A refusal of the engine with every reason; 'overtaken' when the case has moved on."""
    given = tuple(reasons)
    slug = "overtaken" if any(r.rule == "overtaken" for r in given) else "refused"
    return Problem(slug, given[0].text, clause=given[0].clause, reasons=reasons_out(given))


def reasons_out(reasons: Iterable[Reason]) -> list[dict[str, Any]]:
    """The reasons of a refusal as programs read them."""
    return [
        {
            "rule": r.rule, "clause": r.clause, "zh": r.text.zh, "en": r.text.en, "input": r.input,
            "remedy": {"zh": r.remedy.zh, "en": r.remedy.en} if r.remedy else None,
        }
        for r in reasons
    ]  # fmt: skip


def respond(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The problem as application/problem+json."""
    lang = "en" if (get_language() or "").startswith("en") else "zh"
    kind = problem.kind
    body: dict[str, Any] = {
        "type": request.build_absolute_uri(reverse("problem", args=[kind.slug])),
        "status": kind.status,
        "title": kind.title.in_(lang),
        "detail": (problem.detail or kind.mend).in_(lang),
    }
    if problem.clause:
        body["clause"] = problem.clause
    if problem.reasons:
        body["reasons"] = list(problem.reasons)
    response = JsonResponse(
        body, status=kind.status, content_type="application/problem+json", json_dumps_params={"ensure_ascii": False}
    )
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    if kind.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
