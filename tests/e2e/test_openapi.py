"""Holds the server to docs/openapi.yaml: each answer has a documented status and shape."""
import hashlib
import re
import time

import pytest
import yaml

from engine import ROOT, Engine, multipart

SPEC = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text())
UNKNOWN = "00000000-0000-4000-8000-000000000000"
HELLO = {"language": "bash", "source": "echo hello"}


def resolve(node):
    while "$ref" in node:
        target = SPEC
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


TYPES = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool, "null": type(None)}


CHECKED = {"nullable", "allOf", "oneOf", "anyOf", "type", "enum", "const", "properties", "required", "additionalProperties",
           "items", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "format"}
SAID = {"description", "example", "examples", "default"}


def check(value, schema, where="$"):
    """The subset of JSON Schema that the document uses; an unknown keyword fails the test."""
    schema = resolve(schema)
    assert set(schema) <= CHECKED | SAID, f"{where}: {set(schema) - CHECKED - SAID}"
    if value is None and schema.get("nullable"):
        return
    if "allOf" in schema:
        for part in schema["allOf"]:
            check(value, part, where)
    for keyword in ("oneOf", "anyOf"):
        if keyword in schema:
            errors = []
            for part in schema[keyword]:
                try:
                    check(value, part, where)
                    break
                except AssertionError as error:
                    errors.append(str(error))
            else:
                raise AssertionError(f"{where}: fits none: {errors}")
    types = schema.get("type")
    if types:
        types = types if isinstance(types, list) else [types]
        fits = any(isinstance(value, TYPES[t]) and not (t in ("integer", "number") and isinstance(value, bool)) for t in types)
        assert fits, f"{where}: {value!r} is no {types}"
    if "enum" in schema:
        assert value in schema["enum"], f"{where}: {value!r}"
    if "const" in schema:
        assert value == schema["const"], f"{where}: {value!r}"
    if isinstance(value, dict) and ("properties" in schema or "required" in schema):
        for name in schema.get("required", []):
            assert name in value, f"{where}: no {name}"
        properties = schema.get("properties", {})
        for name, inner in value.items():
            if name in properties:
                check(inner, properties[name], f"{where}.{name}")
            elif "allOf" not in schema:
                assert schema.get("additionalProperties", False), f"{where}.{name} is not documented"
    if isinstance(value, list) and "items" in schema:
        for index, inner in enumerate(value):
            check(inner, schema["items"], f"{where}[{index}]")
    if isinstance(value, str) and "pattern" in schema:
        assert re.search(schema["pattern"], value), f"{where}: {value!r}"
    if isinstance(value, str) and schema.get("format") == "date-time":
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value), f"{where}: {value!r}"
    if isinstance(value, (int, float)):
        assert schema.get("minimum", value) <= value <= schema.get("maximum", value), f"{where}: {value!r}"
    for kind, least, most in ((str, "minLength", "maxLength"), (list, "minItems", "maxItems")):
        if isinstance(value, kind):
            assert schema.get(least, 0) <= len(value) <= schema.get(most, len(value)), f"{where}: {value!r}"


def documented(method, path):
    assert path in SPEC["paths"], path
    assert method.lower() in SPEC["paths"][path], (method, path)
    return resolve(SPEC["paths"][path][method.lower()])


def hold(answer, method, path):
    responses = {str(status): response for status, response in documented(method, path)["responses"].items()}
    assert str(answer.status) in responses, (method, path, answer.status, answer.body[:200])
    content = resolve(responses[str(answer.status)]).get("content", {})
    kind = answer.headers.get("content-type", "").split(";")[0]
    if content:
        assert kind in content or any(name.split("/")[0] == kind.split("/")[0] and name.endswith("*") for name in content), kind
    if kind == "application/json":
        check(answer.json, content[kind]["schema"])


def test_every_path_of_the_document_exists(server):
    for path, methods in SPEC["paths"].items():
        for method in methods:
            if method not in ("get", "post", "delete", "put"):
                continue
            real = re.sub(r"\{[^}]*\}", UNKNOWN, path)
            answer = server.request(method.upper(), real, b"" if method == "post" else None)
            assert answer.status != 405, (method, path)
            hold(answer, method, path)


