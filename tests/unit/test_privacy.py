"""What is observed is cleaned before it is written: secrets by name, form and value, personal values, and hashes."""

from __future__ import annotations

import ast
import io
import logging
import os
import re
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

import spark_lineage
from spark_lineage.faces.terminal.console import SafeConsole
from spark_lineage.guard import Guard
from spark_lineage.model import (
    ColumnDefinition,
    ColumnInput,
    ColumnNote,
    Fragment,
    FunctionReading,
    Marked,
    Mode,
    Observation,
    Probed,
    ProbedColumn,
    ProgramStarted,
    RowOperator,
    Sample,
    SourceRead,
    SourceReading,
    Statement,
    Storage,
)
from spark_lineage.privacy import code, command_line, files, names, personal, redaction, source
from spark_lineage.privacy.logs import PrivateLog
from spark_lineage.privacy.observing import Privacy
from spark_lineage.privacy.rules import rules
from spark_lineage.privacy.terminal import printable
from spark_lineage.privacy.texts import Choices, Texts
from spark_lineage.static import SourceReader

KEY = b"a key of the tests"
MARK = rules().mark


def privacy(key: bytes = KEY, **choices: object) -> Privacy:
    return Privacy(Choices(**choices), lambda: key, Guard(strict=True))  # type: ignore[arg-type]


# --------------------------------------------------------------------------- source code

SECRET_CODE = [
    'df.withColumn("password", F.lit("planted"))',
    'df.select("id", F.lit("planted").alias("apikey"))',
    'df.where(F.col("password") == "planted")',
    'df.where(df.password == "planted")',
    'df.where(F.col("token").isin("planted", "planted2"))',
    'df.where(F.concat(F.lit("x"), F.col("id")) != "planted").withColumnRenamed("id", "token")',
    "spark.sql(\"select 'planted' as access_token, id from t\")",
    'df.withColumn("v", F.expr("aes_encrypt(x, \'planted\')"))',
    'df.withColumn("v", F.aes_encrypt("x", F.lit("planted")))',
    'df.withColumn("h", F.sha2(F.concat("id", F.lit("planted")), 256))',
    'reader.option(key="password", value="planted")',
    'reader.options(user="ada", password="planted")',
    'conf.set("spark.hadoop.fs.s3a.secret.key", "planted")',
    'password = os.environ.get("DB_PASSWORD", "planted")',
    'PASSWORD: str = "planted"',
    'password = "planted" if x else f"{y}planted"',
    '{"user": "ada", "password": "planted"}',
    'requests.get(url, auth=("ada", "planted"))',
    'requests.get(url, headers={"Authorization": "Basic planted"})',
    'parser.add_argument("--password", default="planted")',
    'url = "jdbc:postgresql://h/x?user=ada&password=" + "planted"',
    'def connect(user, password="planted"):\n    pass',
    'def f():\n    """Connects.\n\n    Password: planted\n    """',
    "x = 1  # the password is planted1",
    "cursor.execute(\"CREATE USER ada IDENTIFIED BY 'planted'\")",
    'key = hmac.new(b"planted", message)',
    'oracledb.connect("scott/planted@db:1521/svc")',
    'limit = "planted"\ndf.where(F.col("password") == limit)',
    'limit = "planted"\nquery = f"host=h password={limit} user=u"',
    'limit = "planted"\nquery = "token=%s" % limit',
    'limit = "planted"\nquery = "password={} user=u".format(limit)',
    'a, b = "x", "planted"\nconnect(password=b)',
    'first = "planted"\nsecond = first\nreader.option("password", second)',
    'x = "planted"\npassword = f"{x}!"',
    "class Client:\n    def __init__(self, url, secret):\n        pass\nClient('h', 'planted')",
    "@dataclass\nclass Login:\n    user: str\n    password: str\nLogin('ada', 'planted')",
    "def login(user, token):\n    pass\nx = 'planted'\nlogin('ada', x)",
    "class C:\n    def login(self, token):\n        pass\nC().login('planted')",
]
PLAIN_CODE = [
    'df.where(F.col("status") == "paid")',
    'df.select("token", "id").where(F.col("status") == "paid")',
    'tokens = df.where(F.col("status") == "paid")',
    "token = load(spark)",
    'password = os.environ["DB_PASSWORD"]',
    'Tokenizer(inputCol="text", outputCol="words")',
    'df.groupBy("country").agg(F.sum("amount").alias("amount"))',
    'spark.read.parquet("s3a://bucket/key=1/orders")',
    'database = "sales_2026"\nconnect(user, password, database)',
    'def login(user, token):\n    pass\nlogin("ada", load())',
    'x = x + "paid"\ny = f"status={x}"',
]


