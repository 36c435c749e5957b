"""No Spark: what is entered is the start and the end."""

import sys

print("out")
print("err", file=sys.stderr)
with open("written.txt", "w") as file:
    file.write("by the program\n")


def fail(number):
    raise ValueError(f"the program's own {number}")


fail(3)
