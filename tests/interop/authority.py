"""Certificates that openssl makes for a test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from process import Nursery

NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


@dataclass(frozen=True)
class Certificate:
    certificate: Path
    key: Path


class Authority:
    """One that vouches for servers in its own right."""

    def __init__(self, nursery: Nursery, directory: Path, name: str = "authority"):
        self.nursery, self.directory, self.name = nursery, directory, name
        self.file = directory / f"{name}.pem"
        self.key = directory / f"{name}.key"
        self.issued = 0
        nursery.run(
            ["openssl", "req", "-x509", *NEW_KEY, "-keyout", self.key, "-out", self.file, "-days", "2",
             "-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE",
             "-addext", "keyUsage=critical,keyCertSign"]
        )  # fmt: skip

    def issue(self, *names: str, days: int = 1) -> Certificate:
        """For these names; one whose days are negative has expired."""
        self.issued += 1
        stem = self.directory / f"{self.name}-{self.issued}"
        request, key, file, extensions = (stem.with_suffix(s) for s in (".csr", ".key", ".crt", ".ext"))
        alternatives = ",".join(f"IP:{n}" if n[0].isdigit() else f"DNS:{n}" for n in names)
        extensions.write_text(f"subjectAltName={alternatives}\n")
        self.nursery.run(
            ["openssl", "req", "-new", *NEW_KEY, "-keyout", key, "-out", request, "-subj", f"/CN={names[0]}"]
        )
        self.nursery.run(
            ["openssl", "x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.key, "-out", file,
             "-set_serial", str(self.issued + 1), "-days", str(days), "-extfile", extensions]
        )  # fmt: skip
        return Certificate(file, key)


def shown(nursery: Nursery, port: int, directory: Path, name: str = "localhost") -> int:
    """The serial number of the certificate that a server shows to who asks for a name."""
    client = nursery.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", name], timeout=20)
    file = directory / "shown.pem"
    file.write_text(client.output)  # openssl finds the certificate in it
    return int(nursery.run(["openssl", "x509", "-noout", "-serial", "-in", file]).lines[-1].removeprefix("serial="), 16)
