"""What the fake Google Cloud Storage of gcs.py knows: accounts, objects, and a test's orders."""
import base64
import hashlib
import json
import re
import struct
import subprocess
import threading
import time

UNIT = 256 * 1024  # Pieces of a resumable upload are multiples of it.
SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")  # DigestInfo, RFC 8017 §9.2.
CRC32C = [0] * 256
for _i in range(256):
    _crc = _i
    for _ in range(8):
        _crc = _crc >> 1 ^ 0x82F63B78 if _crc & 1 else _crc >> 1
    CRC32C[_i] = _crc


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CRC32C[(crc ^ byte) & 0xFF] ^ crc >> 8
    return base64.b64encode(struct.pack(">I", crc ^ 0xFFFFFFFF)).decode()


class Account:
    """A service account, read from its key file."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            key = json.load(file)
        self.email = key["client_email"]
        text = subprocess.run(["openssl", "rsa", "-noout", "-text"], input=key["private_key"].encode(),
                              capture_output=True, check=True).stdout.decode()
        self.n = self._number(text, "modulus")
        self.d = self._number(text, "privateExponent")
        self.e = int(re.search(r"publicExponent: (\d+)", text)[1])
        self.size = (self.n.bit_length() + 7) // 8

    @staticmethod
    def _number(text, name):
        return int(re.sub(r"[\s:]", "", re.search(name + r":\s*((?:[0-9a-f]{2}:?\s*)+)", text)[1]), 16)

    def _padded(self, data):
        tail = SHA256_PREFIX + hashlib.sha256(data).digest()
        return b"\0\1" + b"\xff" * (self.size - len(tail) - 3) + b"\0" + tail

    def sign(self, data):
        return pow(int.from_bytes(self._padded(data), "big"), self.d, self.n).to_bytes(self.size, "big")

    def verifies(self, data, signature):
        if len(signature) != self.size:
            return False
        return pow(int.from_bytes(signature, "big"), self.e, self.n) == int.from_bytes(self._padded(data), "big")


class Refusal(Exception):
    """An answer that is no success. In the JSON API's form, unless `body` says otherwise."""

    def __init__(self, status, message, body=None, content_type="application/json", headers=()):
        super().__init__(message)
        self.status = status
        self.body = body or json.dumps({"error": {"code": status, "message": message}}).encode()
        self.content_type = content_type
        self.headers = dict(headers)


class Stored:
    """One generation of an object."""

    def __init__(self, bucket, name, data, content_type, encoding, generation):
        self.bucket, self.name, self.data = bucket, name, data
        self.content_type, self.encoding, self.generation = content_type, encoding, generation
        self.md5 = base64.b64encode(hashlib.md5(data).digest()).decode()
        self.crc32c = crc32c(data)

    def resource(self):
        found = {"kind": "storage#object", "id": f"{self.bucket}/{self.name}/{self.generation}",
                 "name": self.name, "bucket": self.bucket, "generation": str(self.generation),
                 "metageneration": "1", "contentType": self.content_type, "size": str(len(self.data)),
                 "md5Hash": self.md5, "crc32c": self.crc32c, "storageClass": "STANDARD"}
        if self.encoding:
            found["contentEncoding"] = self.encoding
        return found


class Session:
    """A resumable upload that is not over."""

    def __init__(self, bucket, name, query, content_type, encoding):
        self.bucket, self.name, self.query = bucket, name, query
        self.content_type, self.encoding = content_type, encoding
        self.data = bytearray()


class Buckets:
    """All objects and uploads. Its methods are called under `lock`."""

    def __init__(self, names):
        self.lock = threading.RLock()
        self.objects = {name: {} for name in names}
        self.sessions = {}
        self.generation = int(time.time() * 1e6)

    def bucket(self, name):
        if name not in self.objects:
            raise Refusal(404, "The specified bucket does not exist.")
        return self.objects[name]

    def find(self, bucket, name, query):
        found = self.bucket(bucket).get(name)
        wanted = query.get("generation")
        if found is None or (wanted and wanted != str(found.generation)):
            raise Refusal(404, f"No such object: {bucket}/{name}")
        return found

    def check_precondition(self, bucket, name, query):
        found = self.bucket(bucket).get(name)
        wanted = query.get("ifGenerationMatch")
        if wanted is not None and wanted != (str(found.generation) if found else "0"):
            raise Refusal(412, "At least one of the pre-conditions you specified did not hold.")

    def write(self, bucket, name, query, data, content_type, encoding):
        if not name or len(name.encode()) > 1024 or re.search(r"[\r\n]", name):
            raise Refusal(400, "Invalid object name")
        self.check_precondition(bucket, name, query)
        self.generation += 1
        stored = Stored(bucket, name, bytes(data), content_type or "application/octet-stream",
                        encoding, self.generation)
        self.objects[bucket][name] = stored
        return stored

    def remove(self, bucket, name, query):
        self.find(bucket, name, query)
        self.check_precondition(bucket, name, query)
        del self.objects[bucket][name]

    def list(self, bucket, query, page_size):
        after = base64.urlsafe_b64decode(query["pageToken"]).decode() if query.get("pageToken") else ""
        names = sorted(name for name in self.bucket(bucket)
                       if name.startswith(query.get("prefix", "")) and name > after)
        most = min(int(query.get("maxResults", page_size)), page_size)
        page = {"kind": "storage#objects", "items": [self.objects[bucket][name].resource() for name in names[:most]]}
        if len(names) > most:
            page["nextPageToken"] = base64.urlsafe_b64encode(names[most - 1].encode()).decode()
        return page


class Control:
    """What a test orders. POST /_control/faults takes

      match         a regular expression, searched in "METHOD /path?query"; without it every request
      next          how many matching requests it concerns; or
      share         which part of them, evenly spread: 0.1 is every tenth
    and what happens to them:
      status, body, headers   this answer in place of the true one, and nothing is done
      cut_upload    reads so many bytes of the request's body, and ends the connection
      cut_download  does what is asked, sends so many bytes of the answer's body, and ends it
      cut_answer    does what is asked, and ends the connection without an answer
      delay_ms      waits first
      slow_ms       waits so long before each 16 KiB of the answer's body

    DELETE /_control/faults forgets them. GET /_control/requests is the log of "METHOD /path?query";
    DELETE empties it. POST /_control/revoke makes all tokens invalid. GET /_control/objects lists names.
    """

    def __init__(self):
        self.lock = threading.Lock()
        self.faults = []
        self.log = []

    def take(self, line):
        """Logs the request, and gives the fault that it meets."""
        with self.lock:
            self.log.append(line)
            for fault in self.faults:
                if not re.search(fault.get("match", ""), line):
                    continue
                if "share" in fault:
                    fault["sum"] = fault.get("sum", 0) + fault["share"]
                    if fault["sum"] < 1:
                        continue
                    fault["sum"] -= 1
                    return fault
                if fault.get("next", 0) > 0:
                    fault["next"] -= 1
                    return fault
        return {}
