"""How an answer looks: one adapter per medium. Nothing is found out here."""
