/** What a node comes from and what comes from it, counted in steps. */

import type { Dataset, Node, Step } from "./model.ts";

export interface Reach {
  /** Nodes by their distance in steps: 1 for direct neighbours. Datasets between have the distance of the step that made
   * (before) or uses (behind) them. */
  distance: Map<Node, number>;
  direct: number;
  all: number;
}

export interface Neighbours {
  before: Reach;
  behind: Reach;
}

export function neighboursOf(node: Node): Neighbours {
  return { before: reach(node, before), behind: reach(node, behind) };
}

function before(node: Node): Node[] {
  return node.type === "step" ? node.inputs : node.producers;
}

function behind(node: Node): Node[] {
  return node.type === "step" ? node.outputs : node.consumers;
}

/**
 * Breadth first. What counts is what stands at the ends of edges: a step, or a dataset that no step made or none uses
 * (a source, a sink).
 */
function reach(start: Node, next: (node: Node) => Node[]): Reach {
  const distance = new Map<Node, number>([[start, 0]]);
  const begin: Node[] = start.type === "step" ? [start, ...descendants(start)] : [start];
  let level: Node[] = begin;
  for (const node of begin) distance.set(node, 0);
  let direct = 0;
  let all = 0;
  for (let depth = 1; level.length; depth++) {
    const reached: Node[] = [];
    let wave = level;
    // One level is at most a dataset and the steps at its other end.
    for (let half = 0; half < 2; half++) {
      const following: Node[] = [];
      for (const node of wave) {
        for (const other of next(node)) {
          if (distance.has(other)) continue;
          distance.set(other, depth);
          const counts = other.type === "step" || next(other).length === 0;
          if (counts) {
            all++;
            if (depth === 1) direct++;
            reached.push(other);
          } else {
            following.push(other);
          }
        }
      }
      wave = following;
    }
    level = reached;
  }
  return { distance, direct, all };
}

function descendants(step: Step): Step[] {
  const found: Step[] = [];
  const stack = [...step.children];
  for (let at = stack.pop(); at; at = stack.pop()) {
    found.push(at);
    stack.push(...at.children);
  }
  return found;
}

/** Steps and datasets that lie on the way of a column. */
export function onTheWay(datasets: Iterable<Dataset>): Set<Node> {
  const nodes = new Set<Node>();
  for (const dataset of datasets) {
    nodes.add(dataset);
    for (const step of dataset.producers) nodes.add(step);
  }
  return nodes;
}
