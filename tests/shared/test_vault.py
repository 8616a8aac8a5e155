"""The key vault: words open while their key exists, and never again once it is destroyed."""

import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.contracts.sealed import Sealed
from shared.errors import HuiyinError, Invalid, Refused, Unavailable, Unknown, Untrusted
from shared.vault.keys import DataKey, RecentKeys, Tombstone, load_or_create_wrapping_key
from shared.vault.tables import KeyTable, PostgresKeyTable, SqliteKeyTable
from shared.vault.vault import Vault, open_vault
from tests.support.sizes import PATIENCE, sized

WRAPPING_KEY = bytes(range(32))
OTHER_WRAPPING_KEY = bytes(range(32, 64))
ENVELOPE = b"routing/IncidentRegistered/1/words"
WORDS = "第一中学的家长反映：食堂饭菜不热。"

Opener = Callable[..., Vault]


class HandClock:
    """A monotonic clock that a test moves by hand, in seconds."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["sqlite", "postgres"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty vault may be made."""
    if request.param == "sqlite":
        return str(tmp_path / "vault.db")
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def opened(location: str) -> Iterator[Opener]:
    """Opens vaults at the location, each as another process would, and closes them at the end."""
    vaults: list[Vault] = []

    def open_another(wrapping_key: bytes = WRAPPING_KEY, **options: Callable[[], float]) -> Vault:
        vaults.append(open_vault(location, wrapping_key, **options))
        return vaults[-1]

    yield open_another
    for vault in vaults:
        vault.close()


@pytest.fixture
def vault(opened: Opener) -> Vault:
    return opened()


def key_table(location: str, patience: float = 5.0) -> KeyTable:
    if location.startswith("postgresql://"):
        return PostgresKeyTable(location, patience=patience)
    return SqliteKeyTable(Path(location), patience=patience)


def key_ids(*subjects: str, incident: str | None = None) -> list[str]:
    incident = incident or str(uuid4())
    return [f"{incident}/{subject}" for subject in subjects or ("matter",)]


def code_of(failure: pytest.ExceptionInfo[HuiyinError]) -> str:
    return failure.value.code


