"""Which mirror is asked, who asks, and how fetchers are made and sent to other processes."""

from __future__ import annotations

import copy
import logging
import pickle
import subprocess
import sys
from base64 import b64encode

import numpy as np
import pytest

from volio.errors import HeaderDataError, RemoteError, UsageError, UsageTypeError, VolioWarning
from volio.testing.servers.tile_images import TileEncoding
from volio.testing.servers.tile_server import TileServer, pixels
from volio.testing.servers.web_server import Fault, serving
from volio.tiles import ImageFetcher, Stack, StackMirror, ThreadedImageFetcher

FETCHERS = [ImageFetcher, ThreadedImageFetcher]
SMALL = [[0, 0, 0], [9, 8, 1]]  # x, y, z
USER = ("user", "word")
BASIC = f"Basic {b64encode(b'user:word').decode()}"


def fetcher_of(server: TileServer, mirror=0, fetcher_class=ThreadedImageFetcher, **choices):
    patient = {"timeout": 60, **choices}  # on a busy machine nothing is to be asked for twice
    return fetcher_class.from_stack_info(server.info(), "xyz", mirror, **patient)


def check_small(fetcher: ImageFetcher) -> None:
    np.testing.assert_array_equal(fetcher.get(SMALL), pixels()[:9, :8, :1])


def kinds(server: TileServer) -> set[str]:
    """Types of the mirrors that were asked."""
    return {path.split("/")[2] for path, _ in server.asked}


def test_a_mirror_is_set_by_itself_its_position_or_its_title(server):
    fetcher = fetcher_of(server)
    first, second = fetcher.stack.mirrors
    for given in (second, 1, "1", "type 1"):
        fetcher.mirror = first
        fetcher.mirror = given
        assert fetcher.mirror is second
    check_small(fetcher)
    assert kinds(server) == {"1"}


def test_a_mirror_of_another_stack_is_refused(server):
    fetcher = fetcher_of(server)
    stranger = StackMirror.from_dict(server.mirror(4))
    with pytest.raises(UsageError, match=r"is not one of the stack's: 0: mirror 'type 4' \("):
        fetcher.mirror = stranger
    assert fetcher.mirror is fetcher.stack.mirrors[0]


@pytest.mark.parametrize("given", [7, "7", "nothing", -1])
def test_a_mirror_that_is_not_there_is_said_and_none_is_set(server, given):
    match = f"no mirror has the position or title {given!r}; there are 0: mirror 'type 4'"
    with pytest.warns(VolioWarning, match=match):
        fetcher = fetcher_of(server, given)
    with pytest.warns(VolioWarning, match="no mirror is set: mirror 'type 4'"):
        assert fetcher.mirror is fetcher.stack.mirrors[0]


def test_without_a_mirror_each_read_takes_the_first_and_says_so(server):
    fetcher = fetcher_of(server, None)
    for _ in range(2):
        with pytest.warns(VolioWarning, match="no mirror is set") as caught:
            check_small(fetcher)
        assert len(caught) == 1
        assert caught[0].filename == __file__
    assert kinds(server) == {"4"}


def test_a_stack_needs_mirrors():
    fetcher = ImageFetcher(Stack({"x": 5, "y": 5, "z": 5}))
    with pytest.raises(UsageError, match="the stack has no mirrors"):
        fetcher.get(SMALL)
    with pytest.raises(UsageError, match="the stack has no mirrors"):
        fetcher.set_fastest_mirror()


def test_another_mirror_gives_its_own_tiles(server):
    """What was kept of the first must not be taken for those of the second."""
    fetcher = fetcher_of(server, 0)
    check_small(fetcher)
    fetcher.mirror = 1
    check_small(fetcher)
    assert kinds(server) == {"1", "4"}


# The fastest mirror.


def test_the_fastest_mirror_is_taken(server):
    slow = server.mirror(4)["image_base"]
    fetcher = fetcher_of(server, None)
    original = server.next_fault

    def slower(path):
        return Fault(wait=0.15) if slow.endswith(path[:9]) else original(path)

    server.next_fault = slower
    fetcher.set_fastest_mirror(reps=2)
    assert fetcher.mirror is fetcher.stack.mirrors[1]
    assert len(server.asked) == 6  # once to connect, then twice, each
    # The tile at the canary location: x 300, y 200, slice 1.
    assert {path for path, _ in server.asked} == {"/tiles/4/1/0/1_1.png", "/tiles/1/1/1_1_0.png"}


