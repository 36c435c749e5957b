import pandas as pd


def top(group):
    return group.nlargest(2, "points")


def best_of(games):
    return games.groupby("team", group_keys=False)[["team", "points"]].apply(top)


def spread(games):
    return games.groupby("team")["points"].agg(["min", "max"]).reset_index()


games = pd.DataFrame({"team": ["r", "s", "t"] * 4, "points": [3, 8, 2, 9, 4, 1, 7, 7, 5, 6, 2, 8]})
best = best_of(games)
width = spread(best)
print(width.shape)