def test_submissions(server):
    create, one = "/api/v1/submissions", "/api/v1/submissions/{id}"
    hold(server.post(create, HELLO), "post", create)
    waited = server.post(create + "?wait=true", HELLO)
    hold(waited, "post", create)
    hold(server.post(create + "?wait=true&timeoutMs=1", {**HELLO, "source": "sleep 1"}), "post", create)
    for bad in ({}, {**HELLO, "language": "klingon"}, {**HELLO, "limits": {"files": -1}}):
        hold(server.post(create, bad), "post", create)
    hold(server.request("POST", create, "x", {"Content-Type": "text/plain"}), "post", create)
    identifier = waited.json["id"]
    hold(server.get(f"{create}/{identifier}"), "get", one)
    hold(server.get(f"{create}/{UNKNOWN}"), "get", one)
    hold(server.request("DELETE", f"{create}/{identifier}"), "delete", one)
    pending = server.submit({**HELLO, "delayMs": 60000})
    hold(server.get(f"{create}/{pending}"), "get", one)
    hold(server.request("DELETE", f"{create}/{pending}"), "delete", one)
    hold(server.get(f"{create}/{pending}"), "get", one)


@pytest.mark.parametrize("submission", [
    {"language": "c", "source": "int main(void) { return x; }"},
    {"language": "bash", "source": "kill -9 $$"},
    {"language": "bash", "source": "sleep 9", "limits": {"wallTimeMs": 200}},
    {"language": "bash", "source": "printf '\\377'; echo x > f", "outputFiles": ["f", "g"]},
    {"language": "bash", "source": "echo 1", "tests": [{"name": "a", "stdin": "", "expectedOutput": "2"}, {"stdin": "x"}]},
])
def test_outcomes(server, submission):
    hold(server.post("/api/v1/submissions?wait=true", submission), "post", "/api/v1/submissions")


def test_upload_api(server):
    body, content_type = multipart({"sourceCode": ("a.sh", b"echo hi")})
    upload = server.request("POST", "/api/v1/submission", body, {"Content-Type": content_type})
    hold(upload, "post", "/api/v1/submission")
    path = "/api/v1/submission/url"
    hold(server.get(f"{path}?id={upload.json['id']}"), "get", path)
    server.wait(upload.json["id"])
    hold(server.get(f"{path}?id={upload.json['id']}"), "get", path)
    hold(server.get(path), "get", path)
    hold(server.post(path, {"url": "file:///etc/passwd"}), "post", path)


@pytest.mark.parametrize("path", ["/api/v1/languages", "/healthz", "/readyz", "/metrics"])
def test_system(server, path):
    hold(server.get(path), "get", path)


# ---- the other way round: nothing is served or read that the document does not name

def test_every_route_is_in_the_document():
    served = re.findall(r'\bon\("([A-Z]+)", "([^"]+)"', (ROOT / "src/api/routes.cc").read_text())
    assert len(served) > 10
    written = {(method.upper(), re.sub(r"\{[^}]*\}", "{}", path)) for path, methods in SPEC["paths"].items()
               for method in methods if method != "parameters"}
    assert {(method, path.replace("{*}", "{}")) for method, path in served} == written


def properties(schema):
    return resolve({"$ref": f"#/components/schemas/{schema}"})["properties"]


