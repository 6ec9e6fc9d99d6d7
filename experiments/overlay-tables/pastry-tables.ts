import type { PastryOptions } from '../../protocols/overlay/pastry/options.ts';
import { meanInterval } from './comparison.ts';
import type { ComparisonRow, ComparisonTable } from './comparison.ts';
import { OverlayRun } from './overlay-run.ts';
import { PASTRY_FIG_4, PASTRY_FIG_5 } from './published.ts';

/** Hosts are equally far apart here, so there is nothing to measure: proximity has no effect on hops. */
const PAPER: Partial<PastryOptions> = { digitBits: 4, leafSet: 16, neighbourhood: 32, proximity: false, hopAcks: false, maintenance: false };

export function pastryFigure4(effort: { readonly rings: number; readonly lookups: number; readonly largest: number }): ComparisonTable {
  const rows: ComparisonRow[] = [];
  for (const [nodes, hops] of PASTRY_FIG_4) {
    if (nodes > effort.largest) continue;
    const means = Array.from({ length: effort.rings }, (_, seed) => {
      const shares = hopShares(nodes, seed, effort.lookups);
      return shares.reduce((sum, share, count) => sum + share * count, 0);
    });
    const { mean, interval } = meanInterval(means);
    rows.push({ label: `N = ${nodes}`, quantity: 'hops', ours: mean, interval, published: hops, limit: { kind: 'relative', most: 0.02 } });
  }
  return { name: 'Pastry Fig. 4: mean hops', conditions: 'b = 4, |L| = 16, |M| = 32; every forward counted, the last one to the owner included', rows };
}

export function pastryFigure5(effort: { readonly rings: number; readonly lookups: number }): ComparisonTable {
  const rings = Array.from({ length: effort.rings }, (_, seed) => hopShares(100_000, seed, effort.lookups));
  return {
    name: 'Pastry Fig. 5: share of lookups by hops, N = 100 000',
    conditions: `as Fig. 4, averaged over ${effort.rings} rings`,
    rows: PASTRY_FIG_5.map((published, i) => {
      const { mean, interval } = meanInterval(rings.map((shares) => shares[i + 1]));
      return { label: `${i + 1} hops`, quantity: 'share', ours: mean, ...(effort.rings > 1 ? { interval } : {}), published, limit: { kind: 'absolute', most: 0.02 } };
    }),
  };
}

function hopShares(nodes: number, seed: number, lookups: number): Float64Array {
  const run = new OverlayRun({ protocol: 'pastry', nodes, seed, idBits: 128, pastry: PAPER }).buildConverged();
  const shares = new Float64Array(32);
  run.lookUp(lookups, (result) => (shares[result.hops] += 1 / lookups));
  return shares;
}
