"""The package format as Documentation/submissions.md describes it, written without looking at the program: makes a registration of a new key, or checks
somebody else's and prints its digits.

usage: packages.py make FILE | packages.py check FILE
"""

import base64, hashlib, json, os, sys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def canonical(value):
    return (json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def signed(kind, payload):
    return b"plumbline.package/1 %d %s %d " % (len(kind), kind.encode(), len(payload)) + payload


def make(path):
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    kind = "plumbline.key-registration/1"
    payload = canonical({
        "schema": kind, "id": os.urandom(16).hex(), "created": "2026-11-30T00:00:00Z", "program": "another 1",
        "firm": {"id": "alpha", "name": "甲 \"證券\""}, "role": "firm", "name": "甲證券", "public_key": encode(public)})
    signatures = [{"key": hashlib.sha256(public).hexdigest(), "signature": encode(key.sign(signed(kind, payload)))}]
    package = {"schema": "plumbline.package/1", "kind": kind, "payload": encode(payload), "signatures": signatures}
    open(path, "wb").write(canonical(package))


def check(path):
    data = open(path, "rb").read()
    package = json.loads(data)
    payload = decode(package["payload"])
    message = json.loads(payload)
    assert canonical(package) == data and canonical(message) == payload
    public = decode(message["public_key"])
    assert hashlib.sha256(public).hexdigest() == package["signatures"][0]["key"]
    Ed25519PublicKey.from_public_bytes(public).verify(decode(package["signatures"][0]["signature"]), signed(package["kind"], payload))
    digest = hashlib.sha512(b"plumbline.fingerprint/1\n" + public).digest()
    print(" ".join("%05d" % (int.from_bytes(digest[at:at + 5], "big") % 100000) for at in range(0, 60, 5)))


{"make": make, "check": check}[sys.argv[1]](sys.argv[2])