def test_every_member_that_is_read_is_in_the_document():
    """Of requests, by the names in their reader; each of the document's is known to the server below."""
    reader = (ROOT / "src/api/request_json.cc").read_text()
    names = set(re.findall(r'(?:\.read|read_objects|read_limits)\((?:\w+, )?"(\w+)"', reader))
    url = SPEC["paths"]["/api/v1/submission/url"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert names == {name for schema in ("SubmissionRequest", "SourceFile", "Test", "Limits") for name in properties(schema)} \
        | set(url["properties"])


@pytest.mark.parametrize("member", properties("SubmissionRequest"))
def test_every_member_of_the_document_is_read(server, member):
    """A value of another type is refused in that member's name, and not as unknown."""
    request = {**({} if member == "files" else HELLO), member: {"no": "such"} if member not in ("limits", "compileLimits") else 5}
    answer = server.post("/api/v1/submissions", request)
    hold(answer, "post", "/api/v1/submissions")
    assert answer.status == 400 and answer.json["error"]["field"].split(".")[0] == member, answer.body
    assert "unknown" not in answer.json["error"]["message"]


def test_a_request_with_every_member(server):
    schema = {"$ref": "#/components/schemas/SubmissionRequest"}
    limits = {name: 64 if name in ("processes", "files") else 2000 if name.endswith("Ms") else 32 << 20 for name in properties("Limits")}
    limits["outputBytes"] = 1 << 16
    whole = {"language": "c", "files": [{"name": "a.c", "content": "aW50IG1haW4oKXt9", "encoding": "base64"}], "entry": "a.c",
             "options": ["-O1"], "args": ["x"], "tests": [{"name": "a", "stdin": "x", "expectedOutput": ""}], "outputFiles": ["f"],
             "priority": 1, "delayMs": 1, "limits": limits, "compileLimits": {**limits, "memoryBytes": 256 << 20}, "cache": False, "warm": False,
             "stopOnFailure": True}
    assert set(whole) | {"source", "stdin"} >= set(properties("SubmissionRequest"))
    for request in (whole, {**HELLO, "stdin": "x"}):
        check(request, schema)
        hold(server.post("/api/v1/submissions?wait=true", request), "post", "/api/v1/submissions")


def test_events(server):
    path, kinds = "/api/v1/submissions/{id}/events", {}
    identifier = server.submit({"language": "python", "source": "import time\nprint('x', flush=True)\ntime.sleep(0.5)\nprint(b'\\xff')"})
    for kind, data in server.events(identifier):
        check(data, {"$ref": "#/components/schemas/" + ("Submission" if kind == "result" else kind.capitalize() + "Event")}, kind)
        kinds[kind] = data
    assert set(kinds) == {"state", "phase", "usage", "output", "result"}
    stream = server.request("GET", f"/api/v1/submissions/{identifier}/events")
    hold(stream, "get", path)
    assert stream.status == 200 and stream.headers["content-type"].startswith("text/event-stream")


def test_files(own_server):
    engine = own_server(config='links.lifetime = "2s"\n')
    submission = engine.run({**HELLO, "source": "echo text; printf '\\377' > f", "outputFiles": ["f"]})
    for link in (submission["executedUrl"], submission["runs"][0]["files"][0]["url"]):
        answer = engine.fetch(link)
        assert answer.status == 200
        hold(answer, "get", "/files/{path}")
        for header in documented("get", "/files/{path}")["responses"]["200"]["headers"]:
            assert answer.headers[header.lower()], header
        changed = engine.fetch(link[:-1] + ("0" if link[-1] != "0" else "1"))
        assert changed.status == 403
        hold(changed, "get", "/files/{path}")
    while (gone := engine.fetch(submission["executedUrl"])).status == 200:
        time.sleep(0.1)
    assert gone.status == 410
    hold(gone, "get", "/files/{path}")


def test_without_a_token(scratch):
    tokens = scratch / "openapi-tokens.txt"
    tokens.write_text(f"ann:{hashlib.sha256(b'ann-secret-token-0123456789').hexdigest()}\n")
    with Engine(scratch / "openapi-guarded", "--tokens", str(tokens), "--slots", "1") as engine:
        for path, methods in SPEC["paths"].items():
            for method in set(methods) - {"parameters"}:
                answer = engine.request(method.upper(), re.sub(r"\{[^}]*\}", UNKNOWN, path), b"" if method == "post" else None)
                hold(answer, method, path)
                assert (answer.status == 401) == ("security" not in methods[method]), (method, path, answer.status)


def test_refusals(own_server):
    create = "/api/v1/submissions"
    full = own_server(config='retention.freeSpace = "100000GiB"\n')
    small = own_server(config='http.body = "20KiB"\nhttp.bodyPatience = "300ms"\nrequests.sourceBytes = "10KiB"\n')
    for engine, path, request, status in (
            (full, create, HELLO, 503), (small, create, {**HELLO, "source": "x" * 11_000}, 413)):
        answer = engine.post(path, request)
        assert answer.status == status and ("retry-after" in answer.headers) == (status == 503), answer.headers
        hold(answer, "post", path)
    body, kind = multipart({"sourceCode": ("a.sh", b"x" * 11_000)})
    for engine, status in ((full, 503), (small, 413)):
        answer = engine.request("POST", "/api/v1/submission", body, {"Content-Type": kind})
        assert answer.status == status
        hold(answer, "post", "/api/v1/submission")
    hold(full.get("/readyz"), "get", "/readyz")
    key = {"Idempotency-Key": "once"}
    small.submit(HELLO, key)
    answer = small.post(create, {**HELLO, "source": "echo other"}, key)
    assert answer.status == 422
    hold(answer, "post", create)
    early = {"$ref": "#/components/schemas/EarlyError"}
    for status, headers, content in (
            (408, {"Content-Length": "100"}, "{"), (413, {}, "x" * 30_000), (415, {"Content-Encoding": "gzip"}, "{}"),
            (417, {"Expect": "wonders"}, "{}"), (431, {"X": "x" * 100_000}, "{}"), (501, {"Transfer-Encoding": "gzip"}, "")):
        answer = small.request("POST", create, content, {"Content-Type": "application/json", **headers})
        assert answer.status == status, (status, answer.status, answer.body)
        check(answer.json, early)
