import pandas as pd


def stamped(frame):
    return frame.assign(at=pd.to_datetime(frame["at"]))


def recent(frame, cutoff):
    return frame[frame["at"] >= cutoff]


def per_day(frame):
    return frame.set_index("at").resample("D")["n"].sum().reset_index()


events = pd.DataFrame(
    {"at": ["2024-01-01 10:00", "2024-01-02 11:00", "2024-01-02 12:00", "2024-01-04 09:00"], "n": [1, 2, 3, 4]}
)
cutoff = pd.Timestamp("2024-01-02")
kept = recent(stamped(events), cutoff)
result = per_day(kept)
print(len(result))