def test_time_counts_for_a_pixel_or_for_a_tile():
    """A mirror with tiles four times as large takes twice as long for each."""
    with serving(TileServer(4)) as small, serving(TileServer(4)) as large:
        mirrors = [
            small.mirror(4, title="small"),
            {**large.mirror(4, 1, title="large"), "tile_width": 512, "tile_height": 256},
        ]
        large.encoding = TileEncoding(wider=256, higher=128)
        small.every = Fault(wait=0.1)
        large.every = Fault(wait=0.2)
        info = {**small.info(), "mirrors": mirrors, "canary_location": {"x": 0, "y": 0, "z": 0}}
        fetcher = ImageFetcher.from_stack_info(info)
        fetcher.set_fastest_mirror()
        assert fetcher.mirror.title == "large"
        fetcher.set_fastest_mirror(normalise_by_tile_size=False)
        assert fetcher.mirror.title == "small"


def wrong_answers() -> dict[str, Fault]:
    return {
        "404": Fault(404, b"<html>not here</html>"),  # was fastest in catpy
        "401": Fault(401),
        "503": Fault(503),
        "is not a PNG": Fault(body=b"<html>welcome</html>"),
        "timed out": Fault(wait=20),
    }


@pytest.mark.parametrize("problem", wrong_answers())
def test_an_answer_that_is_no_tile_is_never_the_fastest(server, problem: str):
    fetcher = fetcher_of(server, None, timeout=0.9 if problem == "timed out" else 60)
    fault = wrong_answers()[problem]
    server.next_fault = lambda path: fault if path.startswith("/tiles/4/") else Fault(wait=0.05)
    fetcher.set_fastest_mirror()
    assert fetcher.mirror is fetcher.stack.mirrors[1]
    server.next_fault = lambda path: fault
    with pytest.raises(UsageError, match=rf"'type 4' \(.*{problem}.*'type 1' \(.*{problem}"):
        fetcher.set_fastest_mirror()


def test_a_tile_of_another_size_is_never_the_fastest(server):
    fetcher = fetcher_of(server, None)
    server.encoding = TileEncoding(wider=1)
    with pytest.raises(UsageError, match="must have 256 x 128 pixels, has 257 x 128"):
        fetcher.stack.get_fastest_mirror()
    with pytest.raises(UsageError, match="reps: must be 1 or more, got 0"):
        fetcher.stack.get_fastest_mirror(reps=0)


def test_credentials_are_sent_to_find_the_fastest(server):
    server.user = USER
    fetcher = fetcher_of(server, None, auth=USER)
    fetcher.set_fastest_mirror()
    assert set(server.statuses) == {200}
    with pytest.raises(UsageError, match="401"):
        fetcher.stack.get_fastest_mirror()
    for mirror in fetcher.stack.mirrors:
        mirror.auth = USER
    assert fetcher.stack.get_fastest_mirror() in fetcher.stack.mirrors


# Credentials.


@pytest.mark.parametrize("fetcher_class", FETCHERS)
def test_auth_is_looked_up_at_each_request(server, fetcher_class):
    """In catpy's threaded fetcher what was set later was of no effect."""
    server.user = USER
    fetcher = fetcher_of(server, 0, fetcher_class)
    with pytest.raises(RemoteError, match="401"):
        fetcher.get(SMALL)
    fetcher.auth = USER
    assert fetcher.auth == USER
    check_small(fetcher)


@pytest.mark.parametrize("fetcher_class", FETCHERS)
def test_auth_of_a_mirror_comes_before_that_of_the_fetcher(server, fetcher_class):
    server.user = USER
    fetcher = fetcher_of(server, 0, fetcher_class, auth=("other", "word"))
    fetcher.mirror.auth = USER
    assert fetcher.auth == USER
    check_small(fetcher)
    assert {headers["Authorization"] for headers in server.headers} == {BASIC}
    fetcher.clear_cache()
    fetcher.mirror.auth = None
    with pytest.raises(RemoteError, match="401"):
        fetcher.get(SMALL)


def test_auth_of_a_mirror_comes_from_its_description(server):
    """catpy dropped it."""
    server.user = USER
    info = server.info()
    info["mirrors"][0]["auth"] = USER
    check_small(ImageFetcher.from_stack_info(info, "xyz", 0))
    check_small(ImageFetcher.from_stack_info(server.info(), "xyz", 0, auth=USER))


