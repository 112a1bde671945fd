"""OBS Studio under Xvfb, set up by files and driven over its WebSocket."""

from __future__ import annotations

import json
import time
from pathlib import Path

from process import Nursery, Process, free_port
from websocket import WebSocket

GLOBAL = """[General]
FirstRun=true
EnableAutoUpdates=false
[Basic]
Profile=oxrtmp
ProfileDir=oxrtmp
SceneCollection=oxrtmp
SceneCollectionFile=oxrtmp
[BasicWindow]
WarnBeforeStoppingStream=false
[OBSWebSocket]
FirstLoad=false
ServerEnabled=true
ServerPort={port}
AuthRequired=false
"""

# The keyframe interval is set because OBS's default of 250 frames makes short tests see none.
PROFILE = """[General]
Name=oxrtmp
[Video]
BaseCX=320
BaseCY=180
OutputCX=320
OutputCY=180
FPSType=0
FPSCommon=30
[Output]
Mode=Simple
Reconnect=false
[SimpleOutput]
VBitrate=150
ABitrate=64
UseAdvanced=true
Preset=ultrafast
StreamEncoder=x264
x264Settings=keyint=30 bframes=2
"""

SCENE = {
    "current_scene": "Scene",
    "current_program_scene": "Scene",
    "name": "oxrtmp",
    "scene_order": [{"name": "Scene"}],
    "sources": [
        {"id": "scene", "name": "Scene", "settings": {"items": [{"name": "Color", "id": 1, "visible": True}]}},
        {"id": "color_source_v3", "name": "Color", "settings": {"color": 0xFF2080C0, "width": 320, "height": 180}},
    ],
}


class Studio:
    """A running OBS; ended with the nursery."""

    def __init__(self, nursery: Nursery, directory: Path, server: str, key: str, display: int = 77):
        home = directory / "home"
        config = home / ".config/obs-studio"
        for folder in ("basic/profiles/oxrtmp", "basic/scenes"):
            (config / folder).mkdir(parents=True)
        runtime = directory / "run"
        runtime.mkdir(mode=0o700)
        port = free_port()
        (config / "global.ini").write_text(GLOBAL.format(port=port))
        (config / "basic/profiles/oxrtmp/basic.ini").write_text(PROFILE)
        (config / "basic/profiles/oxrtmp/service.json").write_text(json.dumps(service(server, key)))
        (config / "basic/scenes/oxrtmp.json").write_text(json.dumps(SCENE))

        self.server = server
        screen = nursery.start(["Xvfb", f":{display}", "-screen", "0", "1280x800x24", "+extension", "GLX"])
        self._wait_for(Path(f"/tmp/.X11-unix/X{display}"), screen)
        self.process = nursery.start(
            ["obs", "--multi", "--profile", "oxrtmp", "--collection", "oxrtmp", "--disable-missing-files-check"],
            env={
                "HOME": str(home),
                "XDG_CONFIG_HOME": str(home / ".config"),
                "XDG_RUNTIME_DIR": str(runtime),
                "DISPLAY": f":{display}",
                "LIBGL_ALWAYS_SOFTWARE": "1",
                "QT_QPA_PLATFORM": "xcb",
            },
        )
        self._socket = self._connect(port)
        self._request = 0

    @staticmethod
    def _wait_for(path: Path, process: Process, timeout: float = 10) -> None:
        deadline = time.monotonic() + timeout
        while not path.exists():
            assert process.running and time.monotonic() < deadline, str(process)
            time.sleep(0.05)

    def _connect(self, port: int, timeout: float = 60) -> WebSocket:
        deadline = time.monotonic() + timeout
        while True:
            assert self.process.running and time.monotonic() < deadline, str(self.process)
            try:
                ws = WebSocket(port, 20)
                ws.receive()  # Hello
                ws.send({"op": 1, "d": {"rpcVersion": 1, "eventSubscriptions": 0}})
                ws.receive()  # Identified
                return ws
            except (ConnectionError, TimeoutError):
                time.sleep(0.2)

    def call(self, request: str, **data: object) -> dict[str, object]:
        """One obs-websocket request; fails when OBS refuses it for longer than a moment."""
        deadline = time.monotonic() + 20
        while True:
            self._request += 1
            self._socket.send(
                {"op": 6, "d": {"requestType": request, "requestId": str(self._request), "requestData": data}}
            )
            reply = self._socket.receive()["d"]
            if reply["requestStatus"]["result"]:
                return reply.get("responseData") or {}
            # 207: OBS is not ready yet
            assert reply["requestStatus"]["code"] == 207 and time.monotonic() < deadline, f"{request}: {reply}"
            time.sleep(0.2)

    @property
    def streaming(self) -> bool:
        return bool(self.call("GetStreamStatus")["outputActive"])

    def wait_streaming(self, wanted: bool, timeout: float = 15) -> None:
        deadline = time.monotonic() + timeout
        while self.streaming != wanted:
            assert time.monotonic() < deadline, f"streaming is not {wanted} after {timeout} s\n{self.process}"
            time.sleep(0.1)

    def set_key(self, key: str) -> None:
        self.call("SetStreamServiceSettings", streamServiceType="rtmp_custom",
                  streamServiceSettings=service(self.server, key)["settings"])  # fmt: skip

    def start_stream(self) -> None:
        self.call("StartStream")

    def stop_stream(self) -> None:
        self.call("StopStream")
        self.wait_streaming(False)

    def close(self) -> None:
        """Ends OBS as a user does; it must not be streaming."""
        self._socket.close()
        assert self.process.interrupt(20) in (0, -2), str(self.process)


def service(server: str, key: str) -> dict[str, object]:
    return {"type": "rtmp_custom", "settings": {"server": server, "key": key, "use_auth": False}}
