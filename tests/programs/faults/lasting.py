"""No Spark, and long enough that receivers are told of it while it runs."""

import time

time.sleep(3.5)
print("out")