class TestSealing:
    def test_words_open_with_the_envelope_they_were_sealed_for(self, vault: Vault) -> None:
        [matter] = key_ids()
        vault.ensure([matter])
        sealed = vault.seal(matter, WORDS, ENVELOPE)
        assert sealed.key == matter
        assert vault.open(sealed, ENVELOPE) == WORDS

    def test_the_same_words_never_look_the_same_twice(self, vault: Vault) -> None:
        [matter] = key_ids()
        vault.ensure([matter])
        first, second = (vault.seal(matter, WORDS, ENVELOPE) for _ in range(2))
        assert first.nonce != second.nonce
        assert first.text != second.text

    @settings(
        max_examples=sized(60, 1000), suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(words=st.text(), associated=st.binary(), other=st.binary())
    def test_any_words_open_with_their_associated_data_and_with_no_other(
        self, vault: Vault, words: str, associated: bytes, other: bytes
    ) -> None:
        [matter] = key_ids(incident="00000000-0000-4000-8000-000000000000")
        vault.ensure([matter])
        sealed = vault.seal(matter, words, associated)
        assert vault.open(sealed, associated) == words
        if other != associated:
            with pytest.raises(Untrusted) as failure:
                vault.open(sealed, other)
            assert code_of(failure) == "vault.unreadable"

    @pytest.mark.parametrize("field", ["nonce", "text"])
    @pytest.mark.parametrize("value", ["", "AAAA", "AAAAAAAAAAAAAAAA", "不是编码"])
    def test_altered_ciphertext_is_untrusted(self, vault: Vault, field: str, value: str) -> None:
        [matter] = key_ids()
        vault.ensure([matter])
        sealed = vault.seal(matter, WORDS, ENVELOPE).model_copy(update={field: value})
        with pytest.raises(Untrusted) as failure:
            vault.open(sealed, ENVELOPE)
        assert code_of(failure) == "vault.unreadable"

    def test_ciphertext_moved_to_another_subject_is_untrusted(self, vault: Vault) -> None:
        matter, contact = key_ids("matter", "contact")
        vault.ensure([matter, contact])
        sealed = vault.seal(matter, WORDS, ENVELOPE)
        moved = Sealed(key=contact, nonce=sealed.nonce, text=sealed.text)
        with pytest.raises(Untrusted) as failure:
            vault.open(moved, ENVELOPE)
        assert code_of(failure) == "vault.unreadable"

    def test_a_key_nobody_ensured_is_unknown(self, vault: Vault) -> None:
        [matter] = key_ids()
        with pytest.raises(Unknown) as failure:
            vault.seal(matter, WORDS, ENVELOPE)
        assert code_of(failure) == "vault.key-missing"

    def test_half_a_character_is_invalid_and_not_repeated_in_the_error(self, vault: Vault) -> None:
        [matter] = key_ids()
        vault.ensure([matter])
        with pytest.raises(Invalid) as failure:
            vault.seal(matter, f"{WORDS}\ud800", ENVELOPE)
        assert code_of(failure) == "vault.text-malformed"
        assert failure.value.__cause__ is None


def test_what_was_sealed_and_committed_years_ago_is_still_understood() -> None:
    """Values computed apart from our code, from RFC 5869 and AES-256-GCM. Never change them."""
    key = DataKey("old/matter", bytes(range(32)))
    text = "oXNaBlCOIotKbEaZFVhnpofc7ACZ7/vVpKfVlV/MbIGKAL1m+w=="
    digest = "b4a5a0f42d3837d077aa7d177809449812a3f3e9dd253b135487d2c0f71432d8"
    sealed = Sealed(key="old/matter", nonce="A" * 16, text=text)
    assert key.open(sealed, b"envelope") == "食堂饭菜不热。"
    assert key.commitment("食堂饭菜不热。") == f"hmac-sha256:{digest}"


class TestCommitting:
    def test_equal_words_are_recognised_under_one_key_only(self, vault: Vault) -> None:
        matter, reply = key_ids("matter", "reply")
        vault.ensure([matter, reply])
        commitment = vault.commitment(matter, WORDS)
        assert commitment == vault.commitment(matter, WORDS)
        assert commitment != vault.commitment(matter, WORDS + "。")
        assert commitment != vault.commitment(reply, WORDS)

    def test_it_says_how_it_was_made(self, vault: Vault) -> None:
        [matter] = key_ids()
        vault.ensure([matter])
        method, digits = vault.commitment(matter, WORDS).split(":")
        assert method == "hmac-sha256"
        assert len(bytes.fromhex(digits)) == 32


class TestEnsuring:
    def test_keys_are_stored_before_it_returns(self, opened: Opener) -> None:
        ids = key_ids("matter", "reply", "contact")
        one, other = opened(), opened()
        one.ensure(ids)
        sealed = [one.seal(key_id, WORDS, ENVELOPE) for key_id in ids]
        assert [other.open(words, ENVELOPE) for words in sealed] == [WORDS] * 3

    def test_existing_keys_are_untouched(self, vault: Vault) -> None:
        matter, reply = key_ids("matter", "reply")
        vault.ensure([matter])
        sealed = vault.seal(matter, WORDS, ENVELOPE)
        vault.ensure([reply, matter, matter])
        assert vault.open(sealed, ENVELOPE) == WORDS

    def test_known_keys_need_no_transaction(self, vault: Vault, location: str) -> None:
        ids = key_ids("matter", "reply")
        vault.ensure(ids)
        with closing(key_table(location)) as busy, busy.exclusive():
            vault.ensure(ids)  # would wait and fail otherwise

    def test_more_keys_than_are_held_in_memory(self, location: str) -> None:
        ids = key_ids("matter", "reply", "contact")
        with closing(key_table(location)) as table:
            vault = Vault(table, WRAPPING_KEY, size=1)
            vault.ensure(ids)
            sealed = [vault.seal(key_id, WORDS, ENVELOPE) for key_id in ids]
            assert [vault.open(words, ENVELOPE) for words in sealed] == [WORDS] * 3

    @pytest.mark.parametrize(
        "bad",
        [
            "matter",
            "vault/self",
            "00000000-0000-4000-8000-00000000000A/matter",
            "00000000-0000-4000-8000-000000000000/",
            "00000000-0000-4000-8000-000000000000/a/b",
            "00000000-0000-4000-8000-000000000000/matter\n",
        ],
    )
    def test_an_id_that_shredding_would_miss_is_invalid(self, vault: Vault, bad: str) -> None:
        with pytest.raises(Invalid) as failure:
            vault.ensure([*key_ids(), bad])
        assert code_of(failure) == "vault.key-id-malformed"

    def test_a_vault_held_too_long_by_another_is_told_as_busy(self, location: str) -> None:
        ids = key_ids()
        with closing(key_table(location, patience=0.1)) as table:
            vault = Vault(table, WRAPPING_KEY)
            with closing(key_table(location)) as busy, busy.exclusive():
                with pytest.raises(Unavailable) as failure:
                    vault.ensure(ids)
                assert code_of(failure) == "vault.busy"
            vault.ensure(ids)
            assert vault.open(vault.seal(ids[0], WORDS, ENVELOPE), ENVELOPE) == WORDS

    def test_a_key_that_another_process_saves_meanwhile_is_the_one(
        self, vault: Vault, location: str
    ) -> None:
        [matter] = key_ids()
        secret = bytes(32)
        with closing(key_table(location)) as other, ThreadPoolExecutor(1) as thread:
            with other.exclusive():
                other.add({matter: aes_key_wrap(WRAPPING_KEY, secret)})
                ensuring = thread.submit(vault.ensure, [matter])
                time.sleep(0.2)  # it finds no key, and waits for the lock
            ensuring.result(timeout=PATIENCE)
        assert vault.commitment(matter, WORDS) == DataKey(matter, secret).commitment(WORDS)

    def test_a_key_that_another_process_destroys_meanwhile_is_refused_with_all_beside_it(
        self, vault: Vault, location: str
    ) -> None:
        matter, reply = key_ids("matter", "reply")
        with closing(key_table(location)) as other, ThreadPoolExecutor(1) as thread:
            with other.exclusive():
                other.add({matter: aes_key_wrap(WRAPPING_KEY, bytes(32))})
                other.erase(matter.split("/")[0])
                ensuring = thread.submit(vault.ensure, [reply, matter])
                time.sleep(0.2)  # it finds no key, and waits for the lock
            with pytest.raises(Refused):
                ensuring.result(timeout=PATIENCE)
        with pytest.raises(Unknown):
            vault.seal(reply, WORDS, ENVELOPE)

    def test_threads_that_ensure_the_same_ids_use_the_same_keys(self, vault: Vault) -> None:
        ids = key_ids(*(f"subject-{n}" for n in range(20)))

        def commitments(seed: int) -> dict[str, str]:
            mine = random.Random(seed).sample(ids, len(ids))  # noqa: S311 - only an order
            for key_id in mine:
                vault.ensure([key_id])
            return {key_id: vault.commitment(key_id, WORDS) for key_id in ids}

        with ThreadPoolExecutor(4) as threads:
            first, *others = threads.map(commitments, range(4))
        assert all(other == first for other in others)


RACER = """
import sys
from shared.vault.vault import open_vault

location, ids = sys.argv[1], sys.argv[2:]
print("ready", flush=True)
sys.stdin.readline()
vault = open_vault(location, bytes(range(32)))
for key_id in ids:
    vault.ensure([key_id])
for key_id in ids:
    print(vault.commitment(key_id, "same words"))
vault.close()
"""


@pytest.mark.process
def test_processes_that_make_one_vault_at_once_use_the_same_keys(location: str) -> None:
    ids = key_ids(*(f"subject-{n}" for n in range(20)))
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, location, *ids],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    first, second = (racer.communicate(timeout=PATIENCE)[0].splitlines() for racer in racers)
    assert [racer.returncode for racer in racers] == [0, 0]
    assert first == second
    assert len(set(first)) == len(ids)


