"""A right configuration, what a case makes of it, and the files that cases name."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import BaseModel

from vmrd.config import Config
from vmrd.config_faults import part_at

HERE = Path(__file__).parent
RIGHT = (HERE / "right.toml").read_text()


@dataclass(frozen=True, slots=True)
class Case:
    """`swap`: pairs of what stands in the right file and what stands there instead. `says`: every line, in order."""

    name: str
    says: tuple[str, ...]
    swap: tuple[str, ...] = ()
    top: str = ""
    add: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    credential: Mapping[str, str] = field(default_factory=dict)

    def text(self, folder: Path) -> str:
        """The wrong file."""
        text = RIGHT
        for old, new in zip(self.swap[::2], self.swap[1::2], strict=True):
            assert old in text, old
            text = text.replace(old, new)
        return f"{self.top}\n{text}\n{self.add}\n".replace("{tmp}", str(folder))


def cases() -> list[Case]:
    """The corpus."""
    listed = tomllib.loads((HERE / "wrong.toml").read_text())["case"]
    return [Case(**{**each, **{key: tuple(each[key]) for key in ("swap", "says") if key in each}}) for each in listed]


def tables(model: type[BaseModel] = Config, path: tuple[str, ...] = ()) -> Iterator[tuple[str, type[BaseModel]]]:
    """Every table there can be, by its name in the file; the directory is a file of its own."""
    yield ".".join(path), model
    for name in model.model_fields:
        part, _ = part_at(model, (name,))
        if part is not None and name != "directory":
            yield from tables(part, (*path, name))


def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def certificate(own: ec.EllipticCurvePrivateKey, *, days: tuple[int, int] = (-1, 30), name: str = "localhost") -> bytes:
    """Self-signed, good from the first to the second day from now."""
    who, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.now(UTC)
    built = x509.CertificateBuilder(who, who, own.public_key(), x509.random_serial_number())
    built = built.not_valid_before(now + timedelta(days=days[0])).not_valid_after(now + timedelta(days=days[1]))
    built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return built.sign(own, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def pem(own: ec.EllipticCurvePrivateKey, passphrase: bytes | None = None) -> bytes:
    how = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    return own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)


def furnish(folder: Path) -> None:
    """The files that cases name, good ones and bad."""
    own = key()
    files = {
        "panel.pem": certificate(own),
        "expired.pem": certificate(own, days=(-30, -1)),
        "future.pem": certificate(own, days=(1, 30)),
        "nonsense.pem": b"canary",
        "panel.key": pem(own),
        "other.key": pem(key()),
        "locked.key": pem(own, b"canary"),
        "directory.toml": b'[[establishment]]\ncode = "mdi"\nname = "HMP Example"\n',
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o600)
    (folder / "folder").mkdir()
    for_all = folder / "open" / "panel.key"
    for_all.parent.mkdir()
    for_all.parent.chmod(0o755)
    for_all.write_bytes(pem(own))
    for_all.chmod(0o644)
