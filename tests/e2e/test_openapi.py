"""Holds the server to docs/openapi.yaml: each answer has a documented status and shape."""
import re

import pytest
import yaml

from engine import ROOT, multipart

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


def check(value, schema, where="$"):
    """The subset of JSON Schema that the document uses; an unknown keyword fails the test."""
    schema = resolve(schema)
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
