"""The PostgreSQL of the tests keeps them apart."""

import psycopg
import pytest

from tests.support.postgres import PostgresServer

_earlier: list[str] = []


@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_gets_an_empty_database_of_its_own(turn: str, postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        ).fetchall()
        connection.execute(f"CREATE TABLE left_by_{turn} (id integer)")

    assert tables == []
    assert postgres_url not in _earlier
    _earlier.append(postgres_url)


def test_a_database_is_gone_after_its_test_even_if_a_connection_was_left_open(
    postgres_server: PostgresServer,
) -> None:
    with postgres_server.database() as url:
        left_open = psycopg.connect(url)

    with left_open, pytest.raises(psycopg.OperationalError):
        left_open.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)
