import { useMemo } from "preact/hooks";

import { hopOf, type PathHop, pathOf, quoted } from "../../model/columns.ts";
import type { Dataset } from "../../model/model.ts";
import { count, number } from "../../model/text.ts";
import { Sql } from "../code.tsx";
import { useLink, useShown } from "../context.ts";
import { DatasetLink, Facts, Line, Section, Text } from "../value.tsx";
import { resultsOfDataset } from "./parts.tsx";
import { Checked } from "./step.tsx";

export function ColumnDetails({ dataset, column }: { dataset: Dataset; column: string }) {
  const { model } = useShown();
  const path = useMemo(() => pathOf(model, dataset, column), [model, dataset, column]);
  const document = dataset.document.columns.find(({ name }) => name === column);
  const hop = hopOf(dataset, column);
  const definition = dataset.detail.definitions[column];
  const checks = resultsOfDataset(model, dataset, column);
  const direct = path.back.filter(({ deciding }) => !deciding);
  const deciding = path.back.filter((one) => one.deciding);
  const into = path.forth.filter(({ deciding }) => !deciding);
  const decides = path.forth.filter((one) => one.deciding);
  return (
    <article class="details column" aria-label={`Column ${column}`}>
      <header>
        <p class="over">
          column of <DatasetLink dataset={dataset} />
        </p>
        <h2>
          <Text of={column} most={200} />
        </h2>
      </header>
      <Facts
        of={[
          ["type", document ? `${document.type}${document.nullable ? "" : " not null"}` : "–"],
          ["nulls", number(document?.nulls ?? null)],
          ...(document?.nans ? ([["NaN", number(document.nans)]] as [string, string][]) : []),
          ["fingerprint", <Line key="f" of={document?.fingerprint ?? "–"} />],
        ]}
      />
      {hop ? (
        <Section title="Definition here">
          <Sql of={hop.expression} />
        </Section>
      ) : (
        <p class="none">
          {dataset.document.kind === "source"
            ? "It is read as it stands in the source."
            : "How it is made was not observed."}
        </p>
      )}
      {definition !== undefined ? (
        <Section title="Definition down to the sources">
          <Sql of={definition} />
        </Section>
      ) : null}
      <Checked checks={checks} refused={model.b.check_refused} />
      {direct.length > 1 ? (
        <Section title="Where it comes from" note={count(direct.length - 1, "column")}>
          <Path hops={direct.slice(1)} />
        </Section>
      ) : null}
      {into.length ? (
        <Section title="Where it goes" note={count(into.length, "column")}>
          <Path hops={into} />
        </Section>
      ) : null}
      {deciding.length ? (
        <Section title="What decides which rows it has" note={count(deciding.length, "column")}>
          <Path hops={deciding} />
        </Section>
      ) : null}
      {decides.length ? (
        <Section title="Whose rows it decides" note={count(decides.length, "column")}>
          <Path hops={decides} />
        </Section>
      ) : null}
    </article>
  );
}

function Path({ hops }: { hops: PathHop[] }) {
  const link = useLink();
  return (
    <ol class="path">
      {hops.slice(0, 300).map(({ dataset, column, hop, distance }) => (
        <li key={`${dataset.key}\u0000${column}`} data-dataset={dataset.document.id} data-column={column}>
          <span class="distance" title={`${count(distance, "hop")} away`}>
            {distance}
          </span>
          <span class="where">
            <DatasetLink dataset={dataset} />
            <a href={link("column", dataset.document.id, column)}>
              <Line of={column} />
            </a>
          </span>
          {hop ? (
            hop.expression !== quoted(column) ? (
              <Sql of={hop.expression} />
            ) : null
          ) : (
            <span class="tag">{dataset.document.kind}</span>
          )}
        </li>
      ))}
      {hops.length > 300 ? <li class="none">and {hops.length - 300} more</li> : null}
    </ol>
  );
}
