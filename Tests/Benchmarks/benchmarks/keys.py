"""Keys and tokens of the contenders: one ES256 key whose tokens every gateway verifies."""
import base64
import hashlib
import json
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

ISSUER, AUDIENCE, KID = "tollgate", "tollgate", "bench"


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class SigningKey:
    def __init__(self, pem=None, kid=KID):
        self.kid = kid
        self.key = serialization.load_pem_private_key(pem, None) if pem else ec.generate_private_key(ec.SECP256R1())

    def public_pem(self):
        return self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def jwks(self):
        numbers = self.key.public_key().public_numbers()
        return json.dumps({"keys": [{
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": self.kid,
            "x": encode(numbers.x.to_bytes(32, "big")), "y": encode(numbers.y.to_bytes(32, "big"))}]})

    def token(self, header, claims):
        head = {"alg": "ES256", **header}
        signed = f"{encode(json.dumps(head).encode())}.{encode(json.dumps(claims).encode())}"
        r, s = decode_dss_signature(self.key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    def access_token(self, subject="usr_01jd00000000000000000bench"):
        now = int(time.time())
        return self.token({"typ": "at+jwt", "kid": self.kid}, {
            "iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": now, "nbf": now, "exp": now + 3600, "auth_time": now,
            "jti": "bench", "sid": "ses_bench", "acr": "1", "roles": ["user"],
            "scope": "users:read users:write accounts:read accounts:write payments:read payments:write"})

    def identity_key_id(self):
        """The id that Tollgate's services derive from an identity key: 16 bytes of the SHA-256 of its point."""
        point = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        return encode(hashlib.sha256(point).digest()[:16])

    def identity_token(self, audience, subject="usr_01jd00000000000000000bench"):
        now = int(time.time())
        return self.token({"typ": "tollgate-id+jwt", "kid": self.identity_key_id()}, {
            "iss": "gateway", "aud": audience, "sub": subject, "iat": now, "exp": now + 60, "sid": "ses_bench",
            "roles": ["user"], "scope": "accounts:read accounts:write payments:read payments:write"})
