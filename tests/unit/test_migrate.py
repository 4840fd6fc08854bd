"""The schema is brought up to date once; where it is, the migration tool is not even loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, inspect, text

from pochoir.domain.errors import Conflict, Unavailable
from pochoir.features.runs.store import runs
from pochoir.infra.db import migrate

LOADED = "import sys; from pochoir.infra.db import migrate; migrate(sys.argv[1]); print('alembic' in sys.modules)"


def test_a_database_that_is_up_to_date_is_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.sqlite'}"
    for loaded in ("True", "False"):
        done = subprocess.run([sys.executable, "-c", LOADED, url], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == loaded
    engine = create_engine(url)
    assert {"artifacts", "attempts", "ledger"} <= set(inspect(engine).get_table_names())
    engine.dispose()


def test_a_database_of_an_older_version_gets_what_it_lacks(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.sqlite'}"
    migrate(url)
    engine = create_engine(url)
    with engine.begin() as conn:
        for table in ("batch_inputs", "allotments"):
            conn.execute(text(f"DROP TABLE {table}"))
        conn.execute(text("DROP INDEX ix_reservations_run"))
        conn.execute(text("ALTER TABLE reservations DROP COLUMN run"))
        for state in ("waiting", "succeeded"):
            conn.execute(
                insert(runs).values(
                    id=f"run_{state}",
                    tool="poster",
                    version=1,
                    model="m",
                    state=state,
                    inputs={},
                    outputs={},
                    error="",
                    quoted_microusd=360_000,
                    quote_exact=True,
                    charged_microusd=0,
                    maybe_charged=0,
                    images_done=0,
                    images_expected=9,
                    created="2026-11-29",
                    api_key="key_1",
                )
            )
        conn.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    migrate(url)
    assert {"batch_inputs", "allotments"} <= set(inspect(engine).get_table_names())
    assert "run" in {column["name"] for column in inspect(engine).get_columns("reservations")}
    with engine.connect() as conn:
        held = conn.execute(text("SELECT run, api_key, amount_microusd, most_microusd, images FROM allotments")).all()
    assert held == [("run_waiting", "key_1", 360_000, None, 9)], "what is open holds its price from now on"
    engine.dispose()


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.sqlite'}"
    migrate(url)
    engine = create_engine(url)
    with engine.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(Conflict, match=r"newer Pochoir .schema 9999"):
        migrate(url)


def test_what_is_no_database_and_what_is_away_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.sqlite").write_bytes(b"no database at all " * 100)
    with pytest.raises(Conflict, match=r"a\.sqlite is no database, or it is damaged\. Restore it"):
        migrate(f"sqlite:///{tmp_path / 'a.sqlite'}")
    with pytest.raises(Unavailable, match=r"cannot be reached .* Start it, or correct POCHOIR_DATABASE_URL"):
        migrate("postgresql+psycopg://u@127.0.0.1:9/y")
