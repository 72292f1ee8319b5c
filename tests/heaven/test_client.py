"""What is the client's own: connections, failures of the server, errors that come back typed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from genesis_ssmp.heaven import Closed, Heaven, HeavenError, Json, errors
from genesis_ssmp.heaven.client import HeavenClient
from genesis_ssmp.heaven.errors import HeavenRefused, HeavenUnreachable
from genesis_ssmp.heaven.faults.router import FaultRefused
from genesis_ssmp.heaven.protocol import HeavenProtocol
from genesis_ssmp.heaven.server.failures import failure, revive
from genesis_ssmp.proto.leases import Scope
from genesis_ssmp.proto.wire import WireError
from kit.server import Wire, client_of, serving

ERRORS: list[HeavenError] = [
    errors.HeavenInUse(12, Path("/r/.heaven/lock")),
    errors.HeavenInUse(None, Path("/r/.heaven/lock")),
    errors.NoHeaven(Path("/r")),
    errors.NoRepository(Path("/r"), "it is not a directory"),
    errors.UnknownFormat(Path("/r"), "9", "1"),
    errors.OtherVersion("1", "2"),
    errors.ReadOnly(),
    errors.Closed(),
    errors.NotCanonical("NaN is no JSON"),
    errors.PathOutside("../x", "the path climbs with '..'"),
    errors.TreeUnreadable("a.py", "Permission denied"),
    errors.BadBlobId("x"),
    errors.BlobMissing("0" * 64),
    errors.BlobDamaged("0" * 64, Path("/r/b")),
    errors.BadEvent("no"),
    errors.EventTooLarge(9, 8),
    errors.LogDamaged(Path("/r/log"), 17, "a hole"),
    errors.LogFailed(Path("/r/log"), "No space left on device"),
    errors.BadScope("no"),
    errors.LeaseNotOwned("L1", "a", "b"),
    errors.LeaseGone("L1"),
    errors.NotLeased("a", "x.py", None),
    errors.NotLeased("a", "x.py", "b"),
    errors.StaleToken("a", "x.py", 3, 4),
    errors.StaleToken("a", "x.py", 3, None),
    errors.NoSuchFile("x.py", "there is no such file"),
    errors.BadSlice("no"),
    errors.PromptMissing("ab", "no prompt ab", ("cd",)),
    errors.SectionMissing("0" * 64, 3, 2),
    errors.PromptTooLarge("bytes", 9, 8),
    errors.PromptDamaged("0" * 64, "a section is missing"),
    FaultRefused("unknown", "there is no symbol 'x'", ["y", "z"]),
    FaultRefused("budget", "all is drawn"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: type(e).__name__)
def test_an_error_crosses_the_wire_whole(error: HeavenError) -> None:
    status, body = failure(error)
    assert 400 <= status < 600
    again = revive(status, body)
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)


def test_every_error_of_heaven_crosses_the_wire() -> None:
    ours = {
        one
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, HeavenError) and one is not HeavenError
    }
    clients_own = {HeavenUnreachable, HeavenRefused}
    assert ours - clients_own <= {type(error) for error in ERRORS}


def test_an_answer_of_another_version_is_still_a_refusal() -> None:
    bodies: list[dict[str, Json]] = [
        {},
        {"error": "why"},
        {"error": "why", "type": "Newer", "fields": {}},
    ]
    for body in bodies:
        error = revive(418, body)
        assert isinstance(error, HeavenRefused)
        assert error.status == 418
    found = revive(
        422, {"error": "x", "type": "WireError", "fields": {"path": "a", "message": "b"}}
    )
    assert isinstance(found, WireError) and found.path == "a"


def test_both_implementations_have_the_whole_protocol() -> None:
    names = {n for n in vars(HeavenProtocol) if not n.startswith("_")}
    assert len(names) > 20
    for kind in (Heaven, HeavenClient):
        assert names <= set(dir(kind))


def test_a_wrong_token_is_refused_with_a_hint(wire: Wire) -> None:
    with HeavenClient(wire.server.info.url, "wrong") as client, pytest.raises(HeavenRefused) as no:
        client.status()
    assert no.value.status == 401
    assert "token" in no.value.reason


def test_nobody_listening_is_told_before_anything_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with HeavenClient(f"http://127.0.0.1:{port}", "t") as client:
        with pytest.raises(HeavenUnreachable) as gone:
            client.append("note", {})
        assert not gone.value.sent


def test_a_server_that_does_not_answer_is_given_up_and_the_doubt_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with HeavenClient(url, "t", timeout=0.2) as client:
            with pytest.raises(HeavenUnreachable) as slow:
                client.append("note", {})
            assert slow.value.sent


def _answering_once(listener: socket.socket, counts: list[bytes]) -> None:
    """Takes requests and hangs up on each without an answer."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            counts.append(connection.recv(65_536).split(b" ")[0])


