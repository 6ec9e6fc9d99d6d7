import type { NodeIndex, Protocol } from '../../protocols/overlay/overlay.ts';
import { SECOND } from '../../sim/kernel/time.ts';
import { meanInterval } from './comparison.ts';
import type { ComparisonRow, ComparisonTable } from './comparison.ts';
import { OverlayRun } from './overlay-run.ts';
import type { OverlayRunSpec } from './overlay-run.ts';
import { DHT_COMPARISON_AT_20, DHT_COMPARISON_HOPS, PROTOCOLS } from './published.ts';

/** Parameters of the published comparison, and its definitions of a hop. */
function published(protocol: Protocol, nodes: number, seed: number): OverlayRunSpec {
  return {
    protocol,
    nodes,
    seed,
    idBits: 16,
    chord: { successors: 3, checkOwner: false, maintenance: false },
    kademlia: { k: 8, alpha: 3, rounds: 'synchronous', termination: 'no-closer', maintenance: false },
    pastry: { digitBits: 4, leafSet: 8, proximity: false, maintenance: false },
  };
}

/**
 * Mean hops under the published definitions, and Kademlia's strict rounds beside.
 *
 * Chord's path differs more from ring to ring than the other two, and at 20 nodes its expectation (2.04) lies within 0.01 of the limit around
 * the published 1.90: only `chordSeeds` in the thousands tell on which side.
 */
export function dhtComparisonHops(effort: { readonly seeds: number; readonly chordSeeds: number; readonly lookups: number }): ComparisonTable {
  const rows: ComparisonRow[] = [];
  for (const figures of DHT_COMPARISON_HOPS) {
    const { nodes } = figures;
    for (const protocol of PROTOCOLS) {
      const means: number[] = [];
      let wrong = 0;
      const seeds = protocol === 'chord' ? effort.chordSeeds : effort.seeds;
      for (let seed = 0; seed < seeds; seed++) {
        const run = new OverlayRun(published(protocol, nodes, seed)).buildConverged();
        let hops = 0;
        run.lookUp(effort.lookups, (result) => {
          hops += result.hops;
          if (!run.isCorrect(result)) wrong++;
        });
        means.push(hops / effort.lookups);
      }
      const { mean, interval, sd } = meanInterval(means);
      const upperBound = protocol === 'kademlia' && nodes >= 20;
      const limit = upperBound ? ({ kind: 'not above' } as const) : ({ kind: 'absolute', most: protocol === 'chord' ? 0.15 : 0.3 } as const);
      const label = `N = ${nodes}, ${protocol}`;
      rows.push({ label, quantity: protocol === 'kademlia' ? 'rounds until nothing closer' : 'hops', ours: mean, interval, published: figures[protocol], limit });
      if (protocol === 'chord') rows.push({ label, quantity: 'sd of single rings', ours: sd });
      // Stopping at the first round without progress may miss the owner; the strict lookups below may not.
      if (protocol !== 'kademlia') rows.push({ label, quantity: 'wrong lookups', ours: wrong, limit: { kind: 'equals', value: 0 } });
      else rows.push(...strictRounds(nodes, effort));
    }
  }
  return {
    name: 'Small overlays: hops',
    conditions: `16-bit identifiers, ${effort.seeds} seeds (Chord ${effort.chordSeeds}), ${effort.lookups} keys each. Chord: fingers only, no owner check, last step left out. Pastry: b = 4, leaf set 8, every forward. Kademlia: k = 8, α = 3, a hop is a round`,
    rows,
  };
}