@pytest.mark.parametrize("text", SECRET_CODE)
def test_secret_literals_of_source_code(text: str) -> None:
    cleaned = code.redacted(text)
    assert "planted" not in cleaned
    ast.parse(cleaned)
    assert code.redacted(cleaned) == cleaned


@pytest.mark.parametrize("text", PLAIN_CODE)
def test_other_literals_stay(text: str) -> None:
    assert code.redacted(text) == text


def test_a_piece_keeps_its_indentation() -> None:
    text = '    def f(self):\n        password = "planted"\n\n        return """\n  text"""'
    assert code.redacted(text) == text.replace('"planted"', repr(MARK))


@pytest.mark.parametrize(
    ("text", "positions"),
    [
        ("password = sys.argv[2]", (2,)),
        ("user, password = sys.argv[1:3]", (2,)),
        ("_, user, password = sys.argv", (2,)),
        ("user, token = sys.argv[1], sys.argv[3]", (3,)),
        ('reader.option("password", sys.argv[2])', (2,)),
        ("connect(password=sys.argv[1])", (1,)),
        ('p.add_argument("input")\np.add_argument("--day")\np.add_argument("password")', (2,)),
        ("path = sys.argv[1]", ()),
    ],
)
def test_which_arguments_are_secrets(text: str, positions: tuple[int, ...]) -> None:
    assert command_line.secret_positions(text) == positions


# --------------------------------------------------------------------------- values that look personal


@pytest.mark.parametrize(
    "text",
    ["123-45-6789", "4111111111111111", "4111 1111 1111 1111", "378282246310005", "DE89 3704 0044 0532 0130 00",
     "GB82WEST12345698765432", "ada@example.org", "+49 30 1234567", "(202) 555-0143", "202-555-0143"],
)  # fmt: skip
def test_personal_by_form(text: str) -> None:
    cleaned = privacy().texts.expression(f"x = '{text}' AND status = 'paid'")
    assert text not in cleaned
    assert cleaned == f"x = '{personal.hashed(KEY, text)}' AND status = 'paid'", "as a sampled value is masked"


@pytest.mark.parametrize(
    "text",
    ["4111111111111112", "DE00370400440532013000", "2024-01-01 12:00:00", "1700000000000000", "1e+10",
     "abfss://container@acc.dfs.core.windows.net/x", "3.14159265358979", "123456789"],
)  # fmt: skip
def test_not_personal_by_form(text: str) -> None:
    assert privacy().texts.text(text) == text


def test_all_literals_are_masked_where_that_is_wanted() -> None:
    wanted = privacy(mask_literals=True).texts
    cleaned = wanted.expression("CASE WHEN status = 'paid' THEN 17 ELSE CAST(x AS DECIMAL(10,2)) END")
    assert "paid" not in cleaned
    assert "17 " not in cleaned
    assert "status" in cleaned
    assert "DECIMAL(10,2)" in cleaned
    text = 'df.where((F.col("status") == "paid") & (F.col("n") > 1234))'
    assert "paid" not in wanted.code(text)
    assert "1234" not in wanted.code(text)
    ast.parse(wanted.code(text))


