from __future__ import annotations

import threading
from typing import Any

import pytest

from volio.errors import UsageError
from volio.settings import Options


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> Options:
    for name in (
        "THREADS",
        "MMAP",
        "KEEP_FILE_OPEN",
        "CHECKPOINT_MEMORY",
        "CHUNK_MEMORY",
        "CONNECTIONS",
        "DURABLE",
    ):
        monkeypatch.delenv(f"VOLIO_{name}", raising=False)
    return Options()


def test_defaults(options: Options):
    assert options.threads >= 1
    assert options.mmap is False
    assert options.keep_file_open is False
    assert options.checkpoint_memory == 64 << 20
    assert options.chunk_memory == 256 << 20
    assert options.connections == 16
    assert options.durable is True


def test_values_set_here_stay_until_reset(options: Options):
    default = options.threads
    options.threads = default + 3
    assert options.threads == default + 3
    options.reset()
    assert options.threads == default


@pytest.mark.parametrize(
    ("variable", "text", "name", "value"),
    [
        ("VOLIO_THREADS", "3", "threads", 3),
        ("VOLIO_MMAP", "r", "mmap", "r"),
        ("VOLIO_MMAP", "yes", "mmap", True),
        ("VOLIO_KEEP_FILE_OPEN", "True", "keep_file_open", True),
        ("VOLIO_KEEP_FILE_OPEN", "0", "keep_file_open", False),
        ("VOLIO_CHECKPOINT_MEMORY", "0", "checkpoint_memory", 0),
        ("VOLIO_CHUNK_MEMORY", "0", "chunk_memory", 0),
        ("VOLIO_CONNECTIONS", "1", "connections", 1),
        ("VOLIO_DURABLE", "no", "durable", False),
    ],
)
def test_environment(
    options: Options, monkeypatch: pytest.MonkeyPatch, variable: str, text: str, name: str, value
):
    monkeypatch.setenv(variable, text)
    found = getattr(options, name)
    assert found == value
    assert type(found) is type(value)


def test_bad_environment_is_named(options: Options, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("VOLIO_THREADS", "many")
    with pytest.raises(UsageError, match=r"environment variable VOLIO_THREADS: .*'many'"):
        _ = options.threads


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("threads", 0),
        ("threads", 1.5),
        ("threads", "x"),
        ("mmap", "w"),
        ("mmap", 1),
        ("keep_file_open", "yes"),
        ("checkpoint_memory", -1),
        ("colour", "red"),
    ],
)
def test_bad_values_are_refused_and_change_nothing(options: Options, name: str, value: Any):
    before = repr(options)
    with pytest.raises(UsageError, match=name):
        setattr(options, name, value)
    with pytest.raises(UsageError, match=name), options(**{"threads": 7, name: value}):
        pass
    assert repr(options) == before


def test_with_changes_nest_and_end(options: Options):
    options.threads = 5
    with options(threads=2, mmap="c") as same:
        assert same is options
        assert (options.threads, options.mmap) == (2, "c")
        with options(threads=3):
            assert (options.threads, options.mmap) == (3, "c")
        assert options.threads == 2
    assert (options.threads, options.mmap) == (5, False)


def test_with_changes_this_thread_only(options: Options):
    options.threads = 5
    seen = []
    with options(threads=2):
        other = threading.Thread(target=lambda: seen.append(options.threads))
        other.start()
        other.join()
    assert seen == [5]


def test_unknown_names_are_listed(options: Options):
    with pytest.raises(AttributeError, match=r"'thread'.*threads"):
        _ = options.thread
    assert {"threads", "mmap", "reset"} <= set(dir(options))
