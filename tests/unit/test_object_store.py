"""Images in S3: signed as S3 wants it, patient with its faults, clear about wrong keys, and nothing lost on the way."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pochoir.domain.errors import Conflict, InvalidValue, NotFound, Unavailable
from pochoir.infra.blobs import Blobs, name_of
from pochoir.infra.object_store import ObjectBlobs, Place
from upstream import s3 as stand_in
from upstream.s3 import BUCKET, KEY, REGION, S3, SECRET, Fault

DATA = bytes(range(256)) * 8_000


@pytest.fixture
def s3() -> Iterator[S3]:
    with stand_in.running(slow_seconds=1.5) as server:
        yield server


@pytest.fixture
def place(s3: S3) -> Place:
    return Place(BUCKET, "work/images", s3.url, REGION, KEY, SECRET, timeout=1.0)


@pytest.fixture
def blobs(place: Place, tmp_path: Path) -> ObjectBlobs:
    return ObjectBlobs(place, Blobs(tmp_path / "blobs"))


def test_bytes_come_back_by_their_name(blobs: ObjectBlobs, s3: S3) -> None:
    blobs.sweep()
    name = blobs.put(DATA)
    assert name == name_of(DATA)
    assert s3.objects[f"work/images/{name[:2]}/{name}"].data == DATA
    assert blobs.get(name) == DATA
    assert list(blobs.local.names()) == []
    assert s3.refused == []
    with pytest.raises(NotFound, match="backup"):
        blobs.get(name_of(b"never put"))


@pytest.mark.parametrize("fault", ["500", "503", "slow", "lost", "lost after"])
def test_a_fault_is_tried_again(blobs: ObjectBlobs, s3: S3, fault: Fault) -> None:
    s3.failing.append(fault)
    name = blobs.put(DATA)
    assert list(blobs.local.names()) == []
    s3.failing.append("503" if fault == "lost after" else fault)
    assert blobs.get(name) == DATA


def test_an_answer_cut_in_half_is_never_half_an_image(blobs: ObjectBlobs, s3: S3) -> None:
    name = blobs.put(DATA)
    s3.failing.append("half")
    assert blobs.get(name) == DATA


def test_what_cannot_be_sent_waits_and_goes_later(blobs: ObjectBlobs, s3: S3) -> None:
    s3.failing.extend(["500"] * 3)
    name = blobs.put(DATA)
    assert list(blobs.local.names()) == [name]
    assert blobs.get(name) == DATA
    asked = s3.requests
    other = blobs.put(b"another")
    assert s3.requests == asked, "a store that is away is left in peace for a while"
    assert blobs.send_waiting() == 2
    assert list(blobs.local.names()) == []
    assert (blobs.get(name), blobs.get(other)) == (DATA, b"another")


def test_sending_stops_at_the_first_failure_and_loses_nothing(blobs: ObjectBlobs, s3: S3) -> None:
    names = {blobs.local.put(bytes([number]) * 10) for number in range(5)}
    s3.failing.extend(["503"] * 3)
    assert blobs.send_waiting() == 0
    assert set(blobs.local.names()) == names
    assert blobs.send_waiting() == 5
    assert {key.rpartition("/")[2] for key in s3.objects} == names


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"secret": "wrong"}, "secret key is wrong"),
        ({"key": "AKIDNOBODY"}, "access key is unknown"),
        ({"region": "us-east-1"}, "region is wrong"),
        ({"bucket": "nowhere"}, "no such bucket"),
    ],
)
def test_a_wrong_key_ends_the_start_in_words_and_loses_nothing(
    place: Place, s3: S3, tmp_path: Path, change: dict[str, str], words: str
) -> None:
    blobs = ObjectBlobs(replace(place, **change), Blobs(tmp_path / "blobs"))  # type: ignore[arg-type]
    with pytest.raises(Conflict, match=words) as caught:
        blobs.sweep()
    assert "Correct POCHOIR_BLOBS" in caught.value.message
    assert SECRET not in caught.value.message
    name = blobs.put(DATA)
    assert blobs.get(name) == DATA
    assert s3.refused
    assert not s3.objects
    with pytest.raises(Unavailable, match="cannot be stored"):
        blobs.get(name_of(b"other"))


def test_a_store_that_is_away_does_not_end_the_start(tmp_path: Path, place: Place) -> None:
    away = ObjectBlobs(replace(place, endpoint="http://127.0.0.1:9", timeout=0.5), Blobs(tmp_path / "blobs"))
    away.sweep()
    name = away.put(DATA)
    assert away.get(name) == DATA
    with pytest.raises(Unavailable, match="cannot be reached"):
        away.get(name_of(b"other"))


def test_young_blobs_are_not_forgotten(blobs: ObjectBlobs, s3: S3) -> None:
    name = blobs.put(DATA)
    assert not blobs.forget(name)
    s3.age(7_200)
    blobs.put(DATA)
    assert not blobs.forget(name), "it was wanted anew a moment ago"
    s3.age(7_200)
    assert blobs.forget(name)
    assert s3.objects == {}
    assert blobs.forget(name), "once more does no harm"
    waiting = blobs.local.put(b"waits")
    os.utime(blobs.local.path(waiting), (time.time() - 7_200,) * 2)
    assert blobs.forget(waiting)
    assert list(blobs.local.names()) == []


@pytest.mark.parametrize("url", ["s3://", "gs://bucket", "bucket", "s3://key@bucket", "s3://bucket?x=1"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InvalidValue, match="s3://bucket"):
        Place.of(url, {})


def test_the_address_and_the_variables_are_read() -> None:
    env = {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "c",
        "POCHOIR_S3_ENDPOINT": "d",
    }
    assert Place.of("s3://bucket/a/b/", env) == Place("bucket", "a/b", "d", "c", "a", "b")
    assert "b" not in repr(Place("x", secret="b")).replace("bucket", "")
