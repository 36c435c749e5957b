from concurrent.futures import ThreadPoolExecutor

import pandas as pd


def region(number):
    return pd.DataFrame({"region": [number] * 2, "x": [number, number * 10]})


def combined(frames):
    return pd.concat(frames, ignore_index=True)


with ThreadPoolExecutor(2) as pool:
    frames = list(pool.map(region, [1, 2, 3]))
result = combined(frames)
print(result["x"].sum())
