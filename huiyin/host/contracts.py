"""The contracts served over HTTP and written as files, for programs that read our events."""

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from fastapi import FastAPI

from shared import VERSION, contracts
from shared.contracts.catalogue import is_known
from shared.contracts.describing import (
    Document,
    asyncapi,
    documents,
    index,
    schema,
    server,
)
from shared.errors import Unknown

for each in iter_modules(contracts.__path__):  # whoever is imported enters its names
    import_module(f"{contracts.__name__}.{each.name}")

TITLE = "回音 Huiyin"


def add_contracts(app: FastAPI, nats: Callable[[], str]) -> None:
    """Add ``/asyncapi.json`` and ``/schemas/``; they hold no data and need no token.

    ``nats`` tells where NATS answers now, ``host:port`` without its token.
    """

    @app.get("/asyncapi.json", include_in_schema=False)
    async def described() -> dict[str, Any]:
        return asyncapi(TITLE, VERSION, _servers(nats()))

    @app.get("/schemas/", tags=["contracts 约定"])
    async def every_schema() -> list[dict[str, Any]]:
        """各种事件的名称与 JSON Schema 的地址；旧版本注明现在读作什么。"""
        return index()

    @app.get("/schemas/{name}.json", tags=["contracts 约定"])
    async def one_schema(name: str) -> dict[str, Any]:
        """一种事件的 JSON Schema（2020-12）：整个文档, 信封与内容。"""
        if not is_known(name):
            raise Unknown(
                "schema.unknown",
                f"没有名为“{name}”的事件类型。",
                "各种事件见 /schemas/。",
                "name",
            )
        return schema(name)


def write_contracts(directory: Path) -> list[Path]:
    """Write ``asyncapi.json`` and ``schemas/``; returns the files."""
    described = documents(TITLE, VERSION, _servers("127.0.0.1:4222"))
    return [
        *(_write(directory / path, document) for path, document in described.items()),
        _write(directory / "schemas" / "index.json", index()),
    ]


def _servers(host: str) -> Mapping[str, Document]:
    return {"county": server(host, "NATS JetStream of one county.")}


def _write(path: Path, document: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return path
