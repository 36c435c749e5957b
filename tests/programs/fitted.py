"""A model of scikit-learn on pandas within a run of MLflow: python fitted.py [auto] [fail]"""

import sys

import mlflow
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def load():
    ages = [20 + number % 7 for number in range(40)]
    return pd.DataFrame({"id": range(40), "age": ages, "paid": [number % 3 == 0 for number in range(40)]})


def keep_adults(people):
    return people[people.age >= 22]


def train(people):
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.5))
    return model.fit(people[["age"]], people["paid"])


def scored(model, people):
    return people.assign(paid_too=model.predict(people[["age"]]))


def main():
    people = load()
    adults = keep_adults(people)
    with mlflow.start_run() as run:
        model = train(adults)
        print("RUN", run.info.run_id)
    result = scored(model, people)
    print(len(result), mlflow.active_run(), type(model).fit.__name__, sorted(run.data.tags))


if __name__ == "__main__":
    mlflow.set_tracking_uri("sqlite:///tracked.db")
    if "auto" in sys.argv:
        mlflow.autolog(silent=True)
    main()
    if "fail" in sys.argv:
        sys.exit(3)
