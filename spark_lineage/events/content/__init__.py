"""What our own facets hold, declared once.

Each class of ``run`` and ``dataset`` declares one facet, or one object inside of a facet: the properties, their types,
and what the published JSON schema says of them. From a class are made

* the facet that goes into an event (``events.facets``),
* the parser that reads it back (``events.parsing``),
* its JSON schema (``project/facet_schemas.py`` writes it into ``events/schemas``).

A property that is called as a property of the graph is filled from it and read back into it (``events.same_names``).
Names are in snake case here and in camel case in the event. A property that has its default value is not written.

What a plan holds is declared apart: ``events.plans`` writes and reads it, as most of it is read only when somebody
looks at it, and its schema is written by hand.
"""

from __future__ import annotations

from spark_lineage.events.content.dataset import Dataset, Fingerprint, Sample
from spark_lineage.events.content.run import Amendments, Call, Context, Execution, Gaps, Plan, Proof, Span

RUN = (Context, Call, Plan, Execution, Gaps, Span, Amendments, Proof)
DATASET = (Dataset, Fingerprint, Sample)

__all__ = [
    "DATASET", "RUN", "Amendments", "Call", "Context", "Dataset", "Execution", "Fingerprint", "Gaps", "Plan", "Proof",
    "Sample", "Span",
]  # fmt: skip
