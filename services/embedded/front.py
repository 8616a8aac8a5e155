"""The first page: whose county it is and how many incidents stand where. No words of anybody."""

from collections import Counter
from html import escape

from services.embedded.directory import County
from services.reporting import ledger_table
from services.reporting.ledger import LedgerRow
from shared.store.sql import Sql
from shared.store.store import Store
from shared.words import STATUSES, VERDICTS

_PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>回音 · {name}</title></head>
<body><h1>回音 · {name}</h1>{notice}
<table><caption>事件（共 {total} 件）</caption><thead><tr><th>状态</th><th>件数</th></tr></thead>
<tbody>{statuses}</tbody></table>
<table><caption>答复时限</caption><thead><tr><th>结论</th><th>件数</th></tr></thead>
<tbody>{verdicts}</tbody></table>
<p>接口说明：<a href="/openapi.json">/openapi.json</a> 运行状态：<a href="/health">/health</a></p>
</body></html>
"""


async def front_page(store: Store, county: County) -> str:
    """The page as HTML."""
    rows = await store.read(_all)
    notice = "<p>这是演示数据：单位、人员与留言均为虚构。</p>" if county.demonstration else ""
    return _PAGE.format(
        name=escape(county.name),
        notice=notice,
        total=len(rows),
        statuses=_counts(STATUSES, Counter(row.status for row in rows)),
        verdicts=_counts(VERDICTS, Counter(row.verdict for row in rows if row.verdict)),
    )


def _all(sql: Sql) -> list[LedgerRow]:
    return ledger_table.as_of(sql, ledger_table.NOW, None, None)


def _counts(words: dict[str, str], count: Counter[str]) -> str:
    rows = ((zh, count[code]) for code, zh in words.items() if count[code])
    return "".join(f"<tr><td>{zh}</td><td>{number}</td></tr>" for zh, number in rows)