def test_without_a_key_personal_literals_are_taken_out(tmp_path: Path) -> None:
    def no_key() -> bytes:
        raise OSError("read only")

    without = Privacy(Choices(), no_key, Guard(strict=True))
    assert without.texts.text("ssn = '123-45-6789'") == f"ssn = '{HIDDEN}'"


# --------------------------------------------------------------------------- secrets by value


def test_what_the_environment_calls_a_secret_is_taken_out_everywhere() -> None:
    found = privacy()
    found.texts.learn({"DB_PASSWORD": "pl4nted!", "PWD": "/home/ada", "TOKEN_LIMIT": "100000", "USER": "adalovelace"})
    assert found.texts.text("connected with pl4nted! as adalovelace") == f"connected with {HIDDEN} as adalovelace"
    assert found.texts.text("/home/ada has 100000") == "/home/ada has 100000"


def test_arguments_that_the_program_calls_secrets() -> None:
    found = privacy()
    found.texts.learn_program("user, password = sys.argv[1:]", ("ada", "planted"))
    (started,) = found.of([started_with(("ada", "planted"), {"team": "risk"})])
    assert isinstance(started, ProgramStarted)
    assert started.argv == ("ada", MARK)


def started_with(argv: tuple[str, ...], labels: dict[str, str]) -> ProgramStarted:
    return ProgramStarted("job", "job.py", argv, "3.11", 0.0, Mode.FLOW, labels, "r")


def test_what_the_program_gives_a_secrets_name_is_known_by_its_value() -> None:
    found = privacy()
    found.texts.learn_program('limit = "pl4nted!"\nquery = f"password={limit}"\nClient = 1', ())
    assert found.texts.expression("(status = 'pl4nted!')") == f"(status = '{HIDDEN}')"


def test_labels() -> None:
    (started,) = privacy().of([started_with(("--label", "password=planted"), {"password": "planted", "team": "risk"})])
    assert isinstance(started, ProgramStarted)
    assert started.labels == {"password": MARK, "team": "risk"}
    assert "planted" not in repr(started)


# --------------------------------------------------------------------------- names of columns


@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        ("aes_decrypt(x, PLANTKEY12345678, GCM, DEFAULT, )", f"aes_decrypt(x, {MARK}, GCM, DEFAULT, )"),
        ("base64(aes_encrypt(CAST(x AS STRING), abcdefghijklmnop))", f"base64(aes_encrypt(CAST(x AS STRING), {MARK}))"),
        ("sha2(concat(email, Pepper7), 256)", f"sha2(concat(email, {MARK}), 256)"),
        ("(password = Planted)", f"(password = {MARK})"),
        ("CASE WHEN (Planted x = token) THEN 1 ELSE 0 END", f"CASE WHEN ({MARK} = token) THEN 1 ELSE 0 END"),
        ("startswith(token, Planted)", f"startswith(token, {MARK})"),
        ("aes_decrypt(unbase64(x), PLANTKEY1234", f"aes_decrypt(unbase64(x), {MARK}"),
        *[
            (name, name)
            for name in (
                "sha2(email, 256)", "md5(CAST(customerId AS BINARY))", "sum(amt)", "(token = id)", "max(password)",
                "count(DISTINCT token)", "coalesce(token, session_token)", "PLANTED", "sha2(concat(email, city), 256)",
            )
        ],
    ],
)  # fmt: skip
def test_literals_in_names_that_spark_made(name: str, hidden: str) -> None:
    assert names.hidden(name) == hidden


