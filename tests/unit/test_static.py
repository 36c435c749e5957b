"""The static reading: statements, variables, hashes, composites."""

from __future__ import annotations

import ast
import textwrap
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from spark_lineage.model import FunctionReading, SourceReading
from spark_lineage.static import SourceReader


def read_source(text: str, file: str, *folders: str) -> SourceReading:
    """One file alone."""
    return SourceReader(folders).read(text, file)


def reading(text: str, name: str = "<module>") -> FunctionReading:
    functions = read_source(textwrap.dedent(text), "/nowhere/job.py").functions
    return next(function for function in functions if function.qualname == name)


def composites(text: str, file: str = "/nowhere/job.py") -> set[str]:
    functions = read_source(textwrap.dedent(text), file).functions
    return {function.qualname for function in functions if function.composite} - {"<module>"}


def test_statements_are_in_source_order_with_variables_and_ordinals() -> None:
    module = reading(
        '''
        """Docstrings are no statements."""
        import os
        a = 1
        b, (c, *d) = 1, (2, 3)
        a = (
            2
        )
        a += 1
        e: int = 3
        f: int
        self.g = 4
        frames["h"] = 5
        with open(os) as i, open(os):
            j = 1
        for k, l in []:
            a = 4
        else:
            print(a)
        if (m := 3): n = 1; o = 2
        try:
            p = 1
        except ValueError:
            p = 2
        finally:
            p = 3
        match a:
            case 1:
                q = 1
        class R:
            s = 1
        '''
    )
    assert [(s.variable, s.ordinal, s.line, s.end_line) for s in module.statements] == [
        (None, 1, 3, 3),
        ("a", 1, 4, 4),
        ("b, c, d", 1, 5, 5),
        ("a", 2, 6, 8),
        ("a", 3, 9, 9),
        ("e", 1, 10, 10),
        (None, 1, 11, 11),
        ("g", 1, 12, 12),
        ("frames.h", 1, 13, 13),
        ("i", 1, 14, 14),
        ("j", 1, 15, 15),
        ("k, l", 1, 16, 16),
        ("a", 4, 17, 17),
        (None, 1, 19, 19),
        (None, 1, 20, 20),
        ("n", 1, 20, 20),
        ("o", 1, 20, 20),
        ("p", 1, 22, 22),
        ("p", 2, 24, 24),
        ("p", 3, 26, 26),
        (None, 1, 27, 27),
        ("q", 1, 29, 29),
        (None, 1, 30, 30),
    ]
    assert module.statements[3].source == "a = (\n    2\n)"


def test_functions_have_the_first_line_of_their_code_objects() -> None:
    text = textwrap.dedent(
        """
        @first
        @second
        def outer():
            '''What it does.'''
            async def inner():
                pass
            class Local:
                def method(self): pass
            return inner
        """
    )
    found = {function.qualname: function for function in read_source(text, "/nowhere/job.py").functions}
    assert {name: function.line for name, function in found.items()} == {
        "<module>": 1,
        "outer": 2,
        "outer.<locals>.inner": 6,
        "outer.<locals>.Local.method": 9,
    }
    assert found["outer"].doc == "What it does."
    assert found["outer"].source.startswith("@first")


def test_hashes_do_not_see_comments_formatting_or_docstrings() -> None:
    one = reading("def f(df):\n    '''doc'''\n    x = df.filter('a')  # why\n    return x\n", "f")
    two = reading("def f( df ):\n    # more\n    x = df.filter(\n        'a')\n    return x\n", "f")
    other = reading("def f(df):\n    x = df.filter('b')\n    return x\n", "f")
    assert one.source_hash == two.source_hash != other.source_hash
    assert [s.source_hash for s in one.statements] == [s.source_hash for s in two.statements]
    assert one.statements[0].source_hash != other.statements[0].source_hash
    assert one.statements[1].source_hash == other.statements[1].source_hash


def test_hashes_see_structure() -> None:
    inside = reading("for x in y:\n    a = 1\n    b = 2\n")
    after = reading("for x in y:\n    a = 1\nb = 2\n")
    assert inside.source_hash != after.source_hash
    assert inside.statements[0].source_hash == after.statements[0].source_hash  # the header alone