class TestShredding:
    def test_destroyed_words_never_open_again(self, vault: Vault) -> None:
        ids = key_ids("contact", "matter")
        vault.ensure(ids)
        sealed = vault.seal(ids[1], WORDS, ENVELOPE)
        assert vault.shred(ids[0].split("/")[0]) == tuple(ids)
        for forbidden in (
            lambda: vault.open(sealed, ENVELOPE),
            lambda: vault.seal(ids[1], WORDS, ENVELOPE),
            lambda: vault.commitment(ids[1], WORDS),
        ):
            with pytest.raises(Refused) as failure:
                forbidden()
            assert code_of(failure) == "vault.key-erased"

    def test_a_destroyed_key_is_never_created_again_and_nothing_beside_it(
        self, opened: Opener
    ) -> None:
        incident = str(uuid4())
        matter, reply = key_ids("matter", "reply", incident=incident)
        vault = opened()
        vault.ensure([matter])
        vault.shred(incident)
        for someone in (vault, opened()):
            with pytest.raises(Refused) as refusal:
                someone.ensure([reply, matter])
            assert code_of(refusal) == "vault.key-erased"
        with pytest.raises(Unknown):
            vault.seal(reply, WORDS, ENVELOPE)

    def test_other_incidents_stay_readable(self, vault: Vault) -> None:
        doomed, neighbour = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2))
        vault.ensure(key_ids(incident=doomed) + key_ids(incident=neighbour))
        sealed = vault.seal(f"{neighbour}/matter", WORDS, ENVELOPE)
        vault.shred(doomed)
        assert vault.open(sealed, ENVELOPE) == WORDS

    def test_said_twice_it_answers_the_same(self, vault: Vault) -> None:
        ids = key_ids("contact", "matter")
        incident = ids[0].split("/")[0]
        vault.ensure(ids)
        assert vault.shred(incident) == vault.shred(incident) == tuple(ids)

    def test_an_incident_without_keys_has_nothing_to_destroy(self, vault: Vault) -> None:
        assert vault.shred(str(uuid4())) == ()

    @pytest.mark.parametrize("bad", ["", "vault", "%", "00000000-0000-4000-8000-00000000000"])
    def test_what_is_no_incident_destroys_nothing(self, vault: Vault, bad: str) -> None:
        [matter] = key_ids(incident="00000000-0000-4000-8000-000000000000")
        vault.ensure([matter])
        with pytest.raises(Invalid):
            vault.shred(bad)
        assert vault.commitment(matter, WORDS)

    def test_another_process_notices_within_five_seconds(self, opened: Opener) -> None:
        clock = HandClock()
        one, other = opened(), opened(monotonic=clock)
        [matter] = key_ids()
        other.ensure([matter])
        sealed = other.seal(matter, WORDS, ENVELOPE)
        one.shred(matter.split("/")[0])
        clock.now = 4.9
        assert other.open(sealed, ENVELOPE) == WORDS  # held in memory still
        clock.now = 5.0
        with pytest.raises(Refused):
            other.open(sealed, ENVELOPE)

    def test_only_the_tombstone_stays_in_the_table(self, vault: Vault, location: str) -> None:
        [matter] = key_ids()
        vault.ensure([matter])
        with closing(key_table(location)) as table:
            assert table.read([matter]) != {matter: None}
            vault.shred(matter.split("/")[0])
            assert table.read([matter]) == {matter: None}


