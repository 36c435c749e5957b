/**
 * Compares layout libraries: one scope of 100, 500 and 2,000 cards, laid out left to right.
 *
 *     npm run layouts
 *
 * The graphs are pipelines: each card uses the one before it in its lane, every fifth one of another lane, too. Each is
 * laid out three times, the median counts, as time of the processor. Crossings are those of straight lines between the cards of neighbouring ranks.
 */

import dagre from "@dagrejs/dagre";
import Elk from "elkjs/lib/elk.bundled.js";

interface Card {
  x: number;
  y: number;
  width: number;
  height: number;
}
interface Graph {
  cards: number;
  edges: [from: number, to: number][];
}
const [WIDTH, HEIGHT] = [150, 54];

function pipelines(cards: number): Graph {
  const lanes = Math.max(4, Math.round(Math.sqrt(cards) / 2));
  const edges: [number, number][] = [];
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % below;
  };
  for (let i = lanes; i < cards; i++) {
    edges.push([i - lanes, i]);
    if (i % 5 === 0) edges.push([Math.max(0, i - lanes - random(lanes)), i]);
  }
  return { cards, edges: edges.filter(([from, to]) => from !== to) };
}

function byDagre(ranker: "network-simplex" | "longest-path") {
  return async ({ cards, edges }: Graph): Promise<Card[]> => {
    const graph = new dagre.graphlib.Graph();
    graph.setGraph({ rankdir: "LR", nodesep: 18, ranksep: 52, ranker });
    for (let i = 0; i < cards; i++) graph.setNode(String(i), { width: WIDTH, height: HEIGHT });
    for (const [from, to] of edges) graph.setEdge(String(from), String(to), {});
    dagre.layout(graph);
    return Array.from({ length: cards }, (_, i) => graph.node(String(i)) as unknown as Card);
  };
}

async function byElk({ cards, edges }: Graph): Promise<Card[]> {
  const laid = await new Elk().layout({
    id: "all",
    layoutOptions: { "elk.algorithm": "layered", "elk.direction": "RIGHT" },
    children: Array.from({ length: cards }, (_, i) => ({ id: String(i), width: WIDTH, height: HEIGHT })),
    edges: edges.map(([from, to], i) => ({ id: `e${i}`, sources: [String(from)], targets: [String(to)] })),
  });
  return (laid.children ?? []) as Card[];
}

function crossings({ edges }: Graph, cards: Card[]): number {
  const lines = edges.map(([from, to]) => [cards[from], cards[to]] as [Card, Card]);
  const short = lines.filter(([from, to]) => Math.abs(to.x - from.x) < 2 * WIDTH).slice(0, 1500);
  let crossed = 0;
  for (const [i, [a, b]] of short.entries()) {
    for (const [c, d] of short.slice(i + 1)) if (a.x === c.x && (a.y - c.y) * (b.y - d.y) < 0) crossed++;
  }
  return crossed;
}

const LAYOUTS: [string, (graph: Graph) => Promise<Card[]>][] = [
  ["dagre, network simplex", byDagre("network-simplex")],
  ["dagre, longest path", byDagre("longest-path")],
  ["elkjs, layered", byElk],
];

console.log("| layout | cards | ms | crossings |\n|---|---|---|---|");
for (const size of [100, 500, 2000]) {
  const graph = pipelines(size);
  for (const [name, layout] of LAYOUTS) {
    const took: number[] = [];
    let cards: Card[] = [];
    for (let round = 0; round < 3; round++) {
      const begun = process.cpuUsage();
      cards = await layout(graph);
      took.push(process.cpuUsage(begun).user / 1000);
    }
    took.sort((x, y) => x - y);
    console.log(`| ${name} | ${size} | ${Math.round(took[1] ?? 0)} | ${crossings(graph, cards)} |`);
  }
}
