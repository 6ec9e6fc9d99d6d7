import type { Protocol } from '../../protocols/overlay/overlay.ts';
import { MILLISECOND, SECOND } from '../../sim/kernel/time.ts';
import { meanInterval } from './comparison.ts';
import type { ComparisonRow, ComparisonTable } from './comparison.ts';
import { OverlayRun } from './overlay-run.ts';
import { PROTOCOLS } from './published.ts';

/** Overlays whose nodes all joined by messages, beside directly built ones: the same hops, and every lookup correct. */
export function joinedAgainstBuilt(effort: { readonly nodes: number; readonly seeds: number; readonly lookups: number }): ComparisonTable {
  const rows: ComparisonRow[] = [];
  for (const protocol of PROTOCOLS) {
    const joined: number[] = [];
    const built: number[] = [];
    let wrong = 0;
    for (let seed = 0; seed < effort.seeds; seed++) {
      const byMessages = joinAll(protocol, effort.nodes, seed);
      joined.push(meanHops(byMessages, effort.lookups, () => wrong++));
      built.push(meanHops(create(protocol, effort.nodes, seed).buildConverged(), effort.lookups, () => wrong++));
    }
    const [j, b] = [joined, built].map(meanInterval);
    rows.push({ label: protocol, quantity: 'hops, joined against built', ours: j.mean, interval: j.interval, published: b.mean, limit: { kind: 'relative', most: 0.03 } });
    rows.push({ label: protocol, quantity: 'wrong lookups', ours: wrong, limit: { kind: 'equals', value: 0 } });
  }
  return {
    name: `Tables built by messages against tables built directly, N = ${effort.nodes}`,
    conditions: 'joins a fifth of a second apart, then 300 s to settle; the column "published" holds the directly built overlay',
    rows,
  };
}

function create(protocol: Protocol, nodes: number, seed: number): OverlayRun {
  return new OverlayRun({ protocol, nodes, seed, idBits: 64, kademlia: { refreshPeriodNs: 120 * SECOND }, pastry: { proximity: false } });
}

/** All nodes join through random members. */
export function joinAll(protocol: Protocol, nodes: number, seed: number): OverlayRun {
  const run = create(protocol, nodes, seed);
  const { simulator, overlay, truth } = run;
  const random = simulator.random.stream('joins');
  overlay.join(0, undefined);
  for (let node = 1; node < nodes; node++) {
    simulator.run(simulator.now + 200 * MILLISECOND);
    overlay.join(node, random.pick(truth.members));
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
