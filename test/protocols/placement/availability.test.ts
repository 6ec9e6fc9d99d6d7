/** Which segments survive f simultaneous crashes before any repair, against counting: a segment is gone when all r of its holders are among the f. */
import { describe, expect, it } from 'vitest';
import type { Protocol } from '../../../protocols/overlay/overlay.ts';
import { GroundTruth } from '../../../protocols/overlay/ground-truth.ts';
import { nodeIds } from '../../../protocols/overlay/identity.ts';
import { IdSpace } from '../../../protocols/overlay/id-space.ts';
import { PlacementKeys } from '../../../protocols/placement/placement-keys.ts';
import { RandomStreams } from '../../../sim/kernel/random-streams.ts';

const NODES = 20;
const KEYS = 500;
const RINGS = 40;
/** Draws of who crashes, for each ring. */
const DRAWS = 40;

/** C(n, k), exactly: numbers stay far below 2^53. */
function choose(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i;
  return k > n ? 0 : result;
}

/** Probability that r given nodes are all among f crashed of n: hypergeometric, C(n − r, f − r) ÷ C(n, f). */
const lossOf = (r: number, f: number): number => (f < r ? 0 : choose(NODES - r, f - r) / choose(NODES, f));

/** Share of segments lost, by crash draw: mean and standard error over rings (draws within a ring share its arcs). */
function lost(protocol: Protocol, replicas: number, crashes: number): { mean: number; error: number } {
  const space = new IdSpace(64);
  const members = Array.from({ length: NODES }, (_, node) => node);
  const random = new RandomStreams(1).stream('crashes');
  const perRing = Array.from({ length: RINGS }, (_, ring) => {
    const truth = new GroundTruth(protocol, space, nodeIds(space, ring, NODES), members);
    const keys = new PlacementKeys(space, 'segment', 1, (unit) => unit);
    const holders = Array.from({ length: KEYS }, (_unused, unit) => truth.replicaSet(keys.key(unit, 0), replicas));
    let gone = 0;
    for (let draw = 0; draw < DRAWS; draw++) {
      const victims = new Set(random.shuffle([...members]).slice(0, crashes));
      for (const set of holders) if (set.every((node) => victims.has(node))) gone++;
    }
    return gone / (DRAWS * KEYS);
  });
  const mean = perRing.reduce((a, b) => a + b) / RINGS;
  const variance = perRing.reduce((sum, each) => sum + (each - mean) * (each - mean), 0) / (RINGS - 1);
  return { mean, error: Math.sqrt(variance / RINGS) };
}

describe.each(['chord', 'kademlia', 'pastry'] as const)('availability under simultaneous crashes, %s', (protocol) => {
  const cases = [2, 3, 4].flatMap((r) => [r - 1, r, 6, 10].map((f): [number, number] => [r, f]));
  it.each(cases)('r = %i replicas, f = %i of 20 crashed: as counted', (r, f) => {
    const { mean, error } = lost(protocol, r, f);
    const expected = lossOf(r, f);
    if (expected === 0) expect(mean).toBe(0);
    // Four standard errors over rings; a floor for cases so rare that most rings see none.
    else expect(Math.abs(mean - expected)).toBeLessThan(Math.max(4 * error, 4e-4));
  });
});

it('holders are distinct nodes', () => {
  const space = new IdSpace(64);
  const truth = new GroundTruth('chord', space, nodeIds(space, 1, NODES), Array.from({ length: NODES }, (_, node) => node));
  const keys = new PlacementKeys(space, 'segment', 1, (unit) => unit);
  for (let unit = 0; unit < 100; unit++) expect(new Set(truth.replicaSet(keys.key(unit, 0), 4)).size).toBe(4);
});
