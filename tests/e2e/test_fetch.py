"""Fetching a source by its address, without becoming anybody's way into our network."""
import contextlib
import http.server
import threading
import time

import pytest

from engine import Engine


class Origin(http.server.BaseHTTPRequestHandler):
    """Somebody's server, honest on some paths and hostile on others."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.split("?")[0]
        handler = {
            "/a.py": lambda: self.reply(b"print(6 * 7)"),
            "/big.py": lambda: self.reply(b"#" * (2 << 20)),
            "/endless.py": self.endless,
            "/slow.py": self.slow,
            "/empty.py": lambda: self.reply(b""),
            "/redirect.py": lambda: self.redirect("/a.py"),
            "/loop.py": lambda: self.redirect("/loop.py"),
            "/to-loopback.py": lambda: self.redirect(f"http://127.0.0.2:{self.server.server_port}/a.py"),
            "/to-file.py": lambda: self.redirect("file:///etc/passwd"),
            "/to-metadata.py": lambda: self.redirect("http://169.254.169.254/latest/"),
            "/bomb.py": self.bomb,
        }.get(path)
        if handler:
            handler()
        else:
            self.reply(b"no", 404)

    def reply(self, body, status=200, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def redirect(self, target):
        self.reply(b"", 302, Location=target)

    def bomb(self):
        import gzip
        self.reply(gzip.compress(b"#" * (50 << 20)), Content_Encoding="gzip")

    def endless(self):
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            while True:
                self.wfile.write(b"#" * 65536)
        self.close_connection = True

    def slow(self):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(600):
                self.wfile.write(b"#")
                self.wfile.flush()
                time.sleep(0.1)
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def origin():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def friendly(scratch):
    """A server that may fetch from the origin above, and from nothing else here."""
    with Engine(scratch / "fetching", config='[fetch]\nallow = ["127.0.0.1/32"]\npatience = "2s"\n',
                environment={"http_proxy": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1"}) as engine:
        yield engine


def submit(engine, url):
    return engine.post("/api/v1/submission/url", {"url": url})


@pytest.mark.parametrize("path", ["/a.py", "/a.py?x=1", "/redirect.py"])
def test_fetched_and_run(friendly, origin, path):
    answer = submit(friendly, origin + path)
    assert answer.status == 200, answer.body
    assert answer.json["message"] == "File uploaded and pushed to queue successfully"
    assert answer.json["fileName"].endswith(".py")
    assert friendly.wait(answer.json["id"])["runs"][0]["stdout"] == "42\n"


@pytest.mark.parametrize("path, status", [
    ("/big.py", 413), ("/endless.py", 413), ("/slow.py", 502), ("/missing.py", 502), ("/loop.py", 502), ("/empty.py", 400),
    ("/to-loopback.py", 400), ("/to-file.py", 400), ("/to-metadata.py", 400), ("/bomb.py", None), ("/", None),
])
def test_hostile_origins(friendly, origin, path, status):
    started = time.monotonic()
    answer = submit(friendly, origin + path)
    assert answer.status == status or (status is None and answer.status in (400, 413, 502)), answer.body
    assert set(answer.json) == {"message"}
    assert time.monotonic() - started < 15


@pytest.mark.parametrize("url", [
    "http://127.0.0.1:{port}/a.py", "http://127.1:{port}/a.py", "http://2130706433:{port}/a.py", "http://0x7f000001:{port}/a.py",
    "http://0177.0.0.1:{port}/a.py", "http://0.0.0.0:{port}/a.py", "http://[::1]:{port}/a.py", "http://[::ffff:127.0.0.1]:{port}/a.py",
    "http://[64:ff9b::7f00:1]/a.py", "http://[2002:7f00:1::]/a.py", "http://localhost:{port}/a.py", "http://169.254.169.254/a.py",
    "http://10.0.0.1/a.py", "http://[fd00::1]/a.py", "http://[fe80::1]/a.py", "file:///etc/passwd", "gopher://127.0.0.1/x",
    "ftp://127.0.0.1/a.py", "http://①②⑦.⓪.⓪.①:{port}/a.py", "http://127。0。0。1:{port}/a.py", "http://ｌｏｃａｌｈｏｓｔ:{port}/a.py",
    "http://bücher.example:{port}/a.py", "http://user@127.0.0.1:{port}/a.py", "not a url", "", "http://", "//127.0.0.1/a.py",
])
def test_refused_addresses(server, origin, url):
    answer = submit(server, url.format(port=origin.rsplit(":", 1)[1]))
    assert answer.status == 400, answer.body
    assert set(answer.json) == {"message"}


@pytest.mark.parametrize("body, status", [({}, 400), ({"url": 5}, 400), ({"url": "http://x", "y": 1}, 400), ([], 400)])
def test_bad_requests(server, body, status):
    assert server.post("/api/v1/submission/url", body).status == status
