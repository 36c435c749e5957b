import functools

import pandas as pd


def logged(function):
    @functools.wraps(function)
    def around(*args, **kwargs):
        return function(*args, **kwargs)

    return around


@logged
def positive(frame):
    return frame[frame["v"] > 0]


@logged
def squared(frame):
    return frame.assign(v=frame["v"] ** 2)


numbers = pd.DataFrame({"v": [-1, 2, -3, 4]})
result = squared(positive(numbers))
print(result["v"].sum())
