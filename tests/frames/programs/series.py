import pandas as pd


def smooth(values):
    return values.rolling(2, min_periods=1).mean()


def growth(values):
    return values.diff().fillna(0)


prices = pd.Series([10.0, 12.0, 11.0, 15.0, 14.0], name="price")
even = smooth(prices)
result = growth(even)
print(result.sum())