function strictRounds(nodes: number, effort: { readonly seeds: number; readonly lookups: number }): ComparisonRow[] {
  const rounds: number[] = [];
  const until: number[] = [];
  let wrong = 0;
  for (let seed = 0; seed < effort.seeds; seed++) {
    const spec = published('kademlia', nodes, seed);
    const run = new OverlayRun({ ...spec, kademlia: { ...spec.kademlia, termination: 'closest' } }).buildConverged();
    let all = 0;
    let owner = 0;
    run.lookUp(effort.lookups, (result) => {
      all += result.rounds;
      owner += result.ownerRounds;
      if (!run.isCorrect(result)) wrong++;
    });
    rounds.push(all / effort.lookups);
    until.push(owner / effort.lookups);
  }
  const label = `N = ${nodes}, kademlia`;
  const [r, u] = [rounds, until].map(meanInterval);
  return [
    { label, quantity: 'rounds until k closest answered', ours: r.mean, interval: r.interval },
    { label, quantity: 'rounds until owner found', ours: u.mean, interval: u.interval },
    { label, quantity: 'wrong strict lookups', ours: wrong, limit: { kind: 'equals', value: 0 } },
  ];
}

/** Settings for correctness: SPEC-size identifiers, lists long enough for the failures. */
function maintained(protocol: Protocol, nodes: number, seed: number, replicas: number): OverlayRunSpec {
  return {
    protocol,
    nodes,
    seed,
    idBits: 16,
    chord: { successors: replicas },
    kademlia: { k: Math.max(8, replicas), refreshPeriodNs: 60 * SECOND },
    pastry: { leafSet: 2 * replicas, proximity: false },
  };
}

const SETTLE_NS = 400 * SECOND;

/** Share of correct lookups at rest, after 15 % left, after 15 % crashed; and Chord with a list of 3 beside: how many rings it cuts, and how many stay so. */
export function correctness(effort: { readonly sizes: readonly number[]; readonly seeds: number; readonly lookups: number }): ComparisonTable {
  const rows: ComparisonRow[] = [];
  for (const nodes of effort.sizes) {
    for (const protocol of PROTOCOLS) {
      for (const fault of ['rest', 'leave', 'crash'] as const) {
        const { correct } = afterFault(protocol, nodes, 8, fault, effort);
        const label = `N = ${nodes}, ${protocol}`;
        const published = nodes !== 20 ? undefined : fault === 'rest' ? DHT_COMPARISON_AT_20[protocol].correct : fault === 'leave' ? DHT_COMPARISON_AT_20[protocol].afterLeave : undefined;
        rows.push({ label, quantity: FAULTS[fault], ours: correct, ...(published === undefined ? {} : { published }), limit: { kind: 'equals', value: 1 } });
      }
      if (protocol !== 'chord') continue;
      const short = afterFault('chord', nodes, 3, 'crash', effort);
      rows.push({ label: `N = ${nodes}, chord`, quantity: 'correct after 15 % crash, r = 3', ours: short.correct });
      rows.push({ label: `N = ${nodes}, chord`, quantity: 'rings where a whole list of 3 died', ours: short.cut });
      rows.push({ label: `N = ${nodes}, chord`, quantity: 'rings still broken after repair, r = 3', ours: short.broken });
    }
  }
  return {
    name: 'Correctness: lookups that end at the ground-truth owner',
    conditions: `16-bit identifiers, collisions hashed again, r = 8 (Chord list, Pastry half leaf set, Kademlia k), ${effort.seeds} seeds, ${effort.lookups} lookups each, repairs settled for ${SETTLE_NS / SECOND} s. A Chord ring whose lists of 3 died closes again through fingers and predecessors`,
    rows,
  };
}

const FAULTS = { rest: 'correct at rest', leave: 'correct after 15 % leave', crash: 'correct after 15 % crash' } as const;

