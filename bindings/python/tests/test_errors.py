"""Exceptions: every status of the library has a class, and tells all there is."""

from __future__ import annotations

import builtins
import errno
import pickle
import re
import socket
import threading

import oxrtmp
import pytest
from conftest import ROOT, Collector
from oxrtmp import _errors, _native


def statuses_of_the_header() -> dict[str, int]:
    text = (ROOT / "include/oxrtmp.h").read_text()
    return {name: int(number) for name, number in re.findall(r"^  XX\((\w+), (-?\d+), ", text, re.MULTILINE)}


def test_every_status_of_the_header_has_a_class() -> None:
    header = statuses_of_the_header()
    assert len(header) > 30
    assert header == _native.STATUSES
    ours = {"OK" if s == 0 else "E_" + s.name: int(s) for s in oxrtmp.Status}
    assert ours == header
    assert set(_errors.CLASSES) == {number for number in header.values() if number != 0}
    for number, cls in _errors.CLASSES.items():
        assert issubclass(cls, _errors.GROUPS[-number // 100]), cls


def test_names_and_texts_are_the_library_s() -> None:
    for status in oxrtmp.Status:
        name = _native.status_name(status)
        assert name == ("OXRTMP_OK" if status == 0 else f"OXRTMP_E_{status.name}")
        assert _native.status_text(status)


def test_unknown_numbers_belong_to_their_group() -> None:
    assert _errors.class_of(-199) is oxrtmp.UsageError
    assert _errors.class_of(-299) is oxrtmp.TransportError
    assert _errors.class_of(-399) is oxrtmp.ProtocolError
    assert _errors.class_of(-499) is oxrtmp.RefusedError
    assert _errors.class_of(-999) is oxrtmp.InternalError
    assert _errors.class_of(-5000) is oxrtmp.Error
    assert _errors.make_error(-299, "new", "tcp", "", "").name == "?"


@pytest.mark.parametrize(
    ("cls", "base"),
    [
        (oxrtmp.TimeoutError, builtins.TimeoutError),
        (oxrtmp.ConnectionError, builtins.ConnectionError),
        (oxrtmp.TransportError, OSError),
        (oxrtmp.ArgumentError, ValueError),
        (oxrtmp.EndOfStreamError, EOFError),
        (oxrtmp.ForkedError, RuntimeError),
        (oxrtmp.OutOfMemoryError, MemoryError),
        (oxrtmp.AgainError, BlockingIOError),
        (oxrtmp.UnsupportedError, NotImplementedError),
    ],
)
def test_idiomatic_bases(cls: type[oxrtmp.Error], base: type[Exception]) -> None:
    assert issubclass(cls, base) and issubclass(cls, oxrtmp.Error)
    assert cls.__module__ == "oxrtmp"


def test_errors_survive_pickle() -> None:
    for number in _errors.CLASSES:
        error = _errors.make_error(number, "what", "publish", "Net.Code", "words", 13, 40)
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error) and str(again) == str(error)
        for name in ("status", "name", "detail", "phase", "code", "description", "os_error", "tls_alert"):
            assert getattr(again, name) == getattr(error, name), name


def test_refusal_carries_the_peer_s_words() -> None:
    with oxrtmp.Server("127.0.0.1:0") as server:
        threading.Thread(
            target=lambda: server.accept(10).reject("no such key", code="NetStream.Publish.Denied")
        ).start()
        with pytest.raises(oxrtmp.RefusedError) as caught:
            oxrtmp.Client.publish(f"rtmp://{server.address}/live/x")
    error = caught.value
    assert (error.phase, error.code, error.description) == ("publish", "NetStream.Publish.Denied", "no such key")
    assert error.status in (oxrtmp.Status.AUTH, oxrtmp.Status.REFUSED, oxrtmp.Status.NAME)
    assert str(error) == "publish: NetStream.Publish.Denied: no such key"


def test_connection_refused_says_where_and_why() -> None:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))  # bound, not listening
        with pytest.raises(builtins.ConnectionError) as caught:
            oxrtmp.Client.publish(f"rtmp://127.0.0.1:{s.getsockname()[1]}/live/x")
        assert str(caught.value) == f"tcp: 127.0.0.1:{s.getsockname()[1]}: connection refused"
    assert isinstance(caught.value, oxrtmp.ConnectionError)
    assert (caught.value.phase, caught.value.status) == ("tcp", oxrtmp.Status.CONNECT)


def test_messages_are_for_readers() -> None:
    """No names of C or Go in them."""
    with oxrtmp.Server("127.0.0.1:0") as server:
        with pytest.raises(oxrtmp.TimeoutError) as late:
            server.accept(0)
        server.close()
        with pytest.raises(oxrtmp.UsageError) as closed:
            server.accept(0)
    with pytest.raises(oxrtmp.ArgumentError) as wrong:
        oxrtmp.Server("127.0.0.1:0", chunk_size=65537)
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(oxrtmp.TimeoutError) as silent:
        url = f"rtmp://127.0.0.1:{mute.getsockname()[1]}/live/x"
        oxrtmp.Client.publish(url, timeouts=oxrtmp.Timeouts(handshake=0.1))
    assert str(wrong.value) == "chunk_size is above 65536"
    assert str(silent.value) == "handshake: the peer did not answer in time"
    for error in (late, closed, wrong, silent):
        assert not re.search(r"OXRTMP|rtmp: |capi|Options", str(error.value)), error.value
        assert len(str(error.value)) > 10


def test_address_in_use_has_its_errno() -> None:
    with oxrtmp.Server("127.0.0.1:0") as server:
        with pytest.raises(OSError) as caught:
            oxrtmp.Server(server.address)
    assert isinstance(caught.value, oxrtmp.TransportError)
    assert caught.value.status == oxrtmp.Status.ADDRESS
    assert caught.value.errno == errno.EADDRINUSE


def test_bad_arguments() -> None:
    with pytest.raises(ValueError):
        oxrtmp.Client.publish("http://127.0.0.1/live/x")
    with pytest.raises(ValueError):
        oxrtmp.Client.publish("rtmp://127.0.0.1/live/x\0y")
    with pytest.raises(ValueError):
        oxrtmp.Client.publish("rtmp://127.0.0.1/live/x", publish_type="sometimes")
    with pytest.raises(TypeError, match="no option 'chunk_sise'"):
        oxrtmp.Server("127.0.0.1:0", chunk_sise=1)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="chunk_size"):
        oxrtmp.Server("127.0.0.1:0", chunk_size=-1)
    with pytest.raises(TypeError):
        oxrtmp.Server(1935)  # type: ignore[arg-type]


def test_calls_on_what_is_closed(collector: Collector) -> None:
    client = oxrtmp.Client.publish(collector.url())
    client.close()
    client.close()
    assert client.closed
    server = oxrtmp.Server("127.0.0.1:0")
    server.close()
    server.close()
    hub = oxrtmp.Hub()
    hub.close()
    for call in (lambda: client.send_audio(0, b"x"), client.flush, server.statistics, hub.streams):
        with pytest.raises(oxrtmp.ClosedError, match="^it is closed, or was answered$"):
            call()
    with pytest.raises(oxrtmp.ClosedError):
        server.accept()
    assert list(server) == []
