"""The names of the built-in checks: what ``off`` in the configuration may say."""

FAN_OUT = "join_fan_out"
ROW_LOSS = "join_row_loss"
UNDONE = "outer_join_undone"
EMPTY = "empty_output"
UNION = "union_by_position"
DUPLICATES = "duplicate_keys"
ALL_NULL = "all_null_column"
CAST = "cast_made_nulls"
CONSTANT = "constant_column"
ZEROS = "average_over_filled_zeros"
SCHEMA = "column_dropped_or_retyped"
NEW_NULLS = "newly_null_column"
STALE = "stale_cell"
FAR = "row_count_far_from_history"

BUILT_IN = (
    FAN_OUT, ROW_LOSS, UNDONE, EMPTY, UNION, DUPLICATES, ALL_NULL, CAST, CONSTANT, ZEROS, STALE, SCHEMA, NEW_NULLS,
    FAR,
)  # fmt: skip
