#!/usr/bin/python3
"""A small Google Cloud Storage of our own, for tests: strict where the real one is.

It keeps objects in memory and serves, all on one port:

  /storage/v1/b/...  /b/...  /download/...    the JSON API: get, list, delete, alt=media, testPermissions
  /upload/storage/v1/b/...                    uploads: media, multipart, resumable
  /<bucket>/<object>?X-Goog-...               V4 signed GET; signature and expiry are verified
  /token                                      OAuth2 for service accounts; the assertion is verified
  /computeMetadata/v1/...                     the metadata server of a machine (--machine)
  /v1/projects/-/serviceAccounts/...:signBlob IAM credentials
  /_control/...                               faults and a log, for the test; see Control

Needs the `openssl` command, to read keys. Prints "listening on <host>:<port>" when it is ready and
ends by SIGTERM, or when its standard input does (--until-stdin-ends).
"""
import argparse
import base64
import calendar
import hashlib
import json
import os
import re
import signal
import socket
import sys
import threading
import time
import urllib.parse
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from gcs_state import UNIT, Account, Buckets, Control, Refusal, Session, Stored

LONGEST_LINK = 7 * 24 * 3600


def quote(text, safe=""):
    return urllib.parse.quote(text, safe=safe)


def from_base64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Cut(Exception):
    """The connection ends here."""


