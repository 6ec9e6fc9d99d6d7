import { meanInterval } from './comparison.ts';
import type { ComparisonRow, ComparisonTable } from './comparison.ts';
import { OverlayRun } from './overlay-run.ts';
import { KADEMLIA_IDEAL } from './published.ts';

export function kademliaIdeal(effort: { readonly rings: number; readonly lookups: number; readonly largest: number }): ComparisonTable {
  const rows: ComparisonRow[] = [];
  for (const { nodes, k, alpha, hops, requests } of KADEMLIA_IDEAL) {
    if (nodes > effort.largest) continue;
    const greedy: number[] = [];
    const strict: number[] = [];
    for (let seed = 0; seed < effort.rings; seed++) {
      // One request at a time always goes to the closest node known: the path to the owner is the greedy one.
      const one = new OverlayRun({ protocol: 'kademlia', nodes, seed, idBits: 160, kademlia: { k, alpha: 1, rounds: 'synchronous', termination: 'no-closer', maintenance: false } });
      let path = 0;
      one.buildConverged().lookUp(effort.lookups, (result) => (path += result.hops));
      greedy.push(path / effort.lookups);
      const full = new OverlayRun({ protocol: 'kademlia', nodes, seed, idBits: 160, kademlia: { k, alpha, maintenance: false } });
      let messages = 0;
      full.buildConverged().lookUp(effort.lookups, (result) => (messages += result.messages));
      strict.push(messages / 2 / effort.lookups);
    }
    const label = `N = ${nodes}, k = ${k}, α = ${alpha}`;
    const [g, s] = [greedy, strict].map(meanInterval);
    rows.push({ label, quantity: 'greedy hops', ours: g.mean, interval: g.interval, published: hops, limit: { kind: 'relative', most: 0.03 } });
    rows.push({ label, quantity: 'FIND_NODE requests', ours: s.mean, interval: s.interval, published: requests, limit: { kind: 'relative', most: 0.03 } });
  }
  return {
    name: 'Kademlia with ideal tables',
    conditions: 'greedy hops: α = 1 until nothing closer is found; requests: until the k closest have answered',
    rows,
  };
}
