"""The console (页面): what people see of the ledger in a browser, from reporting's own store."""

from services.reporting.console.pages import console

__all__ = ["console"]