def test_a_column_has_one_name_wherever_it_stands() -> None:
    first, second = "aes_decrypt(x, PLANTKEY12345678, GCM)", "aes_decrypt(x, PLANTKEY87654321, GCM)"
    quoted = f"Project [x, `{first}`, `{second}`]"
    made = [
        ColumnDefinition(name, f"upper(`{name}`)", (ColumnInput("d1", name, "DIRECT", "IDENTITY"),))
        for name in (first, second)
    ]
    one = replace(
        fragment("d2", *made, text=quoted),
        indirect=(ColumnInput("d1", first, "INDIRECT", "FILTER"),),
        sample_key=(first,),
        row_operators=(RowOperator("filter", keys=(first,), drops=((f"`{first}` = 1", (("d1", first),)),)),),
        notes=(ColumnNote("cast", first, "x", ("d1", first)),),
        sources=(Storage("file", "/a", columns=((first, "string"),)),),
    )
    columns = tuple(ProbedColumn(name, "string", 0, None) for name in (first, second))
    sample = Sample((first,), (first, second), (("a", "b"),), (1,))
    probed = Probed("d2", "i", 1, 1, True, None, None, (), columns, None, sample)
    plan, measured = privacy().of([one, probed])
    assert isinstance(plan, Fragment)
    assert isinstance(measured, Probed)
    assert "PLANTKEY" not in repr((plan, measured))
    renamed = tuple(each.column for each in plan.definitions)
    assert renamed == tuple(privacy().texts.column(name) for name in (first, second))
    assert len(set(renamed)) == 2
    assert [column for column, _, _ in plan.columns] == [column.name for column in measured.columns] == [*renamed]
    assert plan.operators == (f"Project [x, `{renamed[0]}`, `{renamed[1]}`]",)
    assert plan.definitions[0].expression == f"upper(`{renamed[0]}`)"
    assert measured.sample == Sample((renamed[0],), renamed, (("a", "b"),), (1,))
    assert repr(plan).count(renamed[0]) == repr(one).count(first)


def test_a_column_that_is_called_as_a_known_secret() -> None:
    found = privacy()
    found.texts.learn({"DB_PASSWORD": "pl4nted!"})
    assert found.texts.column("pl4nted!").startswith(f"{MARK}#")
    assert found.texts.column("city") == "city"


def test_keys_within_the_sql_of_a_program_are_known() -> None:
    found = privacy()
    found.texts.learn_program("spark.sql(\"select aes_decrypt(x, 'pl4ntedkey') from t where city = 'Bern 2026'\")", ())
    assert found.texts.text("pl4ntedkey of Bern 2026") == f"{MARK} of Bern 2026"


# --------------------------------------------------------------------------- hashes


def read(body: str) -> SourceRead:
    statement = Statement(0, 1, 1, None, 1, "1234567890abcdef", body)
    function = FunctionReading("f", 1, 1, False, "fedcba0987654321", None, (statement,), body)
    return SourceRead(SourceReading("job.py", "0011223344556677", (function,)))


def hashes(observation: Observation) -> tuple[str, ...]:
    assert isinstance(observation, SourceRead)
    (function,) = observation.reading.functions
    return observation.reading.source_hash, function.source_hash, function.statements[0].source_hash


def test_a_hash_over_a_secret_is_keyed_and_any_other_stays() -> None:
    plain, secret = read('x = "paid"'), read('password = "planted"')
    assert hashes(privacy().of([plain])[0]) == hashes(plain)
    keyed = hashes(privacy().of([secret])[0])
    assert not set(keyed) & set(hashes(secret))
    assert keyed == hashes(privacy().of([secret])[0]), "the same in each run"
    assert keyed != hashes(privacy(b"another").of([secret])[0]), "nobody can guess without the key"
    other = hashes(privacy().of([replace_hash(secret)])[0])
    assert other[2] != keyed[2], "another secret is another hash"


def replace_hash(read: SourceRead) -> SourceRead:
    (function,) = read.reading.functions
    statements = (replace(function.statements[0], source_hash="ffff567890abcdef"),)
    return SourceRead(replace(read.reading, functions=(replace(function, statements=statements),)))


def test_what_the_hash_does_not_cover_is_no_reason_for_another() -> None:
    commented = read("x = 1  # ask ada@example.org, password=planted")
    assert hashes(privacy().of([commented])[0]) == hashes(commented)


