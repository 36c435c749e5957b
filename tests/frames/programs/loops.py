import pandas as pd


def step(frame, number):
    return frame.assign(v=frame["v"] + number)


def ended(frame):
    return frame[frame["v"] > 3]


state = pd.DataFrame({"v": [0, 1, 2]})
for number in (1, 2):
    state = step(state, number)
result = ended(state)
print(len(result))