@pytest.mark.parametrize(
    ("ask", "times"),
    [
        (lambda c: c.status(), 2),
        (lambda c: c.append("note", {}), 1),
        (lambda c: c.clock_inc([]), 1),
    ],
    ids=["a question", "an append", "an increase"],
)
def test_only_a_question_is_asked_again_after_a_lost_connection(
    ask: Callable[[HeavenClient], object], times: int
) -> None:
    """What changes something may have been done: doing it twice is worse than asking."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_answering_once, args=(listener, asked))
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with HeavenClient(url, "t", timeout=5) as client:
            with pytest.raises(HeavenUnreachable) as lost:
                ask(client)
            assert lost.value.sent
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    assert len(asked) == times


def test_threads_share_a_client(wire: Wire) -> None:
    failures: list[BaseException] = []
    with client_of(wire.server) as client:

        def work(number: int) -> None:
            try:
                for _ in range(10):
                    client.clock_inc([f"f{number}.py"])
                    client.append("note", {"n": number})
            except HeavenError as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []
    assert wire.heaven.last_seq == 160
    assert set(wire.heaven.clocks([f"f{n}.py" for n in range(8)]).values()) == {10}


def test_contending_clients_hold_a_scope_one_at_a_time(wire: Wire) -> None:
    """Four clients, one file, a counter read and written without any other protection."""
    counter = [0]
    rounds = 5

    def work(owner: str) -> None:
        with client_of(wire.server) as client:
            done = 0
            while done < rounds:
                granted = client.acquire(owner, "m", [Scope("file", "counter")]).acquired
                if granted:
                    value = counter[0]
                    client.status()
                    counter[0] = value + 1
                    client.release(owner, [granted[0].lease_id])
                    done += 1

    threads = [threading.Thread(target=work, args=(f"owner-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter[0] == 4 * rounds


def test_a_closed_client_says_so(wire: Wire) -> None:
    with client_of(wire.server) as client:
        client.status()
    with pytest.raises(Closed):
        client.status()
    client.close()


def test_a_client_finds_the_server_of_a_repository(tmp_path: Path) -> None:
    assert HeavenClient.find(tmp_path) is None
    with Heaven.open(tmp_path) as heaven, serving(heaven):
        found = HeavenClient.find(tmp_path)
        assert found is not None
        with found:
            found.append("note", {})
        assert heaven.last_seq == 1


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1:1", "127.0.0.1:1", "http://h/path", "file:///x"]
)
def test_another_url_than_a_servers_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="http://HOST:PORT"):
        HeavenClient(url, "t")


def test_pages_of_large_events_arrive_whole(wire: Wire) -> None:
    """Ten events of 1 MiB are several pages; `tail` and `events` still give all of them."""
    for n in range(10):
        wire.heaven.append("note", {"n": n, "t": "x" * 1_048_576}, sync=False)
    with client_of(wire.server) as client:
        assert [e.data["n"] for e in client.tail(10)] == list(range(10))
        assert [e.data["n"] for e in client.events()] == list(range(10))
