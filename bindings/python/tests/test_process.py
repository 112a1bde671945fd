"""What a process does with the package: Ctrl-C, signals, forks, and its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT, Program

Start = Callable[..., Program]

CONNECTED = """
import os, signal, sys, threading, time, oxrtmp
server = oxrtmp.Server("127.0.0.1:0", ask_play=True)
clients = []
thread = threading.Thread(target=lambda: clients.append(oxrtmp.Client.publish(f"rtmp://{server.address}/live/x")))
thread.start()
session = server.accept(10).accept()
thread.join()
client = clients[0]
"""

WAITS = {
    "accept": "server.accept()",
    "for request in server": "for request in server: pass",
    "next_packet": "session.next_packet()",
    "next_packet with timeout": "session.next_packet(30)",
    "for packet in session": "for packet in session: pass",
    "next_event": "client.next_event()",
    "events": "for event in session.events(): pass",
    "ping": "while True: client.ping()",
    "play": "oxrtmp.Client.play(f'rtmp://{server.address}/live/x')",
    "send": "while True: client.send_video(0, True, bytes(60000))",
    "flush": """
client._send_timeout = 0.2
try:
    while True: client.send_video(0, True, bytes(60000))
except oxrtmp.TimeoutError:
    while True: client.flush()  # the kernel may find room for it yet
""",
    "serve": "server.serve(lambda request: None)",
    "shutdown": "server.shutdown()",
    "publish": """
import socket
silent = socket.create_server(("127.0.0.1", 0))
oxrtmp.Client.publish(f"rtmp://127.0.0.1:{silent.getsockname()[1]}/live/x")
""",
}


def interrupted(p: Program, wait: float = 0.4) -> float:
    """Ctrl-C after the program has said that it waits; seconds until it said that it was interrupted."""
    assert p.line() == "waiting"
    time.sleep(wait)
    began = time.monotonic()
    p.child.send_signal(signal.SIGINT)
    assert p.line() == "interrupted"
    return time.monotonic() - began


@pytest.mark.parametrize("wait", WAITS)
def test_ctrl_c_ends_every_wait_at_once(program: Start, wait: str) -> None:
    body = "\n".join("    " + line for line in WAITS[wait].strip().splitlines())
    p = program(
        CONNECTED
        + f"""
print("waiting")
try:
{body}
except KeyboardInterrupt:
    print("interrupted")
os._exit(0)
"""
    )
    assert interrupted(p, 0.8 if wait == "flush" else 0.4) < 0.3
    p.clean()


def test_ctrl_c_that_another_thread_is_given(program: Start) -> None:
    """The kernel chooses a thread for a signal; the main thread is woken whichever it is, and keeps what it has set."""
    p = program(
        CONNECTED
        + """
threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
print("waiting")
try:
    session.next_packet()
except KeyboardInterrupt:
    print("interrupted")
assert signal.set_wakeup_fd(-1) == -1
os._exit(0)
"""
    )
    assert interrupted(p) < 0.3
    p.clean()


def test_ctrl_c_ends_asyncio_run(program: Start) -> None:
    p = program(
        """
        import asyncio, oxrtmp.aio
        async def main():
            async with oxrtmp.aio.Server("127.0.0.1:0") as server:
                print("waiting")
                async for request in server: pass
        try:
            asyncio.run(main())
        except KeyboardInterrupt:
            print("interrupted")
        """
    )
    assert interrupted(p) < 0.3
    p.clean()


def test_signals_that_are_handled_do_not_end_a_wait(program: Start) -> None:
    """A handler runs at once, in the middle of a wait, and may close what is waited for."""
    p = program(
        CONNECTED
        + """
seen = []
def handler(number, frame):
    seen.append(number)
    if number == signal.SIGTERM:
        session.close()
for number in (signal.SIGUSR1, signal.SIGTERM):
    signal.signal(number, handler)
def send():
    for _ in range(5):
        time.sleep(0.05); os.kill(os.getpid(), signal.SIGUSR1)
    time.sleep(0.05); os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=send).start()
assert list(session) == [] and session.closed
assert seen == [signal.SIGUSR1] * 5 + [signal.SIGTERM], seen
client.close(); server.close()
print("done")
"""
    )
    assert p.clean() == "done\n"


def test_handlers_and_masks_stay_as_they_were(program: Start) -> None:
    """C15: what was set before the import is so after it, and after use."""
    p = program(
        """
        import ctypes, signal, threading
        names = ["SIGINT", "SIGTERM", "SIGCHLD", "SIGHUP", "SIGUSR1", "SIGALRM", "SIGPIPE", "SIGQUIT"]
        def handler(number, frame): pass
        for name in names[3:5]:
            signal.signal(getattr(signal, name), handler)
        def look():
            return [signal.getsignal(getattr(signal, n)) for n in names], signal.pthread_sigmask(signal.SIG_BLOCK, [])
        before = look()
        import oxrtmp
        with oxrtmp.Server("127.0.0.1:0") as server:
            try: server.accept(0.05)
            except TimeoutError: pass
        assert look() == before, (before, look())
        print("same")
        """
    )
    assert p.clean() == "same\n"


def test_fork_gives_an_error_not_a_hang(program: Start) -> None:
    """C12: in the child every call raises ForkedError at once; the parent goes on."""
    p = program(
        CONNECTED
        + """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)
