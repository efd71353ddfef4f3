"""Certificates for tests, made with the openssl command."""

from __future__ import annotations

import pathlib
import subprocess


def _openssl(*arguments: str | pathlib.Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def authority(folder: pathlib.Path, name: str = "authority") -> tuple[pathlib.Path, pathlib.Path]:
    """A private authority: certificate and key."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    _openssl(
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN=test {name}",
        "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
        "-keyout", key, "-out", certificate,
    )  # fmt: skip
    return certificate, key


def issue(
    folder: pathlib.Path, name: str, issuer: tuple[pathlib.Path, pathlib.Path], names: str = "DNS:localhost,IP:127.0.0.1", days: int = 1
) -> tuple[pathlib.Path, pathlib.Path]:
    """A server certificate (with its key) that `issuer` vouches for."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate, key, wish, extra = (folder / f"{name}.{end}" for end in ("pem", "key", "csr", "ext"))
    _openssl(
        "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", wish
    )
    extra.write_text(f"subjectAltName={names}\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n")
    _openssl(
        "x509", "-req", "-in", wish, "-CA", issuer[0], "-CAkey", issuer[1], "-CAcreateserial", "-days", str(days), "-extfile", extra,
        "-out", certificate,
    )  # fmt: skip
    return certificate, key
