"""Ways in which scikit-learn fits on pandas: in a search, in a metric, in fit_transform, in vain, in a class of one's own."""

import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.preprocessing import StandardScaler


class Mean(BaseEstimator):
    def fit(self, rows, target):
        self.inner_ = Ridge().fit(rows, target)
        return self


def load():
    return pd.DataFrame({"x": [float(n % 5) for n in range(30)], "y": [n % 2 for n in range(30)]})


def search(rows):
    return GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, cv=2).fit(rows[["x"]], rows["y"])


def best_of(found, rows):
    return rows.assign(guess=found.best_estimator_.predict(rows[["x"]]))


def rated(rows):
    return cross_val_score(LogisticRegression(), rows[["x"]], rows["y"], cv=2).mean()


def scaled(rows):
    scaler = StandardScaler()
    return rows.assign(x=scaler.fit_transform(rows[["x"]])[:, 0])


def shifted(scaler, rows):
    return pd.DataFrame(scaler.transform(rows[["x"]]), columns=["x"])


def fitted_scaler(rows):
    return StandardScaler().fit(rows[["x"]])


def in_vain(rows):
    try:
        Ridge().fit(rows[["x"]], None)
    except ValueError as error:
        return str(error)


def of_ones_own(rows):
    return Mean().fit(rows[["x"]], rows["y"])


def again(model, rows):
    return model.set_params(alpha=0.5).fit(rows[["x"]], rows["y"])


def main():
    rows = load()
    found = search(rows)
    guessed = best_of(found, rows)
    print(len(guessed), round(rated(rows), 3))
    plain = scaled(rows)
    print(plain.x.round(3).sum(), in_vain(rows))
    moved = shifted(fitted_scaler(rows), rows)
    print(moved.x.round(3).sum())
    own = of_ones_own(plain)
    print(type(own).__name__, Ridge.fit.__name__, Ridge.fit.__qualname__)
    model = Ridge()
    again(model, rows)
    again(model, plain)


main()
