import pandas as pd


class Pipeline:
    def __init__(self, frame, threshold):
        self.frame = frame
        self.threshold = threshold

    def keep(self):
        self.frame = self.frame[self.frame["score"] > self.threshold]
        return self

    def rank(self):
        self.frame = self.frame.assign(place=self.frame["score"].rank(ascending=False))
        return self

    def result(self):
        return self.frame.sort_values("place")


scores = pd.DataFrame({"name": list("abcdef"), "score": [3, 9, 4, 7, 1, 8]})
best = Pipeline(scores, 3).keep().rank().result()
print(best["name"].tolist())
