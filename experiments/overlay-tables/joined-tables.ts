import type { Protocol } from '../../protocols/overlay/overlay.ts';
import { MILLISECOND, SECOND } from '../../sim/kernel/time.ts';
import { meanInterval } from './comparison.ts';
import type { ComparisonRow, ComparisonTable } from './comparison.ts';
import { OverlayRun } from './overlay-run.ts';
import { PROTOCOLS } from './published.ts';

/** How nodes come: a fifth of a second apart through a random member, or all in the same second through the first. */
type Arrival = 'one at a time' | 'at once';

/**
 * Overlays whose nodes all joined by messages, beside directly built ones: the same hops, and every lookup correct.
 *
 * Kademlia's tables depend on how they came about: a node that joins fills each bucket with neighbours of one random identifier, so nodes that
 * come one at a time are held against tables built as theirs grew. Nodes that come at once hear of each other from all sides, which leaves
 * them near the uniform contacts of ideal tables.
 */
export function joinedAgainstBuilt(effort: { readonly nodes: number; readonly seeds: number; readonly lookups: number }): ComparisonTable {
  const rows: ComparisonRow[] = [];
  for (const protocol of PROTOCOLS) {
    let wrong = 0;
    const hopsOf = (overlay: (seed: number) => OverlayRun): { mean: number; interval: number } =>
      meanInterval(Array.from({ length: effort.seeds }, (_, seed) => meanHops(overlay(seed), effort.lookups, () => wrong++)));
    for (const arrival of ['one at a time', 'at once'] as const) {
      const tables = arrival === 'one at a time' ? 'grown' : 'ideal';
      const built = hopsOf((seed) => create(protocol, effort.nodes, seed, tables).buildConverged());
      const { mean, interval } = hopsOf((seed) => joinAll(protocol, effort.nodes, seed, arrival));
      const kind = protocol === 'kademlia' ? `, against ${tables} tables` : '';
      rows.push({ label: protocol, quantity: `hops, joined ${arrival}${kind}`, ours: mean, interval, published: built.mean, limit: { kind: 'relative', most: protocol === 'kademlia' ? 0.05 : 0.03 } });
    }
    rows.push({ label: protocol, quantity: 'wrong lookups', ours: wrong, limit: { kind: 'equals', value: 0 } });
  }
  return {
    name: `Tables built by messages against tables built directly, N = ${effort.nodes}`,
    conditions: `${effort.seeds} seeds, ${effort.lookups} lookups each, 300 s to settle after the last join; the column "published" holds the directly built overlay of the same rings; "±" is the spread between rings, of which their difference has none`,
    rows,
  };
}

function create(protocol: Protocol, nodes: number, seed: number, tables: 'ideal' | 'grown' = 'ideal'): OverlayRun {
  return new OverlayRun({ protocol, nodes, seed, idBits: 64, chord: { fixFingers: 'all' }, kademlia: { refreshPeriodNs: 120 * SECOND, tables }, pastry: { proximity: false } });
}

function joinAll(protocol: Protocol, nodes: number, seed: number, arrival: Arrival): OverlayRun {
  const run = create(protocol, nodes, seed);
  const { simulator, overlay, truth } = run;
  const random = simulator.random.stream('joins');
  overlay.join(0, undefined);
  for (let node = 1; node < nodes; node++) {
    if (arrival === 'at once') simulator.schedule(Math.round(random.uniform(0, SECOND)), () => { overlay.join(node, 0); });
    else {
      simulator.run(simulator.now + 200 * MILLISECOND);
      overlay.join(node, random.pick(truth.members));
    }
  }
  simulator.run(simulator.now + 300 * SECOND);
  if (truth.members.length !== nodes) throw new Error(`${nodes - truth.members.length} of ${nodes} nodes have not joined`);
  return run;
}

function meanHops(run: OverlayRun, lookups: number, onWrong: () => void): number {
  let hops = 0;
  run.lookUp(lookups, (result) => {
    hops += result.hops;
    if (!run.isCorrect(result)) onWrong();
  });
  return hops / lookups;
}