def test_auth_may_be_that_of_requests(server):
    server.user = USER

    def add_headers(request):
        request.headers["Authorization"] = BASIC
        return request

    check_small(fetcher_of(server, auth=add_headers))


def test_secrets_are_not_in_messages(server):
    server.user = USER
    with pytest.raises(RemoteError, match="401") as raised:
        fetcher_of(server, auth=("other", "secret-word")).get(SMALL)
    assert "secret-word" not in str(raised.value)


# Failing over.


@pytest.mark.parametrize("fetcher_class", FETCHERS)
def test_another_mirror_stands_in_if_asked_to(server, fetcher_class):
    server.next_fault = lambda path: Fault(500) if path.startswith("/tiles/4/") else None
    with pytest.raises(RemoteError, match="500"):
        fetcher_of(server, 0, fetcher_class).get(SMALL)
    check_small(fetcher_of(server, 0, fetcher_class, failover=True))
    assert kinds(server) == {"1", "4"}


# Making and sending.


class Client:
    """A client of a CATMAID server, as far as fetchers use it."""

    project_id = 1

    def __init__(self, server: TileServer) -> None:
        self._server = server
        self.base_url = server.url

    def get(self, relative_url):
        assert relative_url == (1, "stack", 5, "info")
        return self._server.info()


class OldClient:
    project_id = 1

    def __init__(self, server: TileServer) -> None:
        self.fetch = Client(server).get


@pytest.mark.parametrize("client", [Client, OldClient])
@pytest.mark.parametrize("fetcher_class", FETCHERS)
def test_a_fetcher_of_a_client(server, fetcher_class, client):
    fetcher = fetcher_class.from_catmaid(client(server), 5, "xyz", preferred_mirror="type 1")
    check_small(fetcher)
    assert kinds(server) == {"1"}


def test_something_else_is_no_client(server):
    with pytest.raises(UsageTypeError, match="catmaid: must have project_id, and get or fetch"):
        ImageFetcher.from_catmaid("https://host", 5)


def test_an_info_that_makes_no_sense(server):
    with pytest.raises(HeaderDataError, match="stack info: dimension: is missing"):
        ImageFetcher.from_stack_info({})


def test_types_that_the_server_cuts_need_its_address(server):
    info = {**server.info(), "mirrors": [server.mirror(4, tile_source_type=3)]}
    known = ImageFetcher.from_stack_info(info, "xyz", 0, server=server.url)
    url = known.mirror.generate_url(known.mirror.tile_at(0, 0, 0))
    assert url.startswith(f"{server.url}/1/stack/5/tile?")
    with pytest.raises(UsageError, match="the CATMAID server, which is not known"):
        ImageFetcher.from_stack_info(info, "xyz", 0).get(SMALL)


@pytest.mark.parametrize("fetcher_class", FETCHERS)
def test_a_fetcher_pickles_without_tiles(server, fetcher_class):
    server.user = USER
    fetcher = fetcher_of(server, 1, fetcher_class, auth=USER, cval=3, cache_bytes=10**6)
    before = len(pickle.dumps(fetcher))
    fetcher.get([[0, 0, 0], [700, 530, 1]])
    data = pickle.dumps(fetcher)
    assert len(data) == before < 6_000
    sent = pickle.loads(data)
    assert (sent.mirror.title, sent.cval, sent.auth) == ("type 1", 3, USER)
    assert sent.mirror in sent.stack.mirrors
    check_small(sent)
    check_small(copy.deepcopy(fetcher))


SCRIPT = """
import pickle, sys
fetcher = pickle.load(sys.stdin.buffer)
sys.stdout.buffer.write(fetcher.get([[0, 0, 0], [300, 200, 2]]).tobytes())
"""


def test_a_fetcher_works_in_another_process(server):
    data = pickle.dumps(fetcher_of(server, threads=4))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], input=data, capture_output=True, check=True
    )
    found = np.frombuffer(done.stdout, np.uint8).reshape(300, 200, 2)
    np.testing.assert_array_equal(found, pixels()[:300, :200, :2])


def test_nothing_is_logged_by_the_root_logger(server, caplog):
    """catpy used it."""
    with caplog.at_level(logging.DEBUG):
        check_small(fetcher_of(server))
    assert [record.name for record in caplog.records if record.name == "root"] == []
