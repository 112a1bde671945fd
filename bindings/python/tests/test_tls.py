"""RTMPS, both sides."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import oxrtmp
import pytest
from conftest import Certificate, Run
from oxrtmp import TLS, Client, Server, aio


def pem(server: Server) -> str:
    """The certificate that a server shows."""
    host, _, port = server.address.removeprefix("rtmps://").rpartition(":")
    return ssl.get_server_certificate((host, int(port)), timeout=10)


def serve(server: Server, got: list[bytes]) -> threading.Thread:
    def take(request: oxrtmp.Request) -> None:
        with request.accept() as session:
            got.extend(bytes(packet.data) for packet in session)

    thread = threading.Thread(target=server.serve, args=(take,))
    thread.start()
    return thread


@pytest.mark.parametrize("memory", [False, True], ids=["files", "memory"])
def test_publishing_over_tls(certificate: Certificate, memory: bool) -> None:
    shown, trusted = certificate.shown, certificate.trusted
    if memory:
        shown = TLS(certificate_pem=certificate.file.read_text(), key_pem=certificate.key.read_text())
        trusted = TLS(ca_pem=certificate.file.read_text())
    got: list[bytes] = []
    with Server("rtmps://127.0.0.1:0", tls=shown) as server:
        assert server.address.startswith("rtmps://127.0.0.1:")
        serving = serve(server, got)
        with Client.publish(f"{server.address}/live/x", tls=trusted) as client:
            for n in range(100):
                client.send_audio(n, b"%d" % n)
        assert server.shutdown(10)
        serving.join(10)
    assert got == [b"%d" % n for n in range(100)]


def test_who_is_trusted(certificate: Certificate, tmp_path: Path) -> None:
    other = Certificate(tmp_path)
    der = ssl.PEM_cert_to_DER_cert(certificate.file.read_text())
    with Server("rtmps://127.0.0.1:0", tls=certificate.shown) as server:
        serving = serve(server, [])
        url = f"{server.address}/live/x"
        trusting = [
            certificate.trusted,
            TLS(insecure=True),
            TLS(pin=hashlib.sha256(der).hexdigest()),
            TLS(ca_file=str(certificate.file), server_name="localhost"),
        ]
        for tls in trusting:
            Client.publish(url, tls=tls).close()
        for options in (
            {},
            {"tls": other.trusted},
            {"tls": TLS(pin="00" * 32)},
            {"tls": TLS(ca_file=str(certificate.file), server_name="example.org")},
        ):
            with pytest.raises(oxrtmp.ConnectionError) as caught:
                Client.publish(url, **options)  # type: ignore[arg-type]
            assert (caught.value.status, caught.value.phase) == (oxrtmp.Status.TLS, "tls")
        server.close()
        serving.join(10)


def test_certificates_change_under_running_sessions(certificate: Certificate, tmp_path: Path) -> None:
    other = Certificate(tmp_path)
    got: list[bytes] = []
    with Server("rtmps://127.0.0.1:0", tls=certificate.shown) as server:
        serving = serve(server, got)
        with Client.publish(f"{server.address}/live/x", tls=certificate.trusted) as client:
            assert pem(server).strip() == certificate.file.read_text().strip()
            server.set_certificate(other.shown)
            assert pem(server).strip() == other.file.read_text().strip()
            client.send_audio(0, b"goes on")
            with pytest.raises(oxrtmp.ConnectionError):
                Client.publish(f"{server.address}/live/y", tls=certificate.trusted)
            server.set_certificate(certificate.shown, "localhost")
            named = TLS(ca_file=str(certificate.file), server_name="localhost")
            Client.publish(f"{server.address}/live/y", tls=named).close()
        with pytest.raises(oxrtmp.TransportError):
            server.set_certificate(TLS(certificate_file="/nonexistent", key_file="/nonexistent"))
        server.shutdown(10)
        serving.join(10)
    assert got == [b"goes on"]


def test_sockets_of_one_s_own(certificate: Certificate) -> None:
    got: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    ours, theirs = socket.socketpair()
    with Server(tls=certificate.shown) as server, ThreadPoolExecutor(1) as pool:
        server.adopt_listener(listener, tls=True)
        server.adopt_connection(ours, tls=True)
        serving = serve(server, got)
        with Client.publish(f"rtmps://127.0.0.1:{port}/live/x", tls=certificate.trusted) as client:
            client.send_audio(0, b"listener")
        over = pool.submit(Client.publish, "rtmps://localhost/live/y", connection=theirs, tls=certificate.trusted)
        with over.result(10) as client:
            client.send_audio(0, b"connection")
        assert server.shutdown(10)
        serving.join(10)
    assert sorted(got) == [b"connection", b"listener"]


def test_faults(certificate: Certificate) -> None:
    with pytest.raises(oxrtmp.ConnectionError) as caught:
        Server("rtmps://127.0.0.1:0")
    assert caught.value.status == oxrtmp.Status.TLS
    with pytest.raises(oxrtmp.TransportError):
        Server("rtmps://127.0.0.1:0", tls=TLS(certificate_file="/nonexistent", key_file="/nonexistent"))
    with pytest.raises(oxrtmp.ArgumentError):
        Server("rtmps://127.0.0.1:0", tls=TLS(certificate_pem="nonsense", key_pem="nonsense"))
    with Server("127.0.0.1:0") as plain, pytest.raises(oxrtmp.Error):
        Client.publish(f"rtmps://{plain.address}/live/x", tls=certificate.trusted, timeout=10)


def test_on_asyncio(certificate: Certificate, run: Run) -> None:
    async def take(request: aio.Request) -> None:
        async with request.accept() as session:
            got.extend([bytes(packet.data) async for packet in session])

    async def main() -> None:
        got.clear()
        async with aio.Server("rtmps://127.0.0.1:0", tls=certificate.shown) as server:
            serving = asyncio.create_task(server.serve(take))
            async with aio.Client.publish(f"{server.address}/live/x", tls=certificate.trusted) as client:
                await client.send_audio(0, b"over TLS")
            with pytest.raises(oxrtmp.ConnectionError):
                await aio.Client.publish(f"{server.address}/live/x")
            await server.shutdown(10)
            await serving
        assert got == [b"over TLS"]

    got: list[bytes] = []
    run(main())