def fragment(dataset: str, *definitions: ColumnDefinition, text: str = "Filter") -> Fragment:
    columns = tuple((each.column, "string", True) for each in definitions)
    return Fragment(
        dataset, columns, "plan1:00112233445566778899", (text,), text, True, (), (), (), (), definitions, (), ()
    )


def test_a_plan_hash_over_a_personal_literal_is_keyed() -> None:
    plain, secret = fragment("d1", text="Filter (s = 'paid')"), fragment("d1", text="Filter (ssn = '123-45-6789')")
    assert privacy().of([plain]) == [plain]
    (cleaned,) = privacy().of([secret])
    assert isinstance(cleaned, Fragment)
    assert cleaned.plan_hash.startswith("plan1:")
    assert len(cleaned.plan_hash) == len(secret.plan_hash)
    assert cleaned.plan_hash != secret.plan_hash
    assert privacy().of([secret]) == [cleaned]
    (taken_out,) = privacy().of([fragment("d1", text=f"Filter (password = {HIDDEN})")])
    assert isinstance(taken_out, Fragment)
    assert taken_out.plan_hash != secret.plan_hash, "the JVM half had taken a secret out"


# --------------------------------------------------------------------------- samples follow lineage


def column(name: str, *inputs: tuple[str, str], kind: str = "DIRECT", masking: bool = False) -> ColumnDefinition:
    return ColumnDefinition(
        name, name, tuple(ColumnInput(dataset, column, kind, "IDENTITY", masking) for dataset, column in inputs)
    )


def probed(dataset: str, **values: str) -> Probed:
    columns = tuple(ProbedColumn(name, "string", 0, None) for name in values)
    sample = Sample((), tuple(values), (tuple(values.values()),), (1,))
    return Probed(dataset, f"i-{dataset}", None, 1, True, None, None, (), columns, None, sample)


def shown(observations: list[Observation], dataset: str) -> dict[str, str | None]:
    (found,) = [each for each in observations if isinstance(each, Probed) and each.dataset == dataset and each.sample]
    assert found.sample is not None
    return dict(zip(found.sample.columns, found.sample.rows[0], strict=True))


def test_columns_made_from_masked_ones_are_masked() -> None:
    made = fragment(
        "d1", column("p", ("source:0", "phone")), column("n", ("source:0", "phone"), masking=True),
        column("f", ("source:0", "phone"), kind="INDIRECT"), column("x", ("source:0", "id")),
    )  # fmt: skip
    passed = fragment("d2", column("q", ("d1", "p")), column("y", ("d1", "x")))
    found = privacy().of([passed, made, probed("d1", p="555", n="1", f="1", x="7"), probed("d2", q="(555)", y="7")])
    first, second = shown(found, "d1"), shown(found, "d2")
    assert str(first["p"]).startswith(personal.MASKED)
    assert (first["n"], first["f"], first["x"]) == ("1", "1", "7")
    assert str(second["q"]).startswith(personal.MASKED)
    assert second["y"] == "7"


def test_a_column_is_masked_for_the_values_of_the_one_it_comes_from() -> None:
    first, second = fragment("d1", column("card")), fragment("d2", column("last4", ("d1", "card")))
    found = privacy().of([first, second, probed("d1", card="4111111111111111"), probed("d2", last4="1111")])
    assert str(shown(found, "d1")["card"]).startswith(personal.MASKED)
    assert str(shown(found, "d2")["last4"]).startswith(personal.MASKED)


def test_a_sample_waits_for_its_lineage() -> None:
    found = privacy()
    before = found.of([Marked("d1", "boundary", ()), probed("d1", p="555", x="7")])
    assert "555" not in repr(before)
    assert [each.rows for each in before if isinstance(each, Probed)] == [1], "its facts are there at once"
    after = found.of([fragment("d1", column("p", ("source:0", "phone")), column("x", ("source:0", "id")))])
    assert str(shown(after, "d1")["p"]).startswith(personal.MASKED)
    assert shown(after, "d1")["x"] == "7"


