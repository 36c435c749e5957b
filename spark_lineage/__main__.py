"""``python -m spark_lineage``."""

from spark_lineage.cli import main

if __name__ == "__main__":
    main()
