from lib.labels import label


class Cleaner:
    def clean(self, df):
        labelled = df.filter("id > 2")
        return label(labelled, "clean")
