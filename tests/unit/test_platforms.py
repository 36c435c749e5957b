"""The samples for platforms in ``conf/`` that cannot be run here: what can be asked of them without the platform."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from spark_lineage.activation.jars import find_spark, jar_for
from spark_lineage.config import resolve
from spark_lineage.config.options import BY_NAME

ROOT = Path(__file__).resolve().parents[2]
CONF = ROOT / "conf"
LISTENER = "io.sparklineage.LineageListener"


def document(name: str) -> Any:
    return json.loads((CONF / name).read_text("utf-8"))


def of_emr() -> dict[str, str]:
    (found,) = document("emr-configurations.json")
    assert found["Classification"] == "spark-defaults"
    return dict(found["Properties"])


def of_glue() -> dict[str, str]:
    words = document("glue-arguments.json")["--conf"]
    return dict(word.split("=", 1) for word in words.split(" --conf "))


def of_fabric() -> dict[str, str]:
    return {each["key"]: each["value"] for each in document("fabric-sparkcompute.json")["sparkProperties"]}


def of_dataproc() -> dict[str, str]:
    text = (CONF / "dataproc.sh").read_text("utf-8").replace("\\\n", "").replace("$bucket", "bucket")
    (listed,) = re.findall(r'--properties "\^#\^([^"]+)"', text)
    each = (prop.partition(":")[2].split("=", 1) for prop in listed.split("#") if prop.startswith("spark:"))
    return dict(each)


def of_kubernetes() -> dict[str, str]:
    return dict(yaml.safe_load((CONF / "kubernetes.yaml").read_text("utf-8"))["spec"]["sparkConf"])


@pytest.mark.parametrize("conf", [of_emr, of_glue, of_fabric, of_dataproc, of_kubernetes], ids=lambda of: of.__name__)
def test_spark_conf_of_a_platform(conf: Any, tmp_path: Path) -> None:
    """Ours is the last listener, beside those of the platform, and each option of ours is one that there is."""
    settings = conf()
    assert settings["spark.extraListeners"].split(",")[-1] == LISTENER
    config = resolve(environ={}, spark_conf=settings, folders=[tmp_path])
    assert config.enabled
    assert re.match(r"(s3|gs|abfss)://", config.store), "a driver's disk goes with its cluster"
    ours = {name.removeprefix("spark.lineage.") for name in settings if name.startswith("spark.lineage.")}
    assert ours <= BY_NAME.keys()


def of_policy(name: str) -> dict[str, str]:
    """The environment of a cluster that a Databricks policy allows, where nobody has chosen anything."""
    prefix = "spark_env_vars."
    rules = {key[len(prefix) :]: rule for key, rule in document(name).items() if key.startswith(prefix)}
    return {key: rule["value"] if rule["type"] == "fixed" else rule["defaultValue"] for key, rule in rules.items()}


def test_policies_of_databricks(tmp_path: Path) -> None:
    config = resolve(environ=of_policy("databricks-policy.json"), folders=[tmp_path])
    assert (config.enabled, config.mode.value, config.store) == (True, "plan", "dbfs:/Volumes/main/lineage/store")
    (tmp_path / "spark-lineage.toml").write_text("enabled = true\n")
    off, conf = of_policy("databricks-policy-off.json"), {"spark.lineage.enabled": "true"}
    assert not resolve(environ=off, spark_conf=conf, folders=[tmp_path]).enabled, "a program cannot undo it"


@pytest.mark.parametrize("script", sorted(CONF.glob("*.sh")), ids=lambda path: path.name)
def test_scripts_are_bash(script: Path) -> None:
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", str(script)], check=True)


def on_path(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/bash\n{text}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize("driver", [True, False])
def test_the_init_script_of_databricks(tmp_path: Path, driver: bool) -> None:
    """In a folder that stands for /databricks, with a pip that only notes what it was asked for."""
    spark = find_spark()
    place = tmp_path / "databricks"
    on_path(place / "python" / "bin", "pip", f'echo "$@" >> {tmp_path}/asked')
    on_path(place / "python" / "bin", "spark-lineage", f'exec {sys.executable} -m spark_lineage "$@"')
    for name in ("jars", "driver/conf"):
        (place / name).mkdir(parents=True)
    (place / "spark").symlink_to(spark.home)
    script = (CONF / "databricks-init.sh").read_text("utf-8").replace("/databricks/", f"{place}/")
    env = {**os.environ, "PYTHONPATH": str(ROOT), "DB_IS_DRIVER": "TRUE" if driver else "FALSE"}
    subprocess.run(["bash", "-c", script], check=True, env=env, timeout=120)
    assert (tmp_path / "asked").read_text().split()[-1] == "spark-lineage-agent"
    jars = [path.read_bytes() for path in (place / "jars").iterdir()]
    conf = [path.read_text() for path in (place / "driver" / "conf").iterdir()]
    assert jars == ([jar_for(spark).read_bytes()] if driver else [])
    listeners = re.findall(r'"spark.extraListeners" = "([^"]+)"', "".join(conf))
    assert [each.split(",")[-1] for each in listeners] == ([LISTENER] if driver else [])


def test_the_bootstrap_action_of_emr(tmp_path: Path) -> None:
    """It asks for the jar of the line that EMR has, where no Spark is yet, and puts it where the conf looks for it."""
    on_path(tmp_path / "bin", "sudo", f'echo "$@" >> {tmp_path}/asked')
    on_path(tmp_path / "bin", "spark-lineage", "echo /the/jar/of/$3-$5")
    env = {**os.environ, "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(["bash", str(CONF / "emr-bootstrap.sh"), "the.whl[cloud]"], check=True, env=env)
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[0] == "python3 -m pip install --quiet the.whl[cloud]"
    assert asked[-1] == f"cp /the/jar/of/3.5-2.12 {of_emr()['spark.jars']}"