def test_source_hash_is_the_same_on_every_python() -> None:
    """The hash was made with 3.11; ``ast.dump`` would differ, ``ast.unparse`` must not."""
    function = reading(
        "def f(a, b=1, *, c):\n    return f'{a!r:>{b}} {c[\"k\"]}', a if b else (c, 1), d[1:2, 3]\n", "f"
    )
    assert function.source_hash == "fdb61e611d014824"


# --------------------------------------------------------------------------- composites


HANDLERS = """
from pyspark.sql import functions as F
def clean(df): return df.filter("a > 1")
def tidy(name): return name.strip().lower().replace(" ", "_")
def column(name): return F.col(name).cast("int").alias(name)
"""


@pytest.mark.parametrize(
    "body",
    [
        "return clean(df)",
        "return df.transform(clean)",
        "return df.transform(lambda d: clean(d))",
        "return reduce(lambda d, f: f(d), [clean], df)",
        "return functools.reduce(clean, [1, 2], df)",
        "step = partial(clean)\n    return step(df)",
        "steps = {'a': clean}\n    return steps['a'](df)",
        "for step in [clean, clean]:\n        df = step(df)\n    return df",
        "for name, step in dict(a=clean).items():\n        df = step(df)\n    return df",
        "return [clean(d) for d in df]",
        "return executor.submit(clean, df).result()",
        "return list(executor.map(clean, df))",
        "return getattr(module, 'clean')(df)",
        "return STEPS[0](df)",
        "return (clean if df else clean)(df)",
        "def inner(d):\n        return d.distinct()\n    return inner(df)",
        "return unknown_from_another_cell(df)",
        "return df.write.foreachBatch(lambda d, i: clean(d))",
        "return Clean(3)(df)",
        "return cleaning(3)(df)",
    ],
)
def test_bodies_that_call_or_hand_on_functions_are_composite(body: str) -> None:
    callables = "class Clean:\n    def __call__(self, df):\n        return df.distinct()\n"
    callables += "def cleaning(n):\n    def inner(df):\n        return df.distinct()\n    return inner\n"
    assert "f" in composites(f"{HANDLERS}\n{callables}\nSTEPS = [clean]\ndef f(df):\n    {body}\n")


@pytest.mark.parametrize(
    "body",
    [
        "return df.filter(column('a'))",
        "names = [tidy(name) for name in df.columns]\n    return df.toDF(*names)",
        "u = F.udf(tidy)\n    return df.withColumn('b', u('a'))",
        "return df.mapInPandas(clean_batches, 'a int')",
        "return df.rdd.map(tidy).toDF()",
        "return df.groupBy('a').applyInPandas(clean_batches, 'a int')",
        "print(', '.join(df.columns))\n    return df.withColumn('b', F.lit(len('x')))",
        "return df.withColumn('b', helper(F.col('a')))",
        "df.foreach(lambda row: tidy(row.a))",
        "return df.select(*[column(name) for name in df.columns])",
    ],
)
def test_leaves_stay_whole(body: str) -> None:
    text = f"{HANDLERS}\ndef clean_batches(frames):\n    for frame in frames:\n        yield frame.dropna()\n"
    assert "f" not in composites(f"{text}\ndef f(df, helper=column):\n    {body}\n")


def test_methods_by_name_inherited_and_by_instance() -> None:
    found = composites(
        """
        class Base:
            def run(self, df): return self.apply(df)
            def apply(self, df): raise NotImplementedError
        class Clean(Base):
            def apply(self, df): return df.filter("a")
            def __call__(self, df): return df.distinct()
            def filter(self, df): return df.where("a")
            @property
            def orders(self): return spark.table("orders")
        def by_variable(df):
            step = Clean()
            return step.filter(df)
        def by_class(df): return Clean().run(df)
        def by_call(df):
            step = Clean()
            return step(df)
        def by_property(job): return job.orders.limit(3)
        def leaf(df): return df.filter("b")
        """
    )
    assert found == {"Base.run", "by_variable", "by_class", "by_call", "by_property"}