def test_a_sample_whose_lineage_never_comes_is_masked_as_a_whole() -> None:
    found = privacy()
    found.of([Marked("d1", "boundary", ()), probed("d1", x="7")])
    assert str(shown(found.rest(), "d1")["x"]).startswith(personal.MASKED)
    assert found.rest() == []


def test_one_card_in_many_numbers_is_chance() -> None:
    values = ("4111111111111111", "4111111111111112", "4111111111111113")
    sample = Sample((), ("n",), tuple((value,) for value in values), (1, 1, 1))
    numbers = replace(probed("d1", n="1"), sample=sample)
    assert privacy().of([numbers]) == [numbers]


def test_what_cannot_be_cleaned_is_not_written() -> None:
    faults: list[str] = []
    broken = Privacy(Choices(), lambda: KEY, Guard(lambda what, why: faults.append(what)))
    bad = replace(started_with(("planted",), {}), labels=None)  # type: ignore[arg-type]
    assert broken.of([bad, fragment("d1")]) == [fragment("d1")]
    assert "privacy of ProgramStarted" in faults


# --------------------------------------------------------------------------- files and terminals


def mode(path: Path) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def test_what_is_created_is_for_the_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "store" / "runs" / "r"
    files.make_folder(folder)
    with files.open_private(folder / "a", "ab") as file:
        file.write(b"x")
    files.write_private(folder / "b", b"x")
    assert [mode(each) for each in (tmp_path / "store", folder.parent, folder)] == [0o700] * 3
    assert [mode(each) for each in (folder / "a", folder / "b")] == [0o600] * 2
    (folder / "other").mkdir(0o755)
    (folder / "other" / "c").write_bytes(b"x")
    files.close_to_others(folder)
    assert (mode(folder / "other"), mode(folder / "other" / "c")) == (0o700, 0o600)


def test_a_store_that_was_there_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    files.make_folder(tmp_path / "runs")
    assert (mode(tmp_path), mode(tmp_path / "runs")) == (0o755, 0o700)


def test_a_store_that_a_team_shares(tmp_path: Path) -> None:
    tmp_path.chmod(0o2770)
    files.make_folder(tmp_path / "runs")
    files.write_private(tmp_path / "runs" / "a", b"x")
    assert mode(tmp_path / "runs") == 0o2770
    assert mode(tmp_path / "runs" / "a") == 0o660


def test_the_log_is_clean_and_closed(tmp_path: Path) -> None:
    handler = PrivateLog(tmp_path / "agent.log", privacy().texts.prose)
    try:
        raise ValueError("jdbc:postgresql://ada:planted@db/x")
    except ValueError as error:
        record = logging.LogRecord("x", logging.WARNING, "f", 1, "password=planted", (), (ValueError, error, None))
    handler.emit(record)
    handler.close()
    text = (tmp_path / "agent.log").read_text()
    assert "ValueError" in text
    assert "planted" not in text
    assert mode(tmp_path / "agent.log") == 0o600


def test_control_characters_never_reach_a_terminal() -> None:
    assert printable("a\x1b[31mred\x07\x9b2J\r\u202eb\ud800") == r"a\x1b[31mred\x07\x9b2J\r\u202eb\ud800"
    assert printable("two\nlines\tof grüße 日本") == "two\nlines\tof grüße 日本"


def test_whatever_is_printed_passes_there() -> None:
    """One console for all that is printed as tables, whatever its parts are made of."""
    written = io.StringIO()
    table = Table("a\x1b]0;title\x07")
    table.add_row(Text("b\x1b[2J"))
    for printed in ("c\x9b31m", table):
        SafeConsole(file=written).print(printed)
    assert "\x1b" not in written.getvalue()
    assert r"\x1b[2J" in written.getvalue()
    assert r"\x9b31m" in written.getvalue()
    root = Path(spark_lineage.__file__).parent
    consoles = {
        str(path.relative_to(root)) for path in root.rglob("*.py") if re.search(r"\bConsole\(", path.read_text())
    }
    assert consoles <= {"faces/terminal/console.py", "cli/send.py"}, "cli/send.py: a progress bar on standard error"


