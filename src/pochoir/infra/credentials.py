"""Content Credentials (C2PA): this installation's certificate, and manifests signed into images and read back.

The `c2pa` library is an optional extra and imported late. It works offline: nothing is fetched, no clock service is asked.
A certificate that an installation gave itself says "the same installation", never who that is.
"""

from __future__ import annotations

import datetime
import importlib.util
import io
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pochoir.domain.errors import Conflict, Unavailable
from pochoir.infra.extras import install
from pochoir.infra.secrets import write_private

INSTALL = install("c2pa")
SIGNABLE = frozenset({"image/png", "image/jpeg", "image/webp"})
YEARS = 20
_SETTINGS: Mapping[str, Any] = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": True},
    "builder": {"thumbnail": {"enabled": False}},
}


@dataclass(frozen=True, slots=True)
class Ingredient:
    """An image that went into another. `relationship` is C2PA's: `parentOf` (it became this one) or `inputTo`."""

    data: bytes
    mime: str
    relationship: str
    title: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What an image's manifest says. `state` is the library's: `Invalid`, `Valid` (whole, signer unknown), `Trusted`."""

    state: str
    manifest: Mapping[str, Any]
    store: Mapping[str, Any]
    failures: tuple[str, ...] = ()
    """Codes of what is wrong, as C2PA names them, for example `assertion.dataHash.mismatch`."""

    @property
    def whole(self) -> bool:
        """Whether the signature holds and not one byte was changed since."""
        return self.state in {"Valid", "Trusted"}

    @property
    def ingredients(self) -> Sequence[Mapping[str, Any]]:
        return list(self.manifest.get("ingredients") or [])


def installed() -> bool:
    """Whether the library is there."""
    return importlib.util.find_spec("c2pa") is not None


def has_manifest(data: bytes) -> bool:
    """Whether an image seems to carry a manifest: a look for JUMBF's label of a C2PA store, without decoding."""
    return b"jumdc2pa" in data


@dataclass(slots=True)
class Credentials:
    """The certificate and key of one installation, in a folder of the data folder that only its owner may read."""

    folder: Path
    _chain: bytes = field(default=b"", repr=False)
    _key: bytes = field(default=b"", repr=False)

    @property
    def authority(self) -> bytes:
        """The installation's root certificate (PEM): whoever adds it to a verifier's trust list sees `Trusted`."""
        self.ensure()
        return b"-----BEGIN CERTIFICATE-----" + self._chain.split(b"-----BEGIN CERTIFICATE-----")[-1]

    def ensure(self) -> None:
        """Read the certificate, or make it at the first start. Raises Conflict when half of it is missing."""
        if self._key:
            return
        chain, key = self.folder / "chain.pem", self.folder / "key.pem"
        if not key.exists() and not chain.exists():
            self._make(chain, key)
        if not key.exists() or not chain.exists():
            raise Conflict(
                f"The signing certificate in {self.folder} is incomplete. Put chain.pem and key.pem back from a backup, "
                "or delete both: a new certificate is then made, and older signatures stay what they were."
            )
        self._chain, self._key = chain.read_bytes(), key.read_bytes()

    def _make(self, chain: Path, key: Path) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        pem, private = _certificates()
        write_private(chain, pem)
        write_private(key, private)

    def sign(
        self, data: bytes, mime: str, manifest: Mapping[str, Any], ingredients: Sequence[Ingredient] = ()
    ) -> bytes:
        """The same image with a signed manifest in it; its pixels are untouched. Blocks: call from a thread.

        Raises Unavailable when the library is missing or cannot sign this image.
        """
        self.ensure()
        try:
            import c2pa
        except ImportError as error:
            raise Unavailable(f"Signing needs an addition that is not installed. Install it with: {INSTALL}") from error
        try:
            info = c2pa.C2paSignerInfo(b"es256", self._chain, self._key, None)
            context = c2pa.Context.from_dict(_SETTINGS)
            with context, c2pa.Signer.from_info(info) as signer, c2pa.Builder(json.dumps(manifest), context) as builder:
                for number, item in enumerate(ingredients):
                    about = {"title": item.title, "relationship": item.relationship, "label": f"in{number}"}
                    builder.add_ingredient(json.dumps(about), item.mime, io.BytesIO(item.data))
                target = io.BytesIO()
                builder.sign(signer, mime, io.BytesIO(data), target)
                return target.getvalue()
        except c2pa.C2paError as error:
            raise Unavailable(f"The image could not be signed ({error}). Turn signing off in the settings.") from error

    def read(self, data: bytes, mime: str) -> Reading | None:
        """The manifest of an image, checked against our own certificate; None when it carries none. Blocks.

        Raises Unavailable when the library is missing.
        """
        self.ensure()
        try:
            import c2pa
        except ImportError as error:
            raise Unavailable(f"Reading needs an addition that is not installed. Install it with: {INSTALL}") from error
        settings = {**_SETTINGS, "trust": {"user_anchors": self.authority.decode()}}
        try:
            with (
                c2pa.Context.from_dict(settings) as context,
                c2pa.Reader(mime, io.BytesIO(data), context=context) as reader,
            ):
                store = json.loads(reader.json())
        except c2pa.C2paError as error:
            if "ManifestNotFound" in str(error) or "ManifestNotFound" in type(error).__name__:
                return None
            return Reading("Invalid", {}, {}, (str(error)[:200],))
        active = store.get("validation_results", {}).get("activeManifest", {})
        return Reading(
            store.get("validation_state", "Invalid"),
            store["manifests"].get(store.get("active_manifest"), {}),
            store,
            tuple(item["code"] for item in active.get("failure", [])),
        )


def _certificates() -> tuple[bytes, bytes]:
    """A root and a leaf as C2PA's certificate profile asks (specification 2.1, section 14.5.1): chain and key, PEM."""
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
    end = start + datetime.timedelta(days=365 * YEARS)
    mark = secrets.token_hex(4)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = _name(f"Pochoir installation {mark} root")
    others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    usage = dict.fromkeys((*others, "encipher_only", "decipher_only"), False)
    root_id = x509.SubjectKeyIdentifier.from_public_key(root_key.public_key())
    base = x509.CertificateBuilder().issuer_name(root_name).not_valid_before(start).not_valid_after(end)
    root = (
        base.subject_name(root_name)
        .public_key(root_key.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=False, key_cert_sign=True, crl_sign=True, **usage), critical=True
        )
        .add_extension(root_id, critical=False)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        base.subject_name(_name(f"Pochoir installation {mark}"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=True, key_cert_sign=False, crl_sign=False, **usage), critical=True
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(root_id), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    pem = b"".join(item.public_bytes(serialization.Encoding.PEM) for item in (leaf, root))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem, private


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Pochoir (self-hosted)"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )
