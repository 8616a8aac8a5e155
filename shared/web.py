"""What every room's HTTP interface has in common: who asks, what was asked before, and errors."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import compile_path, get_name

from shared.contracts.catalogue import Contract
from shared.errors import HTTP_STATUS, HuiyinError
from shared.identity.officer import Officer
from shared.identity.officers import Officers, unknown_token
from shared.logs import note
from shared.store import requests
from shared.vault.vault import Vault
from shared.words import worded

STATUS = {
    "token.unknown": 401,
    "token.not-valid": 401,
    "unit.not-yours": 403,
    "matter.not-yours": 403,
    "post.not-competent": 403,
    "post.reads-only": 403,
    "cause.own": 403,
}
"""HTTP status by error code, where the kind of error does not say it."""

HTTP_CODES = {
    400: ("request.unreadable", "请求内容读不了：应为 UTF-8 编码的 JSON。"),
    404: ("address.unknown", "没有这个地址。"),
    405: ("method.not-allowed", "这个地址不接受这种请求方法。"),
}
"""Code and message for what the HTTP layer itself refuses."""


class Problem(Contract):
    """An error as programs read it; ``message`` and ``remedy`` are Chinese sentences.

    ``rules`` are the numbers of all rules of the pack that say no to it.
    """

    code: str
    message: str
    field: str | None = None
    remedy: str = ""
    rules: tuple[str, ...] = ()

    @classmethod
    def of(cls, problem: HuiyinError) -> "Problem":
        """An error of ours as it is told."""
        return cls.model_validate(problem, from_attributes=True)


FINGERPRINTS = f"{UUID(int=0)}/requests"
"""The vault's key under which requests are fingerprinted; it belongs to no incident."""

_SCHEMA = {"$ref": "#/components/schemas/Problem"}


def _problem(description: str) -> dict[str, Any]:
    """How a problem is described. Its schema is named, not given: given, it would be built anew for
    every status of every route, which takes most of a start.
    """
    return {"description": description, "content": {"application/json": {"schema": _SCHEMA}}}


RESPONSES: dict[int | str, dict[str, Any]] = {
    400: _problem("请求的编码或格式不对"),
    401: _problem("没有有效的身份令牌"),
    403: _problem("不在职责范围内"),
    404: _problem("没有这个对象"),
    409: _problem("按规则不能办理"),
    422: _problem("请求内容有误"),
    503: _problem("暂时不能办理, 可以重试"),
}


class LateRoute(APIRoute):
    """A route that is built when it is first asked for: its address alone is known before.

    A start would go into building all of them, most of which are not asked for in an hour.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **given: Any) -> None:
        self.path, self.endpoint = path, endpoint
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)
        self.name = given["name"] or get_name(endpoint)
        self.methods = {method.upper() for method in given["methods"] or ["GET"]}
        self.include_in_schema = given["include_in_schema"]
        self._given = given

    def needs(self, dependency: Callable[..., Any]) -> None:
        """Ask ``dependency`` before anything else, at every request."""
        self._given["dependencies"] = [Depends(dependency), *self._given["dependencies"]]

    def __getattr__(self, name: str) -> Any:
        """Whatever else a route has is there once it is built."""
        given = self.__dict__.pop("_given", None)
        if given is None:
            raise AttributeError(name)
        super().__init__(self.path, self.endpoint, **given)
        return getattr(self, name)


def empty_door(prefix: str, tag: str) -> APIRouter:
    """A room's door without routes yet."""
    return APIRouter(prefix=prefix, tags=[tag], responses=RESPONSES, route_class=LateRoute)


def take_in(whole: APIRouter, *parts: APIRouter) -> APIRouter:
    """The routes of several routers in one, as they are; returns it.

    To include them would build each anew at every level, which a start would have to wait for.
    """
    for part in parts:
        whole.routes.extend(part.routes)
    return whole


def prepare(app: FastAPI, officers: Officers, vault: Vault) -> None:
    """Give the app what every request needs, and answer every error with a Problem."""
    vault.ensure([FINGERPRINTS])
    app.state.officers = officers
    app.state.vault = vault
    app.router.route_class = LateRoute
    app.state.stopping = asyncio.Event()  # set when the server stops: who only listens must go
    app.add_exception_handler(HuiyinError, _tell)
    app.add_exception_handler(RequestValidationError, _tell_invalid)
    app.add_exception_handler(HTTPException, _tell_http)
    app.openapi = partial(_described, app.openapi)  # type: ignore[method-assign]  # its way to add


def _described(described: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The description of an app, with the schema of problems that its answers name."""
    schema = described()
    schemas = schema.setdefault("components", {}).setdefault("schemas", {})
    schemas.setdefault("Problem", Problem.model_json_schema())
    return schema


async def current_officer(
    request: Request, authorization: Annotated[str | None, Header()] = None
) -> Officer:
    """Who asks, from the token alone; raises Refused ``token.unknown``, ``token.not-valid``."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise unknown_token()
    officers: Officers = request.app.state.officers
    officer = officers.by_token(token.strip())
    note(officer=officer.id, unit=officer.unit)  # the unit concerned takes its place, once known
    return officer


async def idempotency(
    request: Request,
    officer: Annotated[Officer, Depends(current_officer)],
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> requests.Request | None:
    """The request's Idempotency-Key with a fingerprint of path and body, if it has one."""
    if idempotency_key is None:
        return None
    vault: Vault = request.app.state.vault
    asked = f"{request.url.path}\0{(await request.body()).hex()}"
    return requests.Request.of(officer.id, idempotency_key, vault.commitment(FINGERPRINTS, asked))


Asking = Annotated[Officer, Depends(current_officer)]
Once = Annotated[requests.Request | None, Depends(idempotency)]
After = Annotated[
    str | None, Query(description="等到本服务已收到此位置再办理, 例如 intake:42", max_length=60)
]


async def _tell(_: Request, problem: Exception) -> JSONResponse:
    assert isinstance(problem, HuiyinError)
    status = STATUS.get(problem.code) or HTTP_STATUS.get(type(problem), 500)
    return _answer(status, Problem.of(problem))


async def _tell_invalid(_: Request, problem: Exception) -> JSONResponse:
    assert isinstance(problem, RequestValidationError)
    first = problem.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part != "body") or "body"
    message = f"字段 {place} 不合要求：{worded(first)}。"
    remedy = "请按 /openapi.json 中的定义修改后重试。"
    return _answer(
        422, Problem(code="request.invalid", message=message, field=place, remedy=remedy)
    )


async def _tell_http(_: Request, problem: Exception) -> JSONResponse:
    assert isinstance(problem, HTTPException)
    code, message = HTTP_CODES.get(problem.status_code, ("request.refused", "请求不能办理。"))
    remedy = "请按 /openapi.json 中的定义修改。"
    return _answer(problem.status_code, Problem(code=code, message=message, remedy=remedy))


def _answer(status: int, problem: Problem) -> JSONResponse:
    note(code=problem.code)
    return JSONResponse(problem.model_dump(), status)