HIDDEN = rules().mark


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ('made = dict(key=b"planted")', f"made = dict(key={HIDDEN!r})"),
        ('signing = {"key": b"planted", "n": b"1"}', f'signing = {{"key": {HIDDEN!r}, "n": b"1"}}'),
        ('aes_key = b"planted"', f"aes_key = {HIDDEN!r}"),
        ('df.join(other, key="id")', 'df.join(other, key="id")'),
        ('headers = {"Cookie": "a=planted"}', f'headers = {{"Cookie": {HIDDEN!r}}}'),
        ('text = "user: u\\npassword: planted\\n"', f'text = "user: u\\npassword: {HIDDEN}"'),
        (
            'spark.createDataFrame([(1, "planted"), (2, "planted")], "id long, password string")',
            f'spark.createDataFrame([(1, {HIDDEN!r}), (2, {HIDDEN!r})], "id long, password string")',
        ),
        (
            'spark.createDataFrame(data=[["planted", "x"]], schema=["token", "city"])',
            f'spark.createDataFrame(data=[[{HIDDEN!r}, "x"]], schema=["token", "city"])',
        ),
        ('spark.createDataFrame([(1, "Bern")], "id long, city string")',) * 2,
    ],
)
def test_values_that_their_place_makes_secret(text: str, cleaned: str) -> None:
    assert code.redacted(text) == cleaned


def test_what_was_parsed_ahead_is_not_parsed_again() -> None:
    """Python 3.11 fails in the program's own parse if a thread of ours parses at the same time."""
    text = "def connect():\n    password = 'planted-ahead'\n    return login(password=password, key=1)\n"
    reading = SourceReader(("/",)).read(text, "/ahead.py")
    source.parse_ahead(reading)
    before = source.secrets.cache_info().misses
    (cleaned,) = privacy().of([SourceRead(reading)])
    assert isinstance(cleaned, SourceRead)
    assert HIDDEN in cleaned.reading.functions[-1].source
    assert source.secrets.cache_info().misses == before


# --------------------------------------------------------------------------- the quick look at a source

PARTS = (
    "x = 1", "y = 'plain'", "# a comment", '"""text"""', "password = 'planted'", "ada@example.org", "'ada@example.org'",
    "# call +1 415 555 2671", "4111111111111111", "'4111 1111 1111 1111'", "n = 4111111111111112", "'078-05-1120'",
    "1.078-05-11204", "DE89370400440532013000", "xDE89370400440532013000", "'GB82 WEST 1234 5698 7654 32'",
    "'378282246310005'", "f'{x}-378282246310005-{y}'", "415-555-2671", "'x415-555-2671'", "@udf", "df[`a`]", "\\",
    "the known one", "xthe known onex", "'the known one'", "token", "b'jdbc:x?pwd=1'", "def f(x):", "    return x", "é",
)  # fmt: skip


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=5), st.sampled_from([" ", "", "\n", "+", "-"]), st.booleans())
def test_a_source_that_passes_the_quick_look_has_nothing_to_clean(
    parts: list[str], between: str, mask_personal: bool
) -> None:
    texts = Texts(Choices(mask_personal=mask_personal), lambda: KEY)
    texts.learn({"API_KEY": "the known one"})
    source_code = between.join(parts)
    slow = code.clean(source_code, code.Cleaning(texts.text, texts.prose))
    assert texts.code(source_code) == slow
    without_secrets = code.clean(source_code, code.Cleaning(redaction.text, redaction.prose))
    assert code.redacted(source_code) == without_secrets


def test_a_plain_source_is_not_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code, "clean", lambda *_: pytest.fail("it was taken apart"))
    plain = "def step_123(frame):\n    return frame.filter(F.col('x') > 2_000).withColumn('y', F.lit(12345.678))\n"
    assert Texts(Choices(), lambda: KEY).code(plain) == plain
    assert code.redacted(plain) == plain
