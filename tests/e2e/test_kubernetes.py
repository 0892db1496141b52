"""deploy/kubernetes by the schemas of Kubernetes and KEDA, and by what its objects say of each other. No cluster
takes part."""
import copy
import json

import pytest
import yaml
from engine import ROOT
from services import node

MANIFEST = ROOT / "deploy/kubernetes/execution-engine.yaml"


@pytest.fixture(scope="module")
def objects():
    return list(yaml.safe_load_all(MANIFEST.read_text()))


def problems(objects, scratch):
    """For each object, what is wrong with it."""
    file = scratch / "objects.json"
    file.write_text(json.dumps(objects))
    return json.loads(node(ROOT / "tests/e2e/kubernetes.mjs", ROOT / "build/npm/node_modules", file))


def one(objects, kind, name):
    return next(o for o in objects if o["kind"] == kind and o["metadata"]["name"] == name)


def test_every_object_keeps_to_its_schema(objects, scratch):
    assert {o["kind"] for o in objects} >= {"Deployment", "Service", "ScaledObject", "TriggerAuthentication"}
    assert problems(objects, scratch) == [[]] * len(objects)


def test_the_check_finds_what_is_wrong(objects, scratch):
    deployment, scaled = (copy.deepcopy(one(objects, kind, "worker")) for kind in ("Deployment", "ScaledObject"))
    deployment["spec"]["replicas"] = "one"
    scaled["spec"]["coolDownPeriod"] = 120
    typo = copy.deepcopy(one(objects, "Deployment", "api"))
    typo["spec"]["template"]["spec"]["containers"][0]["securityContext"]["readOnlyRootFileSystem"] = True
    found = problems([deployment, scaled, typo], scratch)
    assert "replicas must be integer" in found[0][0]
    assert found[1] == ["/spec/coolDownPeriod is in no schema"]
    assert found[2] == ["/spec/template/spec/containers/0/securityContext/readOnlyRootFileSystem is in no schema"]


def test_what_objects_name_is_there(objects):
    names = {(o["kind"], o["metadata"]["name"]) for o in objects}
    keys = set(one(objects, "Secret", "places")["stringData"])
    named = list(one(objects, "ConfigMap", "settings")["data"].values())
    named += one(objects, "Deployment", "api")["spec"]["template"]["spec"]["containers"][0]["args"]
    assert {value.split("/")[-1] for value in named if value.startswith("/run/places/")} <= keys
    for name in ("api", "worker"):
        pod = one(objects, "Deployment", name)["spec"]["template"]
        assert one(objects, "Deployment", name)["spec"]["selector"]["matchLabels"] == pod["metadata"]["labels"]
        assert ("ServiceAccount", pod["spec"]["serviceAccountName"]) in names
        mounts = {mount["name"] for mount in pod["spec"]["containers"][0]["volumeMounts"]}
        assert mounts == {volume["name"] for volume in pod["spec"]["volumes"]}
    for scaled in (o for o in objects if o["kind"] == "ScaledObject"):
        assert ("Deployment", scaled["spec"]["scaleTargetRef"]["name"]) in names
    for reference in one(objects, "TriggerAuthentication", "redis")["spec"]["secretTargetRef"]:
        assert reference["key"] in set(one(objects, "Secret", reference["name"])["stringData"])


def test_what_is_scraped_wants_no_token(objects):
    """An annotation cannot bring one; and without the workers' metrics KEDA would not see our own jobs."""
    scraped = []
    for deployment in (o for o in objects if o["kind"] == "Deployment"):
        template = deployment["spec"]["template"]
        container = template["spec"]["containers"][0]
        if template["metadata"].get("annotations", {}).get("prometheus.io/scrape") == "true":
            scraped.append(deployment["metadata"]["name"])
            assert "--allow-anonymous" in container["args"] and "--tokens" not in container["args"]
        else:
            assert "--tokens" in container["args"]
    assert scraped == ["worker"]
    assert "EXECUTION_ENGINE_TOKENS" not in one(objects, "ConfigMap", "settings")["data"]


def test_the_privileges_are_those_of_compose(objects):
    services = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"]
    for name in ("api", "worker"):
        pod = one(objects, "Deployment", name)["spec"]["template"]["spec"]
        capabilities = pod["containers"][0]["securityContext"]["capabilities"]
        assert capabilities["drop"] == services[name]["cap_drop"] == ["ALL"]
        assert sorted(capabilities.get("add", [])) == sorted(services[name].get("cap_add", []))
