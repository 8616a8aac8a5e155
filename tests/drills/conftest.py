"""What every test of the drills has: logs as the command has them, warnings alone."""

import logging

import pytest
import structlog


@pytest.fixture(autouse=True)
def quiet_logs() -> None:
    """A drill writes thousands of lines that nobody reads, which takes time."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
