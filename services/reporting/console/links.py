"""Links that sign an officer in to the console once, asked for with the officer's token."""

import asyncio

from fastapi import APIRouter
from pydantic import BaseModel

from services.reporting.console.door import Door
from shared.web import Asking, empty_door


class SignInLink(BaseModel):
    """The path to open in a browser within 15 minutes."""

    path: str


def sign_in_links(door: Door) -> APIRouter:
    """The route by which programs ask for one."""
    api = empty_door("/reporting", "reporting 台账与审计")

    @api.post("/sign-in-links")
    async def sign_in_link(officer: Asking) -> SignInLink:
        """取得一次性登录链接：15 分钟内有效, 只能用一次。"""
        code = await asyncio.to_thread(door.offer, officer)
        return SignInLink(path=f"/sign-in?code={code}")

    return api
