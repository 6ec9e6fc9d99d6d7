import type { ChordOptions } from '../../protocols/overlay/chord/options.ts';
import { MILLISECOND, SECOND } from '../../sim/kernel/time.ts';
import { meanInterval } from './comparison.ts';
import type { ComparisonRow, ComparisonTable } from './comparison.ts';
import { OverlayRun } from './overlay-run.ts';
import { CHORD_FIG_10A, CHORD_FIG_10B, CHORD_TABLE_2, CHORD_TABLE_3 } from './published.ts';

/** Fig. 10 routes by fingers alone, does not ask first whether the initiator owns the key, and leaves out the last step to the owner. */
const FINGERS_ALONE: Partial<ChordOptions> = { successors: 3, routing: 'fingers', checkOwner: false, hopAcks: false, maintenance: false };

export function chordFigure10a(effort: { readonly smallRings: number; readonly rings: number; readonly lookups: number; readonly largest: number }): ComparisonTable {
  const rows: ComparisonRow[] = [];
  for (const [nodes, path] of CHORD_FIG_10A) {
    if (nodes > effort.largest) continue;
    const small = nodes <= 64;
    const means: number[] = [];
    for (let seed = 0; seed < (small ? effort.smallRings : effort.rings); seed++) {
      const run = new OverlayRun({ protocol: 'chord', nodes, seed, idBits: 160, chord: FINGERS_ALONE }).buildConverged();
      let hops = 0;
      run.lookUp(effort.lookups, (result) => (hops += result.hops));
      means.push(hops / effort.lookups);
    }
    const { mean, interval, sd } = meanInterval(means);
    rows.push({ label: `N = ${nodes}`, quantity: 'path', ours: mean, interval, published: path, ...(small ? {} : { limit: { kind: 'relative', most: 0.015 } }) });
    if (small) rows.push({ label: `N = ${nodes}`, quantity: 'sd of single rings', ours: sd });
  }
  return {
    name: 'Chord Fig. 10a: mean path length',
    conditions: 'fingers only, no owner check, last step to the successor not counted; the published rows at 8 and 64 are single rings',
    rows,
  };
}

export function chordFigure10b(effort: { readonly rings: number; readonly lookups: number }): ComparisonTable {
  const rings = Array.from({ length: effort.rings }, (_, seed) => {
    const run = new OverlayRun({ protocol: 'chord', nodes: 4096, seed, idBits: 160, chord: FINGERS_ALONE }).buildConverged();
    const shares = new Float64Array(64);
    run.lookUp(effort.lookups, (result) => (shares[result.hops] += 1 / effort.lookups));
    return shares;
  });
  return {
    name: 'Chord Fig. 10b: share of lookups by path length, N = 4 096',
    conditions: `as Fig. 10a, averaged over ${effort.rings} rings`,
    rows: CHORD_FIG_10B.map((published, i) => {
      const { mean, interval } = meanInterval(rings.map((shares) => shares[i + 1]));
      return { label: `${i + 1} hops`, quantity: 'share', ours: mean, interval, published, limit: { kind: 'absolute', most: 0.01 } };
    }),
  };
}

/** Tables II and III route by fingers and list, and count the step to the owner. */
const FINGERS_AND_LIST: Partial<ChordOptions> = {
  successors: 20,
  routing: 'fingers-and-list',
  checkOwner: false,
  confirmOwner: true,
  repairOnTimeout: false,
  droppedPeers: 0,
};

export function chordTable2(effort: { readonly rings: number; readonly lookups: number }): ComparisonTable {
  const rows: ComparisonRow[] = [];
  for (const [failed, path, timeouts] of CHORD_TABLE_2) {
    const paths: number[] = [];
    const waits: number[] = [];
    const distinct: number[] = [];
    let failures = 0;
    for (let seed = 0; seed < effort.rings; seed++) {
      for (const lookup of ['recursive', 'iterative'] as const) {
        const chord = { ...FINGERS_AND_LIST, lookup, ownerRedirects: false, maintenance: false, lookupTimeoutNs: 3600 * SECOND };
        const run = new OverlayRun({ protocol: 'chord', nodes: 1000, seed, idBits: 160, chord }).buildConverged();
        const order = run.simulator.random.stream('failures').shuffle([...run.truth.members]);
        for (const node of order.slice(0, Math.round(failed * 1000))) run.crash(node);
        let hops = 0;
        let expired = 0;
        run.lookUp(effort.lookups, (result) => {
          hops += result.hops;
          expired += result.timeouts;
          if (!run.isCorrect(result)) failures++;
        });
        if (lookup === 'recursive') {
          paths.push(hops / effort.lookups);
          waits.push(expired / effort.lookups);
        } else distinct.push(expired / effort.lookups);
      }
    }
    const label = `${100 * failed} % failed`;
    const [p, w, d] = [paths, waits, distinct].map(meanInterval);
    rows.push({ label, quantity: 'path', ours: p.mean, interval: p.interval, published: path, limit: { kind: 'relative', most: 0.03 } });
    rows.push({ label, quantity: 'timeouts, every wait', ours: w.mean, interval: w.interval, published: timeouts, ...(failed === 0 ? {} : { limit: { kind: 'relative', most: 0.15 } }) });
    rows.push({ label, quantity: 'timeouts, distinct dead nodes', ours: d.mean, interval: d.interval, published: timeouts });
    if (failed > 0) rows.push({ label, quantity: 'timeouts, sd of single rings', ours: w.sd });
    rows.push({ label, quantity: 'failed or wrong lookups', ours: failures, published: 0, limit: { kind: 'equals', value: 0 } });
  }
  return {
    name: 'Chord Table II: simultaneous failures',
    conditions: 'N = 1 000, r = 20, no stabilisation, fingers and list, step to the owner counted; every wait: nodes on the way remember nobody (recursive); distinct: the initiator remembers the dead (iterative)',
    rows,
  };
}

