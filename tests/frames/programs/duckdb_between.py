import duckdb
import pandas as pd


def sales():
    return pd.DataFrame({"land": ["de", "fr", "de"], "amount": [1, 2, 3]})


def totals(frame):
    return duckdb.sql("select land, sum(amount)::bigint as amount from frame group by land order by land")


def framed(relation):
    return relation.df()


def large(frame):
    return frame[frame["amount"] > 2]


relation = totals(sales())
result = large(framed(relation))
print(len(result))