def expect(call):
    began = time.monotonic()
    try:
        call()
    except oxrtmp.ForkedError:
        pass
    else:
        raise AssertionError(call)
    assert time.monotonic() - began < 0.1
waiting = threading.Thread(target=lambda: [0 for _ in session])   # holds the session's lock while it waits
waiting.start()
time.sleep(0.2)
packet = oxrtmp.Packet(8, 0, raw=b"x")
child = os.fork()
if child == 0:
    try:
        for call in (
            lambda: oxrtmp.Server("127.0.0.1:0"), lambda: oxrtmp.Client.publish("rtmp://127.0.0.1/live/x"),
            lambda: server.accept(), lambda: server.address, lambda: session.next_packet(), lambda: list(session),
            lambda: session.statistics(), lambda: client.send_audio(0, b"x"), lambda: client.send_packet(packet),
            lambda: client.flush(), lambda: oxrtmp.FLVReader(), lambda: oxrtmp.library_statistics(),
        ):
            expect(call)
        session.close(); client.close(); server.close()   # nothing, but no error
        assert bytes(packet.raw) == b"x"
        print("child done", flush=True)
        os._exit(0)
    except BaseException:
        import traceback; traceback.print_exc()
        os._exit(1)
assert os.waitpid(child, 0)[1] == 0
client.send_audio(0, b"x")
client.close(); waiting.join(); session.close(); server.close()
print("parent done")
"""
    )
    assert p.clean() == "child done\nparent done\n"


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(tmp_path: Path, method: str) -> None:
    script = tmp_path / "main.py"
    script.write_text(
        f"""
import multiprocessing, sys, time, warnings, oxrtmp
def work(address):
    began = time.monotonic()
    try:
        oxrtmp.Client.publish(f"rtmp://{{address}}/live/x").close()
        return "published"
    except oxrtmp.ForkedError as error:
        assert time.monotonic() - began < 0.5
        return type(error).__name__ + " " + str(error)
if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)
    multiprocessing.set_forkserver_preload([])
    with oxrtmp.Server("127.0.0.1:0") as server:
        with multiprocessing.get_context("{method}").Pool(1) as pool:
            result = pool.apply_async(work, (server.address,))
            if "{method}" != "fork":
                with server.accept(20).accept() as session:
                    assert list(session) == []
            print(result.get(20))
"""
    )
    command = [sys.executable, "-X", "dev", "-W", "error", str(script)]  # spawn imports the main module by its path
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done
    if method == "fork":
        assert done.stdout.startswith("ForkedError") and "forked" in done.stdout
    else:
        assert done.stdout == "published\n"


def test_asyncio_in_a_forked_child_ends(program: Start) -> None:
    p = program(
        """
        import asyncio, os, warnings, oxrtmp, oxrtmp.aio
        warnings.simplefilter("ignore")
        async def main():
            async with oxrtmp.aio.Server("127.0.0.1:0") as server:
                child = os.fork()
                if child == 0:
                    try:
                        server.address
                    except oxrtmp.ForkedError:
                        os._exit(7)
                    os._exit(1)
                assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        asyncio.run(main())
        print("done")
        """
    )
    assert p.clean() == "done\n"


ENDS = {
    "falls off the end": "",
    "sys.exit": "sys.exit(0)",
    "threads that wait": """
def wait():
    for _ in session: pass
threading.Thread(target=wait, daemon=True).start()
threading.Thread(target=lambda: server.accept(), daemon=True).start()
time.sleep(0.1)
""",
    "packets held": """
for i in range(100): client.send_video(i, True, bytes(10000))
held = [session.next_packet(10) for _ in range(100)]
views = [p.data for p in held]
""",
    "a cycle": """