class TestRewrapping:
    def test_words_open_after_it_in_this_process_and_the_next(self, opened: Opener) -> None:
        ids = key_ids("matter", "reply")
        vault = opened()
        vault.ensure(ids)
        sealed = vault.seal(ids[0], WORDS, ENVELOPE)
        assert vault.rewrap(OTHER_WRAPPING_KEY) == 2
        vault.ensure(key_ids())
        assert vault.open(sealed, ENVELOPE) == WORDS
        assert opened(OTHER_WRAPPING_KEY).open(sealed, ENVELOPE) == WORDS

    def test_tombstones_stay_and_do_not_count(self, opened: Opener) -> None:
        [matter], [doomed] = key_ids(), key_ids()
        vault = opened()
        vault.ensure([matter, doomed])
        vault.shred(doomed.split("/")[0])
        assert vault.rewrap(OTHER_WRAPPING_KEY) == 1
        with pytest.raises(Refused):
            opened(OTHER_WRAPPING_KEY).ensure([doomed])

    def test_an_old_backup_is_useless_with_the_new_wrapping_key(
        self, vault: Vault, location: str
    ) -> None:
        [matter] = key_ids()
        vault.ensure([matter])
        with closing(key_table(location)) as table:
            backup = table.live()
            vault.rewrap(OTHER_WRAPPING_KEY)
            table.replace(backup)
        with pytest.raises(Untrusted) as failure:
            open_vault(location, OTHER_WRAPPING_KEY)
        assert code_of(failure) == "vault.wrong-wrapping-key"

    def test_a_process_that_slept_through_it_adds_no_key_under_the_old_one(
        self, opened: Opener
    ) -> None:
        one, sleeper = opened(), opened()
        one.rewrap(OTHER_WRAPPING_KEY)
        ids = key_ids()
        with pytest.raises(Untrusted) as failure:
            sleeper.ensure(ids)
        assert code_of(failure) == "vault.wrong-wrapping-key"
        with pytest.raises(Unknown):
            one.seal(ids[0], WORDS, ENVELOPE)

    def test_a_short_wrapping_key_is_untrusted_and_changes_nothing(self, opened: Opener) -> None:
        with pytest.raises(Untrusted) as failure:
            opened().rewrap(b"short")
        assert code_of(failure) == "vault.wrapping-key-malformed"
        assert opened(WRAPPING_KEY)


