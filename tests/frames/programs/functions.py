import pandas as pd

RATE = 1.19


def load():
    return pd.DataFrame({"sku": ["a", "b", "c", "d"], "net": [1.0, 2.0, 3.0, None], "stock": [4, 0, 7, 2]})


def sellable(items):
    return items[items["stock"] > 0].dropna()


def priced(items):
    return items.assign(gross=items["net"] * RATE)


def main():
    items = load()
    ready = sellable(items)
    result = priced(ready)
    print(result["gross"].sum())


main()