def test_handling_is_followed_through_helpers() -> None:
    found = composites(
        """
        def deep(df): return df.distinct()
        def middle(df): return deep(df)
        def top(df): return middle(df)
        def pure(x): return x + 1
        def calls_pure(x): return pure(x)
        """
    )
    assert found == {"middle", "top"}


def test_decorators_make_wrappers() -> None:
    text = """
        import functools
        def timed(f):
            @functools.wraps(f)
            def wrapper(*a, **k): return f(*a, **k)
            return wrapper
        def logged(text):
            def decorate(f):
                def inside(*args, **kwargs):
                    print(text)
                    return f(*args, **kwargs)
                return inside
            return decorate
        def filter_by(column):
            def apply(df): return df.filter(column)
            return apply
        @timed
        def clean(df): return df.distinct()
        def main(df): return clean(df)
        """
    functions = read_source(textwrap.dedent(text), "/nowhere/job.py").functions
    assert {f.qualname for f in functions if f.wrapper} == {
        "timed.<locals>.wrapper",
        "logged.<locals>.decorate.<locals>.inside",
    }
    assert "main" in composites(text)


def test_imported_user_modules_are_read(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "__init__.py").write_text("from .steps import clean as cleaned\n")
    (tmp_path / "lib" / "steps.py").write_text(
        "from . import other\ndef clean(df): return df.distinct()\ndef pure(x): return x\nclass Job:\n"
        "    def go(self, df): return other.deep(df)\n"
    )
    (tmp_path / "lib" / "other.py").write_text("from lib.steps import clean\ndef deep(df): return clean(df)\n")
    (tmp_path / "broken.py").write_text("def :\n")
    text = """
        import lib.steps
        import lib.steps as steps
        from lib import cleaned
        from lib.steps import *
        from lib.steps import Job, pure
        import broken, numpy as np, json
        def by_name(df): return cleaned(df)
        def by_alias(df): return steps.clean(df)
        def by_path(df): return lib.steps.clean(df)
        def by_star(df): return clean(df)
        def by_class(df): return Job().go(df)
        def no(df): return pure(df)
        def numbers(df): return np.filter(json.loads(df)).collect()
        def broken_one(df): return broken.anything(df)
        """
    assert composites(text, str(tmp_path / "job.py")) == {"by_name", "by_alias", "by_path", "by_star", "by_class"}


def test_lines_where_errors_may_be_caught() -> None:
    function = reading(
        """
        def f(df):
            a = 1
            try:
                b = 2
            except ValueError:
                c = 3
            with suppress(KeyError):
                d = 4
            try:
                e = 5
            finally:
                g = 6
            with open("x") as h:
                i = 7
        """,
        "f",
    )
    assert function.guarded == ((5, 5), (9, 9))


def test_text_that_is_not_python_raises() -> None:
    with pytest.raises(SyntaxError):
        read_source("def :", "/nowhere/job.py")


def test_odd_files_are_read() -> None:
    assert read_source("", "/nowhere/job.py").functions[0].statements == ()
    assert read_source("'only a docstring'", "/nowhere/job.py").functions[0].doc == "only a docstring"
    assert len(read_source("a = 1\r\nb = 'x\x0cy'\r\nc = 2", "/nowhere/job.py").functions[0].statements) == 3


@pytest.mark.parametrize(
    ("opening", "middle", "ending"),
    [
        ("spark.range(INNERMOST)", ".withColumn('x', F.lit(1))", ""),
        ("f(df).select(INNERMOST", " + F.col('x')", ")"),
    ],
)
def test_expressions_may_be_deep(opening: str, middle: str, ending: str, tmp_path: Path) -> None:
    """As generated code has them: as many levels as Python itself compiles, some of them beyond ast's recursion."""

    def job(innermost: str, between: str = "") -> str:
        chain = opening.replace("INNERMOST", innermost) + between.join([middle] * 600) + ending
        return f"def clean(df):\n    return df.filter('a')\n\ndef main(df):\n    out = clean({chain})\n    return out\n"

    text = job("1")
    compile(text, "job.py", "exec")
    first, changed, formatted = reading(text, "main"), reading(job("2"), "main"), reading(job("1", "  "), "main")
    assert first.composite
    assert [statement.variable for statement in first.statements] == ["out", None]
    assert first.source_hash == formatted.source_hash != changed.source_hash

    (tmp_path / "job.py").write_text(text)
    main = read_source("import job\njob.main(None)\n", str(tmp_path / "main.py")).functions[0]
    assert main.composite