class TestDamage:
    """One damaged key is that key's failure alone."""

    def damaged(self, vault: Vault, location: str) -> tuple[str, str, Sealed]:
        """Two keys, one of them damaged since it sealed; the vault has forgotten both."""
        [sound], [broken] = key_ids(), key_ids()
        vault.ensure([sound, broken])
        sealed = vault.seal(broken, WORDS, ENVELOPE)
        with closing(key_table(location)) as table:
            table.replace({broken: bytes(40)})
        return sound, broken, sealed

    def test_what_it_sealed_does_not_open_and_all_else_does(
        self, opened: Opener, location: str
    ) -> None:
        sound, broken, sealed = self.damaged(opened(), location)
        vault = opened()
        vault.ensure([sound, broken])
        with pytest.raises(Untrusted) as failure:
            vault.open(sealed, ENVELOPE)
        assert code_of(failure) == "vault.key-damaged"
        other = vault.seal(sound, WORDS, ENVELOPE)
        assert vault.open(other, ENVELOPE) == WORDS

    def test_nothing_is_sealed_or_committed_to_under_it(
        self, opened: Opener, location: str
    ) -> None:
        _, broken, _ = self.damaged(opened(), location)
        vault = opened()
        for attempt in (
            lambda: vault.seal(broken, WORDS, ENVELOPE),
            lambda: vault.commitment(broken, WORDS),
        ):
            with pytest.raises(Untrusted) as failure:
                attempt()
            assert code_of(failure) == "vault.key-damaged"

    def test_it_can_be_destroyed_and_the_others_rewrapped(
        self, opened: Opener, location: str
    ) -> None:
        sound, broken, sealed = self.damaged(opened(), location)
        assert opened().rewrap(OTHER_WRAPPING_KEY) == 1
        vault = opened(OTHER_WRAPPING_KEY)
        vault.ensure([sound])
        assert vault.shred(broken.split("/")[0]) == (broken,)
        with pytest.raises(Refused):
            vault.open(sealed, ENVELOPE)