class Node: pass
node = Node(); node.me = node; node.things = (server, session, client, session._packets)
del node
""",
    "os._exit": "os._exit(0)",
}


@pytest.mark.parametrize("end", ENDS)
def test_exit_with_everything_open(program: Start, end: str) -> None:
    """Exit code 0, in time, with nothing on stderr but the warnings about what was left open."""
    p = program(CONNECTED + ENDS[end] + "\n", flags=("-X", "dev", "-W", "ignore::ResourceWarning"))
    assert p.clean(10) == ""


def test_exit_with_a_running_loop(program: Start) -> None:
    p = program(
        """
        import asyncio, sys, oxrtmp.aio
        async def main():
            server = oxrtmp.aio.Server("127.0.0.1:0")
            coming = asyncio.ensure_future(asyncio.wait_for(publish(server), 10))
            session = await (await server.accept()).accept()
            client = await coming
            asyncio.ensure_future(take(session))
            await asyncio.sleep(0.05)
            global kept
            kept = server, session, client
            sys.exit(0)
        async def publish(server):
            return await oxrtmp.aio.Client.publish(f"rtmp://{server.address}/live/x")
        async def take(session):
            async for _ in session: pass
        asyncio.run(main())
        """,
        flags=("-X", "dev", "-W", "ignore::ResourceWarning"),
    )
    assert p.clean(10) == ""


def test_unclosed_is_told_at_exit(program: Start) -> None:
    p = program(CONNECTED, flags=("-W", "always::ResourceWarning"))
    code, out, err = p.finish()
    assert code == 0 and out == "" and err.count("ResourceWarning: unclosed <oxrtmp.") == 3, err


def test_dead_peers_raise_no_sigpipe(program: Start) -> None:
    """With SIGPIPE's default action, as command line tools set it: writing to a peer that is gone is an error."""
    p = program(
        """
        import signal, socket, threading, time, oxrtmp
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        for _ in range(20):
            with oxrtmp.Server("127.0.0.1:0") as server:
                done = []
                thread = threading.Thread(target=lambda: done.append(server.accept(10).accept()))
                thread.start()
                client = oxrtmp.Client.publish(f"rtmp://{server.address}/live/x")
                thread.join()
                server.close()
                try:
                    for i in range(200): client.send_video(i, True, bytes(20000))
                except oxrtmp.Error:
                    pass
                done[0].close()
                try: client.close()
                except oxrtmp.Error: pass
        print("alive")
        """
    )
    assert p.clean() == "alive\n"


def test_another_library_by_environment(program: Start, tmp_path: Path) -> None:
    """OXRTMP_LIBRARY names the library to use instead of the one in the package."""
    import oxrtmp

    own = Path(oxrtmp.__file__).with_name("libxrtmp.so.0")
    other = tmp_path / "other.so"
    other.write_bytes(own.read_bytes())
    show = "import oxrtmp, pathlib; print(pathlib.Path('/proc/self/maps').read_text())"
    assert str(other) in program(show, OXRTMP_LIBRARY=str(other)).clean()
    assert str(own) not in program(show, OXRTMP_LIBRARY=str(other)).clean()
    assert str(own) in program(show).clean()
    code, _, err = program(show, OXRTMP_LIBRARY="/nonexistent.so").finish()
    assert code == 1 and "/nonexistent.so" in err


OTHER_LIBRARY = """
package main

import "C"

//export other_sum
func other_sum(n C.int) C.int {
	sums := make(chan C.int)
	for i := C.int(1); i <= n; i++ {
		go func() { sums <- i }()
	}
	total := C.int(0)
	for range n {
		total += <-sums
	}
	return total
}

func main() {}
"""


@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_another_go_library_in_the_process(program: Start, tmp_path: Path, first: str) -> None:
    """Two Go runtimes in one process, loaded in either order: both work, side by side."""
    (tmp_path / "other.go").write_text(OTHER_LIBRARY)
    command = [os.environ.get("GO", "go"), "build", "-buildmode=c-shared", "-o", tmp_path / "libother.so", "other.go"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=300)
    source = """
    import ctypes, sys, threading
    if sys.argv[2] == "theirs":
        other = ctypes.CDLL(sys.argv[1])
        assert other.other_sum(100) == 5050
    import oxrtmp
    other = ctypes.CDLL(sys.argv[1])
    sums = []
    with oxrtmp.Server("127.0.0.1:0") as server:
        url = f"rtmp://{server.address}/live/x"
        def publish():
            with oxrtmp.Client.publish(url) as client:
                for i in range(200):
                    client.send_audio(i, b"x" * 100)
                    sums.append(other.other_sum(50))
        thread = threading.Thread(target=publish)
        thread.start()
        with server.accept(20).accept() as session:
            assert [p.timestamp_ms for p in session] == list(range(200))
        thread.join(20)
    assert sums == [1275] * 200
    print(oxrtmp.__version__)
    """
    child = program(source, str(tmp_path / "libother.so"), first)
    assert child.clean(60).strip() == (ROOT / "VERSION").read_text().strip()


def test_import_is_quick_and_silent(program: Start) -> None:
    p = program("import time; t = time.monotonic(); import oxrtmp, oxrtmp.aio; print(time.monotonic() - t)", flags=())
    assert float(p.clean()) < 2
    assert os.path.exists("/proc/self")
