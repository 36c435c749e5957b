"""The options: one row in the table and one field in :class:`Config`, which has the default.

Every option has one spelling per place, made from its name: ``sample.rows`` is ``Config(sample_rows=...)``,
``--sample-rows``, ``SPARK_LINEAGE__SAMPLE__ROWS``, ``spark.lineage.sample.rows`` and ``rows`` under ``[sample]``
in ``spark-lineage.toml`` (or under ``[tool.spark-lineage.sample]`` in ``pyproject.toml``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from spark_lineage.config import values
from spark_lineage.model import Mode

ENVIRONMENT_PREFIX = "SPARK_LINEAGE__"
CONF_PREFIX = "spark.lineage."


@dataclass(frozen=True)
class Config:
    """Resolved settings, made by :func:`resolve`. The defaults stand here and nowhere else."""

    store: str = "lineage"
    spool: str | None = None
    mode: Mode = Mode.FLOW
    app: str | None = None
    namespace: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    enabled: bool = True
    sample_rows: int = 20
    sample_publish: bool = False
    audit_tables: str = "end"
    audit_catalog: str | None = None
    mask_personal: bool = True
    mask_columns: tuple[str, ...] = ()
    mask_literals: bool = False
    mask_key: str | None = None
    sign_key: str | None = None
    sign_public_key: str | None = None
    exit_wait: float = 10.0
    otel: bool = False
    mlflow: bool = True
    limits_calls: int = 1000
    limits_footers: int = 64
    hint: bool = True
    log_level: str = "warning"
    jar: str | None = None
    checks_file: str | None = None
    checks_keys: int = 1_000_000
    strict: bool = False
    #: option name -> where its value came from; not part of what two configurations are compared by
    origins: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def spark_conf(self, given: Mapping[str, str] | None = None) -> dict[str, str]:
        """The settings that the JVM half reads, as ``spark.lineage.*`` keys, to be added to the conf ``given``.

        What the program has set itself stays, unless an argument or the environment says otherwise.
        """
        given = given or {}
        options = [BY_NAME[name] for name in FOR_JVM]
        return {
            option.conf: _as_conf(getattr(self, option.field))
            for option in options
            if option.conf not in given or self._is_stronger_than_conf(option)
        }

    def _is_stronger_than_conf(self, option: Option) -> bool:
        return self.origins.get(option.name, "").startswith(("argument ", "--", ENVIRONMENT_PREFIX))


@dataclass(frozen=True)
class Option:
    """One row of the options table. ``parse`` takes what a source gave (text, or a TOML value)."""

    name: str
    type: str
    help: str
    parse: Callable[[Any], Any]

    @property
    def default(self) -> Any:
        return getattr(Config(), self.field)

    @property
    def field(self) -> str:
        return self.name.replace(".", "_")

    @property
    def flag(self) -> str:
        return "--label" if self.name == "labels" else "--" + self.name.replace(".", "-").replace("_", "-")

    @property
    def variable(self) -> str:
        return ENVIRONMENT_PREFIX + self.name.upper().replace(".", "__")

    @property
    def conf(self) -> str:
        return CONF_PREFIX + self.name


OPTIONS: tuple[Option, ...] = (
    Option(
        "store",
        "path | address",
        "The record: runs, samples and Delta audit tables. A folder, or an address (`s3://`, `abfss://`, `gs://`, "
        "`hdfs://`, `dbfs:/Volumes/`).",
        values.store,
    ),
    Option(
        "spool",
        "path",
        "Folder on this machine in which runs are recorded before they are brought to a store elsewhere, and in which "
        "what was read there is kept; `~/.local/state/spark-lineage` if not set.",
        values.optional_text,
    ),
    Option(
        "mode",
        "plan | flow | used | exact",
        "How much observing may cost: plans only; what flows by anyway; every row, with the columns that are "
        "used later; every row and column of every dataset.",
        values.mode,
    ),
    Option(
        "app",
        "text",
        "Name of the application in step and job names; the program's own if not set.",
        values.optional_text,
    ),
    Option(
        "namespace",
        "text",
        "Namespace of the jobs; `spark-lineage/` with repository and folder if not set.",
        values.optional_text,
    ),
    Option("labels", "key=value, ...", "Labels of the run, to find it by and to tell runs apart.", values.labels),
    Option("enabled", "true | false", "False: the program runs plain, nothing is observed.", values.switch),
    Option("sample.rows", "count", "Distinct rows kept of each interim dataset; 0 keeps none.", values.count),
    Option(
        "sample.publish",
        "true | false",
        "Sampled rows go into the events too; otherwise they never leave the store.",
        values.switch,
    ),
    Option(
        "audit.tables",
        "end | after | never",
        "When the audit tables are written: at the end of the program; after it, by a process of their own; or not, "
        "until `spark-lineage rebuild --missing`.",
        values.choice("end", "after", "never"),
    ),
    Option(
        "audit.catalog",
        "[catalog.]schema",
        "The audit tables are written to this schema too, by Spark jobs of the program's session at its end.",
        values.optional_text,
    ),
    Option(
        "mask.personal",
        "true | false",
        "Sampled values of columns that look personal (by name or content) are shown as keyed hashes.",
        values.switch,
    ),
    Option(
        "mask.columns",
        "name, ...",
        "More columns whose sampled values are masked; `*` and `?` stand for anything.",
        values.names,
    ),
    Option(
        "mask.literals",
        "true | false",
        "Every literal of plans, expressions and source code is shown as a keyed hash, not only what looks personal.",
        values.switch,
    ),
    Option(
        "mask.key",
        "text",
        "Secret of those hashes, to compare stores by them; if not set, one is made for the store (`mask.key`).",
        values.optional_text,
    ),
    Option(
        "sign.key",
        "path",
        "Private key (`spark-lineage key`) that signs the root hash of each run at its end.",
        values.optional_text,
    ),
    Option(
        "sign.public_key",
        "path",
        "Public key that runs must be signed with: `verify` fails for runs that are not.",
        values.optional_text,
    ),
    Option(
        "exit.wait", "seconds", "Longest time that the end of the program waits for the last facts.", values.seconds
    ),
    Option(
        "otel",
        "true | false",
        "The run is exported as OpenTelemetry spans, by OTLP to where OTEL_EXPORTER_OTLP_ENDPOINT says (extra `otel`).",
        values.switch,
    ),
    Option(
        "mlflow",
        "true | false",
        "MLflow runs of the program are told of the run: a tag, the training datasets, the report.",
        values.switch,
    ),
    Option(
        "limits.calls", "count", "Calls of one step that are recorded one by one; later ones are counted.", values.count
    ),
    Option(
        "limits.footers",
        "files",
        "Of a source of at most so many Parquet or ORC files, on disks or in HDFS, the footers are read for its rows.",
        values.count,
    ),
    Option(
        "hint",
        "true | false",
        "After `spark-lineage run` in a terminal, one line on standard error says where the record is.",
        values.switch,
    ),
    Option(
        "log.level",
        "debug | info | warning | error",
        "What goes to `agent.log` in the run's folder.",
        values.choice("debug", "info", "warning", "error"),
    ),
    Option("jar", "path", "The listener's jar, where the one in the package should not be used.", values.optional_text),
    Option(
        "checks.file",
        "path",
        "A file with rules for checks (TOML or Python), beside those of the configuration file.",
        values.optional_text,
    ),
    Option(
        "checks.keys",
        "count",
        "Keys of a dataset that are compared at most where a rule asks whether they are unique.",
        values.count,
    ),
    Option("strict", "true | false", "For tests of spark-lineage itself: its own faults are raised.", values.switch),
)
BY_NAME: Mapping[str, Option] = {option.name: option for option in OPTIONS}
FOR_JVM = ("mode", "sample.rows", "checks.keys", "limits.footers", "strict")  # what the JVM half reads too


def _as_conf(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value.value if isinstance(value, Mode) else value)