def test_the_least_recently_used_key_is_forgotten_first() -> None:
    recent = RecentKeys(size=2, keep_for=5.0, monotonic=HandClock())
    recent.keep({"a": Tombstone.ERASED, "b": Tombstone.ERASED}, read_at=0.0)
    assert recent.get("a")
    recent.keep({"c": Tombstone.ERASED}, read_at=0.0)
    assert [key_id for key_id in "abc" if recent.get(key_id)] == ["a", "c"]


class TestOpeningTheVault:
    def test_a_wrong_wrapping_key_is_noticed_at_once(self, vault: Vault, location: str) -> None:
        vault.ensure(key_ids())
        with pytest.raises(Untrusted) as failure:
            open_vault(location, OTHER_WRAPPING_KEY)
        assert code_of(failure) == "vault.wrong-wrapping-key"
        assert failure.value.remedy

    @pytest.mark.parametrize(
        "nowhere", ["/nonexistent/vault.db", "postgresql://127.0.0.1:1/nothing"]
    )
    def test_storage_out_of_reach_is_unavailable(self, nowhere: str) -> None:
        with pytest.raises(Unavailable) as failure:
            open_vault(nowhere, WRAPPING_KEY)
        assert code_of(failure) == "vault.unreachable"


class TestSqliteFile:
    """What only the vault in a file can promise."""

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "vault.db"

    @pytest.fixture
    def table(self, path: Path) -> Iterator[SqliteKeyTable]:
        with closing(SqliteKeyTable(path, patience=0.2)) as table:
            yield table

    @staticmethod
    def bytes_on_disk(path: Path) -> bytes:
        return b"".join(file.read_bytes() for file in path.parent.glob("vault.db*"))

    def filled(self, table: SqliteKeyTable) -> tuple[Vault, list[str]]:
        """A vault of 600 keys: enough pages to split, in the order real ids come."""
        vault = Vault(table, WRAPPING_KEY)
        incidents = [str(uuid4()) for _ in range(200)]
        for start in range(0, 200, 20):
            vault.ensure(
                [f"{i}/{s}" for i in incidents[start : start + 20] for s in ("a", "b", "c")]
            )
        return vault, incidents

    def test_destroyed_keys_are_gone_from_every_file(
        self, table: SqliteKeyTable, path: Path
    ) -> None:
        vault, incidents = self.filled(table)
        rows = table.live()
        doomed, kept = incidents[::4], incidents[1::4]
        before = self.bytes_on_disk(path)
        assert all(stored in before for stored in rows.values())
        for incident in doomed:
            vault.shred(incident)
        after = self.bytes_on_disk(path)
        assert not [i for i in doomed for s in "abc" if rows[f"{i}/{s}"] in after]
        assert all(rows[f"{i}/{s}"] in after for i in kept for s in "abc")

    def test_old_wrappings_are_gone_from_every_file(
        self, table: SqliteKeyTable, path: Path
    ) -> None:
        vault, _ = self.filled(table)
        old = table.live()
        vault.rewrap(OTHER_WRAPPING_KEY)
        after = self.bytes_on_disk(path)
        assert not [key_id for key_id, stored in old.items() if stored in after]

    def test_a_reader_delays_the_scrubbing_and_a_repetition_completes_it(
        self, table: SqliteKeyTable, path: Path
    ) -> None:
        vault = Vault(table, WRAPPING_KEY)
        [matter] = key_ids()
        incident = matter.split("/")[0]
        vault.ensure([matter])
        stored = table.live()[matter]
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM data_key").fetchall()
            with pytest.raises(Unavailable) as failure:
                vault.shred(incident)
            assert code_of(failure) == "vault.busy"
            assert stored in self.bytes_on_disk(path)
            with pytest.raises(Refused):
                vault.ensure([matter])
        assert vault.shred(incident) == (matter,)
        assert stored not in self.bytes_on_disk(path)

    def test_a_full_disk_is_told_and_no_key_half_made(self, table: SqliteKeyTable) -> None:
        vault = Vault(table, WRAPPING_KEY)
        ids = key_ids(*(f"subject-{n}" for n in range(500)))
        table.connection.execute("PRAGMA max_page_count=6")
        with pytest.raises(Unavailable) as failure:
            vault.ensure(ids)
        assert code_of(failure) == "vault.full"
        with pytest.raises(Unknown):
            vault.seal(ids[0], WORDS, ENVELOPE)
        table.connection.execute("PRAGMA max_page_count=1000")
        vault.ensure(ids)
        assert vault.open(vault.seal(ids[-1], WORDS, ENVELOPE), ENVELOPE) == WORDS

    def test_its_files_are_private(self, table: SqliteKeyTable, path: Path) -> None:
        Vault(table, WRAPPING_KEY)
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.glob("vault.db*")}
        assert modes == {"vault.db": 0o600, "vault.db-wal": 0o600, "vault.db-shm": 0o600}

    def test_it_waits_while_another_process_is_making_the_file(self, path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("CREATE TABLE unrelated (x)")
            other.execute("BEGIN IMMEDIATE")
            with ThreadPoolExecutor(1) as thread:
                opening = thread.submit(open_vault, str(path), WRAPPING_KEY)
                time.sleep(0.2)
                other.execute("COMMIT")
                with closing(opening.result(timeout=PATIENCE)) as vault:
                    vault.ensure(key_ids())

    def test_a_file_that_is_no_vault_is_untrusted(self, path: Path) -> None:
        path.write_bytes(b"a letter from the first middle school " * 50)
        with pytest.raises(Untrusted) as failure:
            open_vault(str(path), WRAPPING_KEY)
        assert code_of(failure) == "vault.damaged"


def test_a_lost_postgres_connection_is_told_once_and_made_anew(postgres_url: str) -> None:
    with closing(open_vault(postgres_url, WRAPPING_KEY)) as vault:
        with psycopg.connect(postgres_url, autocommit=True) as operator:
            operator.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        ids = key_ids()
        with pytest.raises(Unavailable) as failure:
            vault.ensure(ids)
        assert code_of(failure) == "vault.unreachable"
        vault.ensure(ids)
        assert vault.open(vault.seal(ids[0], WORDS, ENVELOPE), ENVELOPE) == WORDS


class TestWrappingKeyFile:
    def test_it_is_made_once_private_and_random(self, tmp_path: Path) -> None:
        one, other = tmp_path / "one.key", tmp_path / "other.key"
        key = load_or_create_wrapping_key(one)
        assert len(key) == 32
        assert load_or_create_wrapping_key(one) == key
        assert load_or_create_wrapping_key(other) != key
        assert one.stat().st_mode & 0o777 == 0o600
        assert sorted(file.name for file in tmp_path.iterdir()) == ["one.key", "other.key"]

    def test_those_who_start_at_once_get_the_same_key(self, tmp_path: Path) -> None:
        path = tmp_path / "wrapping.key"
        with ThreadPoolExecutor(8) as threads:
            keys = set(threads.map(load_or_create_wrapping_key, [path] * 32))
        assert len(keys) == 1

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
    def test_a_file_open_to_others_is_refused(self, tmp_path: Path, mode: int) -> None:
        path = tmp_path / "wrapping.key"
        load_or_create_wrapping_key(path)
        path.chmod(mode)
        with pytest.raises(Untrusted) as failure:
            load_or_create_wrapping_key(path)
        assert code_of(failure) == "vault.wrapping-key-exposed"

    @pytest.mark.parametrize("content", [b"", b"AAAA", b"not base64 at all"])
    def test_a_file_without_a_key_is_untrusted(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "wrapping.key"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(content)
        with pytest.raises(Untrusted) as failure:
            load_or_create_wrapping_key(path)
        assert code_of(failure) == "vault.wrapping-key-malformed"

    def test_a_missing_directory_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(Unavailable) as failure:
            load_or_create_wrapping_key(tmp_path / "nowhere" / "wrapping.key")
        assert code_of(failure) == "vault.wrapping-key-unavailable"
