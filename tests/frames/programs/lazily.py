import importlib


def load():
    return importlib.import_module("lazily_helped").raw()


def helped(frame):
    from lazily_helped import doubled

    return doubled(frame)


numbers = load()
result = helped(numbers)
print(result["n"].sum())
