"""What an operator is handed fits the product: settings, ports, and nothing runs as root."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import Metric

from bot.gateway.metrics import registry
from bot.settings import ROOT, Settings

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
KUBERNETES = list(yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text("utf-8")))
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
NGINX = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
OURS = ("migrate", "actions", "rasa", "gateway")
SETTINGS = {f"HELPDESK_{name.upper()}" for name in Settings.model_fields}


(CONFIG,) = [document["data"] for document in KUBERNETES if document["kind"] == "ConfigMap"]
# What docs/deploying.md has the operator put into files.
DEPLOYING = (ROOT / "docs" / "deploying.md").read_text("utf-8")
SECRETS = set(re.findall(r"> secrets/(HELPDESK_[A-Z_]+)", DEPLOYING))


def pods() -> list[dict[str, Any]]:
    return [d["spec"]["template"]["spec"] for d in KUBERNETES if d["kind"] in ("Job", "Deployment")]


def containers() -> list[dict[str, Any]]:
    return [container for pod in pods() for container in pod["containers"]]


def test_every_setting_that_is_named_exists() -> None:
    files = [
        ROOT / "Dockerfile", ROOT / "compose.yaml", *sorted((ROOT / "deploy").iterdir()),
        *sorted((ROOT / "docs").glob("*.md")),
    ]  # fmt: skip
    for file in files:
        if file.name == "settings.md":
            continue
        named = set(re.findall(r"HELPDESK_[A-Z_]*[A-Z]", file.read_text("utf-8")))
        assert named - SETTINGS <= {"HELPDESK_TEST_POSTGRES_URL"}, file.name


@pytest.mark.parametrize("name", OURS)
def test_our_containers_are_read_only_and_have_no_privileges(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    # By number, or the `runAsNonRoot` of Kubernetes refuses to start it.
    assert re.search(r"^USER [1-9]\d+$", DOCKERFILE, re.MULTILINE)


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "compose.yaml").read_text("utf-8")
    assert set(re.findall(r"\$\{(\w+):", text)) == {
        "POSTGRES_PASSWORD",
        "REDIS_PASSWORD",
        "HELPDESK_IDENTITY_KEYS",
        "HELPDESK_INTERNAL_SECRET",
    }
    assert re.findall(r"\$\{\w+(?!:\?|\w)", text) == []


@pytest.mark.parametrize("pod", pods(), ids=lambda pod: str(pod["containers"][0]["name"]))
def test_no_pod_has_a_secret_in_its_environment(pod: dict[str, Any]) -> None:
    (container,) = pod["containers"]
    assert container["envFrom"] == [{"configMapRef": {"name": "helpdesk"}}]
    assert not SECRETS & CONFIG.keys()
    mounted = {one["mountPath"]: one for one in container["volumeMounts"]}
    mount = mounted[CONFIG["HELPDESK_SECRETS_DIR"]]
    assert mount["readOnly"]
    (volume,) = [one["secret"] for one in pod["volumes"] if one["name"] == mount["name"]]
    # Not everybody's to read, and yet the process's, which is not root.
    assert volume == {"secretName": "helpdesk", "defaultMode": 0o440}
    assert pod["securityContext"]["fsGroup"]


def test_what_the_cluster_mounts_is_read(tmp_path: Path) -> None:
    # A folder that is changed as a whole behind links, as kubelet lays a secret out.
    (tmp_path / "..2026_11_28").mkdir()
    (tmp_path / "..data").symlink_to("..2026_11_28")
    for name in SECRETS:
        given = json.dumps({"app_2026": 64 * "k"}) if "KEYS" in name else 64 * "s"
        (tmp_path / "..data" / name).write_text(f"{given}\n", "utf-8")
        (tmp_path / name).symlink_to(Path("..data", name))
    settings = Settings(_env_file=None, env="production", secrets_dir=str(tmp_path))
    assert settings.identity_keys["app_2026"].get_secret_value() == 64 * "k"
    assert settings.require_internal_secret() == 64 * "s"
    assert settings.audit_seal_key == 64 * b"s"
    assert settings.database_url == 64 * "s"


def test_what_holds_secrets_is_not_copied_into_the_image() -> None:
    assert {".env", "*.env"} <= set((ROOT / ".dockerignore").read_text("utf-8").splitlines())


def test_no_variable_that_the_cluster_makes_up_passes_for_a_setting() -> None:
    # A service helpdesk-rasa would bring HELPDESK_RASA_PORT=tcp://….
    assert [pod["enableServiceLinks"] for pod in pods()] == [False] * 4


def test_visitors_behind_the_proxy_are_told_apart() -> None:
    for environment in (CONFIG, COMPOSE["services"]["gateway"]["environment"]):
        proxies = environment["HELPDESK_TRUSTED_PROXIES"]
        assert Settings(_env_file=None, trusted_proxies=proxies).trusted_proxies == proxies
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in NGINX


def test_only_the_proxy_is_published_and_only_on_loopback() -> None:
    published = {name: s["ports"] for name, s in COMPOSE["services"].items() if "ports" in s}
    assert published == {"proxy": ["127.0.0.1:8080:8080"]}
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_each_process_has_two_of_its_kind_and_says_when_it_is_ill() -> None:
    for name in ("gateway", "rasa", "actions"):
        assert COMPOSE["services"][name]["deploy"]["replicas"] == 2
        assert COMPOSE["services"][name]["healthcheck"]["test"]
    deployments = [d for d in KUBERNETES if d["kind"] == "Deployment"]
    assert {d["spec"]["replicas"] for d in deployments} == {2}
    for deployment in deployments:
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        assert {"readinessProbe", "livenessProbe", "resources"} <= container.keys()


@pytest.mark.parametrize("container", containers(), ids=lambda c: str(c["name"]))
def test_the_pods_are_locked_down(container: dict[str, Any]) -> None:
    assert container["securityContext"] == {
        "runAsNonRoot": True,
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }


def test_only_gateways_reach_rasa_and_only_rasa_and_gateways_the_actions() -> None:
    allowed = {
        policy["metadata"]["name"]: {
            source["podSelector"]["matchLabels"]["app"]
            for rule in policy["spec"]["ingress"]
            for source in rule["from"]
        }
        for policy in KUBERNETES
        if policy["kind"] == "NetworkPolicy"
    }
    assert allowed == {
        "helpdesk-rasa": {"helpdesk-gateway"},
        "helpdesk-actions": {"helpdesk-gateway", "helpdesk-rasa"},
    }


def test_the_proxy_knows_each_process_and_does_not_hold_events_back() -> None:
    for name, port in (("gateway", 8000), ("rasa", 5005), ("actions", 5055)):
        assert f"server {name}:{port} resolve;" in NGINX
    assert "proxy_buffering off;" in NGINX
    assert "location = /metrics { return 404; }" in NGINX


def test_dashboard_and_alerts_speak_of_metrics_that_exist() -> None:
    dashboard = json.loads((ROOT / "deploy" / "grafana.json").read_text("utf-8"))
    alerts = yaml.safe_load((ROOT / "deploy" / "alerts.yml").read_text("utf-8"))
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    asked += [rule["expr"] for group in alerts["groups"] for rule in group["rules"]]
    named = {name for expr in asked for name in re.findall(r"(?:helpdesk|process)_\w+", expr)}
    assert named
    assert named <= {sample for metric in registry.collect() for sample in samples(metric)}


def samples(metric: Metric) -> set[str]:
    """The names under which Prometheus keeps it."""
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
    return {metric.name + ending for ending in endings.get(metric.type, ("",))}
