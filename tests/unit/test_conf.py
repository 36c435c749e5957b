"""The samples in ``conf/`` and ``docker/`` say what holds: they are read by what reads them."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import yaml

from spark_lineage.config import Config, resolve
from spark_lineage.sinks.transports import receivers

ROOT = Path(__file__).resolve().parents[2]
CONF = ROOT / "conf"


def uncommented(text: str) -> str:
    """With the settings switched on that stand there as comments."""
    return re.sub(r"(?m)^# (?=[a-z_.]+ = )", "", text)


def test_settings_as_they_stand_and_switched_on(tmp_path: Path) -> None:
    text = (CONF / "spark-lineage.toml").read_text("utf-8")
    for number, content in enumerate([text, uncommented(text)]):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "spark-lineage.toml").write_text(content, "utf-8")
        config = resolve(environ={}, folders=[folder])
        assert config.sample_rows == Config().sample_rows
        assert config.exit_wait == Config().exit_wait
        assert config.mode == Config().mode
    assert dict(config.labels) == {"team": "risk", "env": "prod"}
    assert config.audit_catalog == "main.lineage"
    assert (config.mask_personal, config.mask_columns) == (True, ("salary", "account_*"))


def test_spark_defaults(tmp_path: Path) -> None:
    lines = (CONF / "spark-defaults.conf").read_text("utf-8").splitlines()
    settings = dict(line.split(None, 1) for line in lines if line.strip() and not line.startswith("#"))
    assert settings["spark.extraListeners"] == "io.sparklineage.LineageListener"
    config = resolve(environ={}, spark_conf=settings, folders=[tmp_path])
    assert config.store == "/var/lib/lineage"
    assert dict(config.labels) == {"env": "prod"}


@pytest.mark.parametrize("which", ["as it stands", "several"])
def test_transports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: str) -> None:
    for key in [key for key in os.environ if key.startswith("OPENLINEAGE")]:
        monkeypatch.delenv(key)
    monkeypatch.chdir(tmp_path)
    text = (CONF / "openlineage.yml").read_text("utf-8")
    if which == "several":
        pytest.importorskip("confluent_kafka")
        commented = text[text.index("# transport:") :]
        text = "\n".join(line.removeprefix("# ") for line in commented.splitlines() if re.match(r"# +\S|$", line))
        text = "\n".join(line for line in text.splitlines() if not line.startswith("Jobs that"))
        text = text.replace("        security.protocol: SASL_SSL\n", "")  # the client would look for certificates
    (tmp_path / "openlineage.yml").write_text(text, "utf-8")
    found = receivers()
    for each in found:
        each.close()
    assert [each.kind for each in found] == (["http"] if which == "as it stands" else ["http", "file", "kafka"])


def test_compose() -> None:
    compose = yaml.safe_load((ROOT / "docker" / "compose.yml").read_text("utf-8"))
    services = compose["services"]
    for name, service in services.items():
        for needed in service.get("depends_on", ()):
            assert needed in services, name
            assert "healthcheck" in services[needed]
    url = services["spark"]["environment"]["OPENLINEAGE_URL"]
    assert url == f"http://marquez:{services['marquez']['environment']['MARQUEZ_PORT']}"
    mentioned = (ROOT / "docs" / "marquez.md").read_text("utf-8")
    assert "docker compose -f docker/compose.yml up --detach --wait" in mentioned
