"""``python -m spark_lineage``."""

from spark_lineage import own_imports

own_imports.begin()

from spark_lineage.cli import main  # noqa: E402 - nothing of ours is imported from the current folder

if __name__ == "__main__":
    main()