export function chordTable3(effort: { readonly seeds: number; readonly seconds: number; readonly rates?: readonly number[] }): ComparisonTable {
  const rows: ComparisonRow[] = [];
  for (const [rate, path, timeouts, failures] of CHORD_TABLE_3) {
    if (effort.rates !== undefined && !effort.rates.includes(rate)) continue;
    const runs = Array.from({ length: effort.seeds }, (_, seed) => churn(rate, effort.seconds, seed));
    const column = (pick: (run: ChurnResult) => number): { mean: number; interval?: number } => {
      const { mean, interval } = meanInterval(runs.map(pick));
      return effort.seeds > 1 ? { mean, interval } : { mean };
    };
    const row = (quantity: string, pick: (run: ChurnResult) => number, published: number): ComparisonRow => {
      const { mean, interval } = column(pick);
      return { label: `${rate}/s`, quantity, ours: mean, ...(interval === undefined ? {} : { interval }), published };
    };
    rows.push({ ...row('path', (run) => run.path, path), limit: { kind: 'relative', most: 0.03 } });
    rows.push(row('path, redirects counted', (run) => run.pathWithRedirects, path));
    rows.push(row('timeouts', (run) => run.timeouts, timeouts));
    rows.push(row('failures in 10 000', (run) => run.failures, failures));
  }
  return {
    name: 'Chord Table III: lookups while nodes join and leave',
    conditions: 'N = 1 000, r = 20, as many joins as voluntary leaves a second, stabilise U[15, 45] s with one finger a call, one lookup a second; fingers and list, step to the owner counted; redirects: steps from a node that a list out of date named the owner back to the one that is',
    rows,
  };
}

interface ChurnResult {
  /** Hops to the first node that was named the owner. */
  readonly path: number;
  /** With the hops from there back to a nearer one. */
  readonly pathWithRedirects: number;
  readonly timeouts: number;
  /** Lookups in 10 000 that failed or ended at another node than the owner of that moment. */
  readonly failures: number;
}

function churn(rate: number, seconds: number, seed: number): ChurnResult {
  const warmupNs = 500 * SECOND;
  const arrivals = Math.ceil(2 * rate * (seconds + 500)) + 100;
  const run = new OverlayRun({
    protocol: 'chord',
    nodes: 1000 + arrivals,
    seed,
    idBits: 160,
    latencyNs: 50 * MILLISECOND,
    chord: { ...FINGERS_AND_LIST, stabilisePeriodNs: 30 * SECOND, periodSpread: 0.5, fixFingers: 'one', maintenanceAttempts: 1, lookupRetries: 0 },
  });
  const { simulator, overlay, truth } = run;
  overlay.buildConverged(Array.from({ length: 1000 }, (_, node) => node));
  const random = simulator.random.stream('churn');
  let nextNode = 1000;
  let nextKey = 0;
  let lookups = 0;
  let hops = 0;
  let redirects = 0;
  let timeouts = 0;
  let failures = 0;
  const change = (): void => {
    simulator.schedule(Math.round(random.exponential(SECOND / rate)), change);
    overlay.leave(random.pick(truth.members));
    overlay.join(nextNode++, random.pick(truth.members));
  };
  const look = (): void => {
    simulator.schedule(Math.round(random.exponential(SECOND)), look);
    overlay.lookup(random.pick(truth.members), run.key(nextKey++), (result) => {
      if (simulator.now < warmupNs) return;
      lookups++;
      hops += result.hops;
      redirects += result.redirects;
      timeouts += result.timeouts;
      if (!run.isCorrect(result)) failures++;
    });
  };
  change();
  look();
  simulator.run(warmupNs + seconds * SECOND);
  return { path: (hops - redirects) / lookups, pathWithRedirects: hops / lookups, timeouts: timeouts / lookups, failures: (10_000 * failures) / lookups };
}
