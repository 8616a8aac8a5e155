"""What cannot be shown, as a page: in Chinese, with a remedy and a code."""

import secrets
from asyncio import to_thread
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response

from services.reporting.console.door import form_secret, form_token, inside, with_form
from services.reporting.console.showing import Showing, guarded
from shared.errors import HTTP_STATUS, HuiyinError, Invalid
from shared.web import STATUS, LateRoute

STATUS_BY_CODE = STATUS | {
    "sign-in.needed": 401,
    "sign-in.too-many": 429,
    "code.unknown": 401,
    "form.foreign": 403,
}
"""HTTP status by error code; others by the kind of error."""

AT_THE_DOOR = ("sign-in.needed", "sign-in.too-many", "token.unknown", "code.unknown")
"""Answered with the page to sign in."""

HEADINGS = {403: "不能办理", 404: "没有找到", 422: "请求有误", 500: "系统出错", 503: "暂时不能办理"}

logger = structlog.get_logger("console")

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def page_route(showing: Showing) -> type[LateRoute]:
    """Routes that answer with pages, also when something is wrong."""

    class PageRoute(LateRoute):
        def get_route_handler(self) -> Handler:
            handle = super().get_route_handler()

            async def handled(request: Request) -> Response:
                try:
                    return guarded(await handle(request))
                except HuiyinError as problem:
                    return guarded(await to_thread(problem_page, showing, request, problem))
                except RequestValidationError:
                    return guarded(await to_thread(problem_page, showing, request, _unreadable()))
                except Exception as problem:
                    return guarded(await to_thread(_failed, showing, problem))

            return handled

    return PageRoute


def problem_page(showing: Showing, request: Request, problem: HuiyinError) -> Response:
    """A problem as a page; who is not let in gets the page to sign in."""
    status = STATUS_BY_CODE.get(problem.code) or HTTP_STATUS.get(type(problem), 500)
    if problem.code in AT_THE_DOOR:
        return sign_in_page(showing, request, problem, status)
    heading = HEADINGS.get(status, "不能办理")
    return showing.page("problem.html", status, problem=problem, heading=heading)


def sign_in_page(
    showing: Showing, request: Request, problem: HuiyinError | None = None, status: int = 200
) -> Response:
    """The page to sign in, which leads back to where the reader wanted to go."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    to = request.query_params.get("to", "/") if request.url.path == "/sign-in" else asked
    secret = form_secret(request)
    page = showing.page(
        "sign_in.html",
        status,
        problem=problem,
        to=inside(to),
        code=request.query_params.get("code", "") if problem is None else "",
        form=form_token(secret),
    )
    return with_form(request, page, secret)


def _failed(showing: Showing, problem: Exception) -> Response:
    """Something of ours is broken: the page has a code by which the log tells what.

    Neither has the problem's own text, in which words of people could stand.
    """
    code = f"page.failed-{secrets.token_hex(4)}"
    logger.error("page failed", code=code, exc_info=problem)
    failed = HuiyinError(code, "这一页没有做成。", "请刷新重试；若一直如此, 请把代码告诉管理员。")
    return showing.page("problem.html", 500, problem=failed, heading=HEADINGS[500])


def _unreadable() -> Invalid:
    return Invalid("request.invalid", "地址或表单里有看不懂的内容。", "请从台账首页重新选择。")
