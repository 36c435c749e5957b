import { useEffect, useRef } from "preact/hooks";

const KEYS: [string, string][] = [
  ["/", "search steps, datasets, columns"],
  ["↑ ↓", "go through the tree, or what was found"],
  ["← →", "fold and unfold in the tree"],
  ["Enter", "open what is marked"],
  ["Esc", "close, or select nothing"],
  ["g", "go to the graph; arrow keys go along it, Enter folds a call"],
  ["t", "go to the tree"],
  ["d", "go to the details"],
  ["+ − 0", "in the graph: zoom in, zoom out, fit all"],
  ["?", "this help"],
];

export function Help({ onClose }: { onClose(): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={onClose}>
      <h2 id="help-title">Keys</h2>
      <dl>
        {KEYS.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p class="none">
        Edges are the thicker, the more rows they carry, and red where a join multiplies or loses rows. ◐ marks a
        dataset that was measured in part or not at all, ! a failed check.
      </p>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
