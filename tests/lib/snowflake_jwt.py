"""snowflake_jwt.py: Snowflake's side of key-pair authentication: reads a public key, checks a JSON Web Token against it.

RSA by Python's integers, DER by hand: nothing here is shared with a program that signs. Stricter than Snowflake, which cuts a life
that is too long to an hour: here it is refused. LoginFailure has the code that an administrator would find.
"""
import base64
import binascii
import hashlib
import json
import pathlib
import re
import subprocess

LOGIN_WINDOW = 60
MAX_LIFE = 3600
RSA_ENCRYPTION = bytes.fromhex("300d06092a864886f70d0101010500")
SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


class LoginFailure(Exception):
    """code: of SYSTEM$GET_LOGIN_FAILURE_DETAILS."""

    def __init__(self, code, text):
        self.code = code
        super().__init__(f"{code}: {text}")


def der(data, at, tag):
    """Contents and end of the element at a place."""
    if data[at] != tag:
        raise ValueError(f"DER: tag {data[at]} instead of {tag}")
    length, at = data[at + 1], at + 2
    if length >= 0x80:
        size = length & 0x7F
        length, at = int.from_bytes(data[at:at + size], "big"), at + size
    if at + length > len(data):
        raise ValueError("DER: too short")
    return data[at:at + length], at + length


class PublicKey:
    """Of the body that ALTER USER … SET RSA_PUBLIC_KEY takes: base64 without the lines around it (which are dropped)."""

    def __init__(self, text):
        self.der = base64.b64decode(re.sub(r"-----[^-]+-----|\s", "", text), validate=True)
        outer, end = der(self.der, 0, 0x30)
        if end != len(self.der) or not outer.startswith(RSA_ENCRYPTION):
            raise ValueError("not an RSA public key")
        bits, _ = der(outer, len(RSA_ENCRYPTION), 0x03)
        numbers, _ = der(bits, 1, 0x30)
        modulus, at = der(numbers, 0, 0x02)
        exponent, _ = der(numbers, at, 0x02)
        self.modulus, self.exponent = int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big")
        if self.modulus.bit_length() < 2048:
            raise ValueError("RSA keys have at least 2048 bits")

    @property
    def fingerprint(self):
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.der).digest()).decode()

    def verifies(self, message, signature):
        """RSASSA-PKCS1-v1_5 with SHA-256."""
        size = (self.modulus.bit_length() + 7) // 8
        number = int.from_bytes(signature, "big")
        if len(signature) != size or number >= self.modulus:
            return False
        info = SHA256_INFO + hashlib.sha256(message).digest()
        wanted = b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info
        return pow(number, self.exponent, self.modulus).to_bytes(size, "big") == wanted


def decode_part(text):
    if not re.fullmatch(r"[A-Za-z0-9_-]+", text, re.A):
        raise LoginFailure(394306, "not base64url without padding")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def decode_json(text):
    try:
        value = json.loads(decode_part(text))
    except (ValueError, binascii.Error) as error:
        raise LoginFailure(394306, f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise LoginFailure(394306, "not an object")
    return value


def seconds(claims, name):
    value = claims.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise LoginFailure(394301, f"{name} is {value!r}")
    return value // 1000 if value > 10 ** 11 else value


def check_times(claims, now, logged_in):
    issued, expires = seconds(claims, "iat"), seconds(claims, "exp")
    if expires - issued > MAX_LIFE:
        raise LoginFailure(394303, f"a life of {expires - issued} s")
    if now >= expires:
        raise LoginFailure(394303, f"expired {now - expires:.0f} s ago")
    if not logged_in and now - issued > LOGIN_WINDOW or issued - now > LOGIN_WINDOW:
        raise LoginFailure(394302, f"received {now - issued:.0f} s after iat")


def check(token, account, users, now, logged_in=False):
    """The user's name. logged_in: it was taken before, and only has not to be expired. users: {LOGIN_NAME: [PublicKey, ...]}; account: as it stands in a token, in upper case."""
    parts = token.split(".")
    if len(parts) != 3:
        raise LoginFailure(394306, "not three parts")
    if decode_json(parts[0]).get("alg") != "RS256":
        raise LoginFailure(394305, "the algorithm is not RS256")
    claims = decode_json(parts[1])
    subject, issuer = str(claims.get("sub")), str(claims.get("iss"))
    named, _, user = subject.partition(".")
    if named != account:
        raise LoginFailure(394307, f"account {named!r} in sub")
    if user not in users:
        raise LoginFailure(394300, f"no user {user!r}")
    keys = [key for key in users[user] if issuer == f"{subject}.{key.fingerprint}"]
    if not keys:
        raise LoginFailure(394304, f"iss {issuer!r}")
    check_times(claims, now, logged_in)
    if not keys[0].verifies(f"{parts[0]}.{parts[1]}".encode(), decode_part(parts[2])):
        raise LoginFailure(394306, "the signature is not the key's")
    return user


class KeyPair:
    """A key pair in a folder, as a user would make it by OpenSSL's commands: key.p8 (encrypted when there is a passphrase)."""

    def __init__(self, folder, passphrase=None, name="key", bits=2048):
        self.private = pathlib.Path(folder) / f"{name}.p8"
        self.passphrase = passphrase
        hidden = ["-aes-256-cbc", "-pass", f"pass:{passphrase}"] if passphrase else []
        self.openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}", *hidden, "-out", self.private)
        self.public = PublicKey(self.openssl("pkey", *self.opened, "-in", self.private, "-pubout").decode()) if bits >= 2048 else None

    @property
    def opened(self):
        return ["-passin", f"pass:{self.passphrase}"] if self.passphrase else []

    @staticmethod
    def openssl(*words, data=None):
        return subprocess.run(["openssl", *map(str, words)], input=data, capture_output=True, check=True, timeout=120).stdout

    def sign(self, header, claims):
        """A token, by the openssl program; header and claims are whatever the caller says."""
        encoded = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims))
        signature = self.openssl("dgst", "-sha256", "-sign", self.private, *self.opened, data=encoded.encode())
        return encoded + "." + base64.urlsafe_b64encode(signature).rstrip(b"=").decode()

    def token(self, account, user, now, life=3540):
        subject = f"{account}.{user}"
        return self.sign({"alg": "RS256", "typ": "JWT"}, {"iss": f"{subject}.{self.public.fingerprint}", "sub": subject,
                                                          "iat": int(now), "exp": int(now) + life})
