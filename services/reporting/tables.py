"""Reporting's read models together, folded from the log in leaf order."""

from services.reporting import directory
from services.reporting.duties import table as duties_table
from services.reporting.findings import review
from services.reporting.ledger import table as ledger_table
from shared.store.readmodel import joined

MODEL = joined(ledger_table.MODEL, duties_table.MODEL, review.MODEL, directory.MODEL)