function afterFault(
  protocol: Protocol,
  nodes: number,
  replicas: number,
  fault: 'rest' | 'leave' | 'crash',
  effort: { readonly seeds: number; readonly lookups: number },
): { correct: number; cut: number; broken: number } {
  let right = 0;
  let cut = 0;
  let broken = 0;
  for (let seed = 0; seed < effort.seeds; seed++) {
    const run = new OverlayRun(maintained(protocol, nodes, seed, replicas)).buildConverged();
    const chosen = run.simulator.random.stream('faults').shuffle([...run.truth.members]).slice(0, fault === 'rest' ? 0 : Math.round(0.15 * nodes));
    for (const node of chosen) {
      if (fault === 'leave') run.overlay.leave(node);
      else run.crash(node);
    }
    if (protocol === 'chord' && run.truth.members.some((node) => lostItsList(run, node))) cut++;
    if (fault !== 'rest') run.simulator.run(run.simulator.now + SETTLE_NS);
    const before = right;
    run.lookUp(effort.lookups, (result) => {
      if (run.isCorrect(result)) right++;
    });
    if (right - before < effort.lookups) broken++;
  }
  return { correct: right / (effort.seeds * effort.lookups), cut: cut / effort.seeds, broken: broken / effort.seeds };
}

/** Is every successor that this Chord node knows dead? */
function lostItsList(run: OverlayRun, node: NodeIndex): boolean {
  const state = run.overlay.state(node);
  return state.protocol === 'chord' && state.successors.length > 0 && state.successors.every((peer) => !run.network.isAlive(run.overlay.hostOf(peer.node)));
}

/** Tail of hops, messages of a join, and table sizes at 20 nodes; lookups per second of this process, where a clock is given. */
export function dhtComparisonCosts(effort: { readonly seeds: number; readonly lookups: number; readonly clockMs?: () => number }): ComparisonTable {
  const rows: ComparisonRow[] = [];
  for (const protocol of PROTOCOLS) {
    const figures = DHT_COMPARISON_AT_20[protocol];
    const hops: number[] = [];
    const entries: number[] = [];
    const joins: number[] = [];
    let elapsedMs = 0;
    for (let seed = 0; seed < effort.seeds; seed++) {
      const run = new OverlayRun(published(protocol, 20, seed)).buildConverged();
      const startMs = effort.clockMs?.() ?? 0;
      run.lookUp(effort.lookups, (result) => hops.push(result.hops));
      elapsedMs += (effort.clockMs?.() ?? 0) - startMs;
      entries.push(run.truth.members.reduce((sum, node) => sum + run.overlay.peers(node).length, 0) / 20);
      joins.push(joinMessages(protocol, seed));
    }
    hops.sort((a, b) => a - b);
    const [e, j] = [entries, joins].map(meanInterval);
    rows.push({ label: protocol, quantity: 'P95 hops', ours: hops[Math.ceil(0.95 * hops.length) - 1], published: figures.p95 });
    rows.push({ label: protocol, quantity: 'most hops', ours: hops[hops.length - 1], published: figures.max });
    rows.push({ label: protocol, quantity: 'messages of a join', ours: j.mean, interval: j.interval, published: figures.joinMessages });
    rows.push({ label: protocol, quantity: 'distinct peers in tables', ours: e.mean, interval: e.interval, published: figures.entries });
    if (effort.clockMs !== undefined) {
      rows.push({ label: protocol, quantity: 'lookups per second', ours: (1000 * hops.length) / elapsedMs, published: figures.lookupsPerSecond });
    }
  }
  return {
    name: 'Small overlays: costs at N = 20',
    conditions: 'join: every message, answers included, until tables are filled, mean of 19 joins; lookups are messages with timers in simulated time, the published ones are function calls',
    rows,
  };
}

function joinMessages(protocol: Protocol, seed: number): number {
  const spec = published(protocol, 20, seed);
  const run = new OverlayRun({ ...spec, chord: { ...spec.chord, maintenance: true }, kademlia: { ...spec.kademlia, termination: 'closest', maintenance: true }, pastry: { ...spec.pastry, maintenance: true } });
  run.overlay.join(0, undefined);
  for (let node = 1; node < 20; node++) {
    run.simulator.run(run.simulator.now + 60 * SECOND);
    run.overlay.join(node, node - 1);
  }
  run.simulator.run(run.simulator.now + 60 * SECOND);
  return run.overlay.ledger.totalMessages('join') / 19;
}
