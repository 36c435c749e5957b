"""A program of several files: functions and classes of its own modules are user code."""

import lib.steps as steps
from lib import Cleaner
from lib.session import spark

raw = steps.load(spark)
clean = Cleaner().clean(raw)
done = steps.finish(clean)
print(done.count())

# lineage:
# load <- -
# Cleaner.clean / labelled <- load
# Cleaner.clean / label <- Cleaner.clean / labelled
# finish <- Cleaner.clean / label