def xml_refusal(status, code, message):
    body = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Refusal(status, message, body.encode(), "application/xml; charset=UTF-8")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server_version = "fake-gcs"

    # One request, from its line to the end of its answer.
    def handle_any(self):
        self.target, _, self.raw_query = self.path.partition("?")
        self.query = dict(urllib.parse.parse_qsl(self.raw_query, keep_blank_values=True))
        self.has_read = False
        self.fault = {}
        try:
            if self.target.startswith("/_control/"):
                return self.control()
            self.fault = self.server.control.take(f"{self.command} {self.path}")
            time.sleep(self.fault.get("delay_ms", 0) / 1000)
            if "cut_upload" in self.fault:
                self.cut_upload()
            if "status" in self.fault:
                raise Refusal(self.fault["status"], "This is a fault that was ordered.",
                              self.fault.get("body", "").encode(), headers=self.fault.get("headers", {}))
            self.route()
        except Refusal as refusal:
            self.answer(refusal.status, refusal.body, refusal.content_type, refusal.headers)
        except (Cut, ConnectionError):
            self.close_connection = True
            try:
                self.connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_any

    def log_message(self, *_):
        pass

    def body(self):
        self.has_read = True
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.read(int(self.headers.get("Content-Length", 0)))
        data = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            data += self.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return data

    def read(self, size):
        data = self.rfile.read(size)
        if len(data) < size:
            raise Cut
        return data

    # Of a cut piece of a resumable upload the whole units are kept, as the real one does.
    def cut_upload(self):
        data = self.rfile.read(min(self.fault["cut_upload"], int(self.headers.get("Content-Length", 0))))
        buckets = self.server.buckets
        with buckets.lock:
            if session := buckets.sessions.get(self.query.get("upload_id")):
                begin = int(re.match(r"bytes (\d+)-", self.headers["Content-Range"])[1])
                if begin == len(session.data):
                    session.data += data[:len(data) // UNIT * UNIT]
        raise Cut

    def answer(self, status, body=b"", content_type="application/json", headers=()):
        if not self.has_read:
            self.body()
        if "cut_answer" in self.fault:
            raise Cut
        self.send_response(status)
        for name, value in {"Content-Type": content_type, "Content-Length": str(len(body)), **dict(headers)}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            body = b""
        whole, step = len(body), 16 * 1024 if self.fault.get("slow_ms") else len(body) or 1
        body = body[:self.fault.get("cut_download", whole)]
        for i in range(0, len(body), step):
            time.sleep(self.fault.get("slow_ms", 0) / 1000)
            self.wfile.write(body[i:i + step])
            self.wfile.flush()
        self.wfile.flush()
        if len(body) < whole:
            raise Cut

    def answer_json(self, value, status=200):
        self.answer(status, json.dumps(value).encode(), "application/json; charset=UTF-8")

    def route(self):
        path = re.sub(r"^(/download|/upload)?/storage/v1(?=/b/)", "", self.target)
        if self.target.startswith("/computeMetadata/"):
            return self.metadata()
        if self.target == "/token":
            return self.token()
        if m := re.fullmatch(r"/v1/projects/-/serviceAccounts/([^/]+):signBlob", self.target):
            return self.sign_blob(urllib.parse.unquote(m[1]))
        if m := re.fullmatch(r"/b/([^/]+)(?:(/o)(?:/([^/]+))?|(/iam/testPermissions))?", path):
            bucket, objects, name, permissions = (urllib.parse.unquote(g) if g else g for g in m.groups())
            return self.storage(bucket, objects, name, permissions)
        if m := re.fullmatch(r"/([^/]+)/(.+)", self.target):
            return self.signed_get(*(urllib.parse.unquote(g) for g in m.groups()))
        raise Refusal(404, "Not Found")

    def storage(self, bucket, objects, name, permissions):
        is_upload = self.target.startswith("/upload/")
        if is_upload and self.command in ("PUT", "POST") and "upload_id" in self.query:
            return self.resume()  # Who knows the session's secret may go on.
        self.account()
        buckets = self.server.buckets
        if is_upload and self.command == "POST" and objects and not name:
            return self.upload(bucket)
        with buckets.lock:
            if permissions:
                buckets.bucket(bucket)
                asked = [v for k, v in urllib.parse.parse_qsl(self.raw_query) if k == "permissions"]
                found = {"kind": "storage#testIamPermissionsResponse", "permissions": asked}
            elif not objects:
                buckets.bucket(bucket)
                found = {"kind": "storage#bucket", "id": bucket, "name": bucket}
            elif not name:
                found = buckets.list(bucket, self.query, self.server.page_size)
            elif self.command == "DELETE":
                buckets.remove(bucket, name, self.query)
                found = None
            else:
                found = buckets.find(bucket, name, self.query)
        if found is None:
            return self.answer(204)
        if not isinstance(found, Stored):
            return self.answer_json(found)
        if self.query.get("alt") == "media":
            return self.give(found, {})
        return self.answer_json(found.resource())

    def upload(self, bucket):
        kind, body, buckets = self.query.get("uploadType"), self.body(), self.server.buckets
        content_type, encoding = self.headers.get("Content-Type"), self.query.get("contentEncoding")
        resource = {}
        if kind == "multipart":
            boundary = re.search(r'boundary="?([^";]+)', content_type)[1].encode()
            first, second = (part.partition(b"\r\n\r\n") for part in body.split(b"--" + boundary)[1:3])
            resource, body = json.loads(first[2]), second[2][:-2]
            inner = re.search(rb"(?i)content-type: *([^\r\n]+)", second[0])
            content_type = resource.get("contentType") or (inner and inner[1].decode())
        elif kind == "resumable":
            resource = json.loads(body) if body else {}
            content_type = self.headers.get("X-Upload-Content-Type") or resource.get("contentType")
        name = self.query.get("name") or resource.get("name")
        encoding = encoding or resource.get("contentEncoding")
        with buckets.lock:
            if kind == "resumable":
                buckets.check_precondition(bucket, name, self.query)
                session = os.urandom(16).hex()
                buckets.sessions[session] = Session(bucket, name, self.query, content_type, encoding)
            else:
                stored = buckets.write(bucket, name, self.query, body, content_type, encoding)
        if kind != "resumable":
            return self.answer_json(stored.resource())
        query = urllib.parse.urlencode({"uploadType": "resumable", "name": name, "upload_id": session})
        url = f"http://{self.headers['Host']}/upload/storage/v1/b/{quote(bucket)}/o?{query}"
        return self.answer(200, headers={"Location": url, "X-GUploader-UploadID": session})

    def resume(self):
        body, buckets = self.body(), self.server.buckets
        m = re.fullmatch(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)", self.headers.get("Content-Range", f"bytes 0-{len(body) - 1}/{len(body)}"))
        if not m:
            raise Refusal(400, "Failed to parse Content-Range header.")
        with buckets.lock:
            session = buckets.sessions.get(self.query["upload_id"])
            if session is None:
                raise Refusal(410, "The upload session has ended.")
            if m[1] is not None:
                begin, end = int(m[1]), int(m[2]) + 1
                if end - begin != len(body) or begin > len(session.data):
                    raise Refusal(503, "The piece does not follow what has come.")
                is_last = m[3] != "*" and end == int(m[3])
                if not is_last and len(body) % UNIT:
                    raise Refusal(400, "A piece is no multiple of 256 KiB.")
                session.data += body[len(session.data) - begin:]
            stored = None
            if m[3] != "*" and len(session.data) == int(m[3]):
                del buckets.sessions[self.query["upload_id"]]
                stored = buckets.write(session.bucket, session.name, session.query, session.data,
                                       session.content_type, session.encoding)
            size = len(session.data)
        if stored:
            return self.answer_json(stored.resource())
        return self.answer(308, headers={"Range": f"bytes=0-{size - 1}"} if size else {})

    # An object's bytes, as the request's headers want them.
    def give(self, stored, headers):
        data, status = stored.data, 200
        headers = {"X-Goog-Generation": str(stored.generation), "Accept-Ranges": "bytes",
                   "X-Goog-Hash": f"crc32c={stored.crc32c},md5={stored.md5}", **headers}
        m = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if stored.encoding == "gzip" and "gzip" not in self.headers.get("Accept-Encoding", ""):
            data, m = zlib.decompress(data, 31), None  # Unpacked on the way; ranges are not obeyed then.
        elif stored.encoding:
            headers["Content-Encoding"] = stored.encoding
        if m:
            begin, end = int(m[1]), min(int(m[2]) + 1 if m[2] else len(data), len(data))
            if begin >= len(data):
                raise Refusal(416, "The requested range cannot be satisfied.")
            headers["Content-Range"] = f"bytes {begin}-{end - 1}/{len(data)}"
            data, status = data[begin:end], 206
        content_type = headers.pop("Content-Type", stored.content_type)
        self.answer(status, data, content_type, headers)

    # Whose valid token the request carries.
    def account(self):
        if self.server.is_open:
            return None
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        email, end = self.server.tokens.get(token, (None, 0))
        if time.time() >= end:
            raise Refusal(401, "Invalid Credentials")
        return email

    def give_token(self, email):
        token = "ya29." + base64.urlsafe_b64encode(os.urandom(30)).decode()
        self.server.tokens[token] = (email, time.time() + self.server.token_lifetime)
        return {"access_token": token, "expires_in": self.server.token_lifetime, "token_type": "Bearer"}

    def token(self):
        def refuse(error, description):
            return Refusal(400, error, json.dumps({"error": error, "error_description": description}).encode())

        form = dict(urllib.parse.parse_qsl(self.body().decode()))
        if form.get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer":
            raise refuse("unsupported_grant_type", "Invalid grant_type")
        try:
            text, _, signature = form["assertion"].rpartition(".")
            header, claims = (json.loads(from_base64url(part)) for part in text.split("."))
            account = self.server.accounts.get(claims["iss"])
            is_good = (header["alg"] == "RS256" and account is not None
                       and account.verifies(text.encode(), from_base64url(signature)))
            now, begin, end = time.time(), claims["iat"], claims["exp"]
        except (KeyError, ValueError):
            raise refuse("invalid_grant", "Bad Request") from None
        if not is_good:
            raise refuse("invalid_grant", "Invalid JWT Signature.")
        if claims["aud"] != f"http://{self.headers['Host']}/token":
            raise refuse("invalid_grant", "Invalid JWT: Failed audience check.")
        if not begin - 600 <= now < end <= begin + 3600:
            raise refuse("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes).")
        if not re.search(r"/auth/(devstorage\.(read_write|full_control)|cloud-platform)\b", claims.get("scope", "")):
            raise refuse("invalid_scope", "No scope that is of use here.")
        self.answer_json(self.give_token(account.email))

    def metadata(self):
        if self.headers.get("Metadata-Flavor") != "Google" or not self.server.machine:
            raise Refusal(403 if self.server.machine else 404, "Missing Metadata-Flavor:Google header.")
        what, headers = self.target.rpartition("/")[2], {"Metadata-Flavor": "Google"}
        if what == "email":
            return self.answer(200, self.server.machine.encode(), "application/text", headers)
        if what == "token":
            return self.answer(200, json.dumps(self.give_token(self.server.machine)).encode(), headers=headers)
        raise Refusal(404, "Not Found")

    def sign_blob(self, email):
        account = self.server.accounts.get(email)
        if account is None or self.account() not in (email, None):
            raise Refusal(403, "Permission 'iam.serviceAccounts.signBlob' denied on resource (or it may not exist).")
        blob = base64.b64decode(json.loads(self.body())["payload"], validate=True)
        self.answer_json({"keyId": "1", "signedBlob": base64.b64encode(account.sign(blob)).decode()})

    def signed_get(self, bucket, name):
        if self.command not in ("GET", "HEAD") or "X-Goog-Signature" not in self.query:
            raise xml_refusal(403, "AccessDenied", "Access denied.")
        self.check_signature()
        with self.server.buckets.lock:
            try:
                found = self.server.buckets.find(bucket, name, self.query)
            except Refusal:
                raise xml_refusal(404, "NoSuchKey", "The specified key does not exist.") from None
        headers = {}
        for parameter, header in (("response-content-type", "Content-Type"),
                                  ("response-content-disposition", "Content-Disposition")):
            if parameter in self.query:
                headers[header] = self.query[parameter]
        self.give(found, headers)

    def check_signature(self):
        query = self.query
        try:
            email, day, *scope = query["X-Goog-Credential"].rsplit("/", 4)
            begin = calendar.timegm(time.strptime(query["X-Goog-Date"], "%Y%m%dT%H%M%SZ"))
            lifetime, signature = int(query["X-Goog-Expires"]), bytes.fromhex(query["X-Goog-Signature"])
            account = self.server.accounts[email]
            names = query["X-Goog-SignedHeaders"].split(";")
            is_sane = (query["X-Goog-Algorithm"] == "GOOG4-RSA-SHA256" and "host" in names and day == query["X-Goog-Date"][:8]
                       and scope == ["auto", "storage", "goog4_request"] and 1 <= lifetime <= LONGEST_LINK)
        except (KeyError, ValueError):
            is_sane = False
        if not is_sane:
            raise xml_refusal(400, "InvalidArgument", "The signed URL is malformed.")
        # Google's client for Node.js signs the host without its port; others sign what is sent.
        hosts = {self.headers["Host"], self.headers["Host"].partition(":")[0]}
        if not any(account.verifies(self.string_to_sign(names, host, day), signature) for host in hosts):
            raise xml_refusal(403, "SignatureDoesNotMatch", "Access denied.")
        if time.time() < begin - 900:
            raise xml_refusal(403, "AccessDenied", "The signed URL is not yet valid.")
        if time.time() >= begin + lifetime:
            raise xml_refusal(400, "ExpiredToken", "The provided token has expired.")

    def string_to_sign(self, names, host, day):
        pairs = urllib.parse.parse_qsl(self.raw_query, keep_blank_values=True)
        query = sorted(f"{quote(k)}={quote(v)}" for k, v in pairs if k != "X-Goog-Signature")
        path = quote(urllib.parse.unquote(self.target), "/")
        values = {name: host if name == "host" else " ".join(self.headers.get(name, "").split()) for name in names}
        lines = "".join(f"{name}:{values[name]}\n" for name in names)
        payload = self.headers.get("x-goog-content-sha256", "UNSIGNED-PAYLOAD")
        request = "\n".join([self.command, path, "&".join(query), lines, ";".join(names), payload])
        return "\n".join(["GOOG4-RSA-SHA256", self.query["X-Goog-Date"], f"{day}/auto/storage/goog4_request",
                          hashlib.sha256(request.encode()).hexdigest()]).encode()

    def control(self):
        what, control, buckets = self.target.removeprefix("/_control/"), self.server.control, self.server.buckets
        body = self.body()
        with control.lock, buckets.lock:
            if (what, self.command) == ("faults", "POST"):
                control.faults.append(json.loads(body))
            elif (what, self.command) == ("faults", "DELETE"):
                control.faults.clear()
            elif (what, self.command) == ("requests", "GET"):
                return self.answer_json(control.log)
            elif (what, self.command) == ("requests", "DELETE"):
                control.log.clear()
            elif (what, self.command) == ("objects", "GET"):
                return self.answer_json({name: sorted(objects) for name, objects in buckets.objects.items()})
            elif (what, self.command) == ("revoke", "POST"):
                self.server.tokens.clear()
            else:
                raise Refusal(404, "no such control")
        return self.answer(204)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, options):
        super().__init__((options.host, options.port), Handler)
        self.accounts = {account.email: account for account in map(Account, options.account)}
        self.machine = options.machine
        self.is_open = options.open
        self.token_lifetime = options.token_lifetime
        self.page_size = options.page_size
        self.buckets = Buckets(options.bucket)
        self.tokens = {}
        self.control = Control()

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bucket", action="append", default=[], help="a bucket that exists; may be repeated")
    parser.add_argument("--account", action="append", default=[], metavar="FILE",
                        help="key file of a service account that exists; may be repeated")
    parser.add_argument("--machine", metavar="EMAIL", help="the account that the metadata server gives")
    parser.add_argument("--open", action="store_true", help="ask for no token, as emulators do")
    parser.add_argument("--token-lifetime", type=int, default=3600, metavar="SECONDS")
    parser.add_argument("--page-size", type=int, default=1000, help="names in one page of a listing, at most")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--until-stdin-ends", action="store_true")
    options = parser.parse_args()

    server = Server(options)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    if options.until_stdin_ends:
        threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()
    print(f"listening on {options.host}:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
