"""The options table, the precedence of its sources, and the sentences for settings that cannot be used."""

from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path

import pytest

from spark_lineage.config import BY_NAME, OPTIONS, Config, ConfigError, resolve
from spark_lineage.model import Mode

ROOT = Path(__file__).parent.parent.parent


def options_page():
    spec = importlib.util.spec_from_file_location("options_table", ROOT / "project" / "options_table.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def of(arguments=None, environ=None, conf=None, folder=None) -> Config:
    return resolve(arguments, environ=environ or {}, spark_conf=conf, folders=[folder] if folder else [])


def test_table_and_dataclass_agree():
    fields = {field.name: field for field in dataclasses.fields(Config) if field.name != "origins"}
    assert list(fields) == [option.field for option in OPTIONS]
    for option in OPTIONS:
        assert getattr(Config(), option.field) == option.default, option.name


def test_documentation_has_the_table():
    page = options_page()
    text = page.PAGE.read_text()
    assert page.page(text) == text, "run: python project/options_table.py"


def test_defaults(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert of() == Config(store=str(tmp_path / "lineage"))


def test_precedence_argument_environment_conf_file(tmp_path):
    (tmp_path / "spark-lineage.toml").write_text(
        'app = "file"\nmode = "exact"\n[sample]\nrows = 1\n[exit]\nwait = 1.5\n'
    )
    conf = {"spark.lineage.app": "conf", "spark.lineage.sample.rows": "2", "spark.lineage.mode": "plan", "spark.x": "y"}
    environ = {"SPARK_LINEAGE__APP": "environment", "SPARK_LINEAGE__SAMPLE__ROWS": "3", "HOME": "/"}
    with pytest.raises(ConfigError):
        of(conf=conf)  # plan mode and sampled rows, both in the conf
    del conf["spark.lineage.mode"]
    config = of({"app": "argument"}, environ, conf, tmp_path)
    assert (config.app, config.sample_rows, config.mode, config.exit_wait) == ("argument", 3, Mode.EXACT, 1.5)
    assert config.origins["sample.rows"] == "SPARK_LINEAGE__SAMPLE__ROWS"
    assert of(None, None, conf, tmp_path).app == "conf"
    assert of(None, None, None, tmp_path).app == "file"


def test_none_is_not_a_setting():
    assert of({"mode": None}, {"SPARK_LINEAGE__MODE": "plan"}).mode is Mode.PLAN


def test_labels_add_up():
    config = of(
        {"labels": ["a=1", "b=2"]}, {"SPARK_LINEAGE__LABELS__TEAM": "risk", "SPARK_LINEAGE__LABELS": "b=9"},
        {"spark.lineage.labels.env": "dev"},
    )  # fmt: skip
    assert config.labels == {"a": "1", "b": "2", "team": "risk", "env": "dev"}


def test_pyproject(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[tool.spark-lineage]\nstore = "kept"\nsample.rows = 7\nlabels = {a = "b"}\n'
    )
    config = of(folder=tmp_path)
    assert (config.store, config.sample_rows, config.labels) == (str(tmp_path / "kept"), 7, {"a": "b"})


def test_somebody_elses_broken_pyproject_does_not_matter(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool\n")
    assert of(folder=tmp_path).app is None


def test_first_folder_with_a_file_counts(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "spark-lineage.toml").write_text('app = "b"')
    assert resolve(environ={}, folders=[tmp_path, tmp_path / "b"]).app == "b"


def test_store_is_absolute_unless_it_is_an_address(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert of({"store": "x"}).store == str(tmp_path / "x")
    assert of({"store": "s3://bucket/x"}).store == "s3://bucket/x"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"arguments": {"sample_row": 3}}, "Unknown option sample_row; the nearest known one is sample_rows."),
        ({"environ": {"SPARK_LINEAGE__MOED": "x"}}, "nearest known one is SPARK_LINEAGE__MODE."),
        ({"conf": {"spark.lineage.sampel.rows": "1"}}, "nearest known one is spark.lineage.sample.rows."),
        (
            {"arguments": {"mode": "exakt"}},
            "argument mode must be one of plan, flow, used, exact (did you mean exact?), not 'exakt'.",
        ),
        ({"arguments": {"sample_rows": -1}}, "argument sample_rows must not be negative, not -1."),
        ({"environ": {"SPARK_LINEAGE__SAMPLE__ROWS": "many"}}, "must be a whole number, not 'many'."),
        ({"environ": {"SPARK_LINEAGE__EXIT__WAIT": "nan"}}, "must be a number of seconds from 0 up"),
        ({"environ": {"SPARK_LINEAGE__STRICT": "perhaps"}}, "must be true or false, not 'perhaps'."),
        ({"arguments": {"labels": ["a=1", "x"]}}, "argument labels must be written key=value, not 'x'."),
        ({"arguments": {"mode": "plan", "sample_rows": 5}}, "argument mode=plan and argument sample_rows=5 conflict"),
    ],
)
def test_one_sentence_for_what_cannot_be_used(given, sentence):
    with pytest.raises(ConfigError) as error:
        of(**given)
    text = str(error.value)
    assert sentence in text
    assert text.endswith(".")
    assert "\n" not in text


def test_a_stronger_source_overrides_without_conflict():
    assert of({"mode": "plan"}, {"SPARK_LINEAGE__SAMPLE__ROWS": "5"}).mode is Mode.PLAN


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("app = ", "cannot be read as TOML"),
        ("smaple.rows = 3", "nearest known one is sample.rows"),
        ("[mode]\nx = 1", "mode in "),
    ],
)
def test_bad_files(tmp_path, text, sentence):
    (tmp_path / "spark-lineage.toml").write_text(text)
    with pytest.raises(ConfigError, match=sentence):
        of(folder=tmp_path)


def test_two_files_in_one_folder(tmp_path):
    (tmp_path / "spark-lineage.toml").write_text("")
    (tmp_path / "pyproject.toml").write_text("[tool.spark-lineage]\n")
    with pytest.raises(ConfigError, match="keep one of them"):
        of(folder=tmp_path)


def test_internal_conf_keys_are_no_options():
    assert of(conf={"spark.lineage.op": "o1"}) == of()


def test_conf_for_the_jvm_half():
    conf = of({"mode": "exact", "sample_rows": 0}).spark_conf()
    assert conf["spark.lineage.mode"] == "exact"
    assert conf["spark.lineage.sample.rows"] == "0"
    assert set(conf) <= {option.conf for option in BY_NAME.values()}