def test_an_f_string_reads_what_stands_in_it() -> None:
    assert reading("out = f'{rows:>{width}} {kept!r}'").statements[0].reads == ("rows", "kept", "width")


def test_an_elif_may_be_long() -> None:
    """Each ``elif`` is one level deeper."""
    branches = "".join(f"    elif name == {number}:\n        df = df.drop('c{number}')\n" for number in range(300))
    function = reading(f"def pick(df, name):\n    if not name:\n        pass\n{branches}    return df\n", "pick")
    assert [statement.variable for statement in function.statements].count("df") == 300


def test_modules_may_import_each_other_and_in_long_chains(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"m{number}.py").write_text(f"from m{number + 1} import *\n")
    (tmp_path / "m300.py").write_text("def clean(df):\n    return df.distinct()\n")
    (tmp_path / "a.py").write_text("from b import lost\nimport m0\n")
    (tmp_path / "b.py").write_text("from a import lost\nfrom m290 import clean\n")
    text = "import a\nfrom b import clean, lost\n\ndef main(df):\n    return lost(clean(df))\n"
    assert composites(text, str(tmp_path / "main.py")) == {"main"}


def test_a_program_is_read_file_by_file_as_each_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its modules import each other, are parsed once each, and none sees what only another one imports."""
    package = tmp_path / "lib"
    package.mkdir()
    (package / "__init__.py").write_text("")
    for number in range(12):
        (package / f"m{number}.py").write_text(
            f"from lib import m{(number + 1) % 12}, m{(number + 5) % 12}\nfrom lib import frames\n\n"
            f"class Part{number}:\n    def run{number}(self, df):\n        return frames.clean(df)\n\n"
            f"def main(df, them):\n    df = m{(number + 1) % 12}.main(df, them)\n    return them[0].run{number}(df)\n"
        )
    (package / "frames.py").write_text("def clean(df):\n    return df.distinct()\n\ndef go(x):\n    return x.run3(1)\n")
    (tmp_path / "job.py").write_text("from lib import m0\n\ndef main(spark):\n    m0.main(spark.range(3), [])\n")
    files = sorted(map(str, tmp_path.rglob("*.py")))
    texts = {file: Path(file).read_text() for file in files}
    alone = {file: read_source(texts[file], file, str(tmp_path)) for file in files}
    go = next(function for function in alone[str(package / "frames.py")].functions if function.qualname == "go")
    assert not go.composite  # frames imports no class that has a method run3

    parsed: Counter[str] = Counter()
    real = ast.parse
    monkeypatch.setattr(ast, "parse", lambda text, *rest: (parsed.update([text]), real(text, *rest))[1])
    for order in (files, files[::-1]):
        parsed.clear()
        reader = SourceReader([str(tmp_path)])
        together = {file: reader.read(texts[file], file) for file in order}
        assert {file: replace(reading, files=()) for file, reading in together.items()} == {
            file: replace(reading, files=()) for file, reading in alone.items()
        }
        told = [each.file for reading in together.values() for each in reading.files if each.source_hash is None]
        assert len(told) == len(set(told)), "a module that is imported is told of once"
        assert {each.file for reading in together.values() for each in reading.files} == set(files)
        assert max(parsed[text] for text in texts.values() if text) <= 2  # once as imported, once to be read

    changed = texts[files[0]] + "\ndef more(spark):\n    return main(spark)\n"
    again, afresh = reader.read(changed, files[0]), read_source(changed, files[0], str(tmp_path))
    assert replace(again, files=()) == replace(afresh, files=())
    assert again.files == afresh.files[:1]
