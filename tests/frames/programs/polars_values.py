import polars as pl


def measures():
    return pl.DataFrame({"x": [1.0, 2.0, 3.0, 10.0]})


def limit(frame):
    return frame["x"].mean() * 2


def below(frame, most):
    return frame.filter(pl.col("x") < most)


data = measures()
most = limit(data)
kept = below(data, most)
print(kept.rows())
