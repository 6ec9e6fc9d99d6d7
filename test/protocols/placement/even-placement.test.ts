/** How evenly real placement spreads segments, against what spacings of random points on a circle and balls thrown into bins lead to expect. */
import seedrandom from 'seedrandom';
import { describe, expect, it } from 'vitest';
import { GroundTruth } from '../../../protocols/overlay/ground-truth.ts';
import { nodeIds } from '../../../protocols/overlay/identity.ts';
import { IdSpace } from '../../../protocols/overlay/id-space.ts';
import type { PlacementKeyScope } from '../../../protocols/placement/placement-keys.ts';
import { PlacementKeys } from '../../../protocols/placement/placement-keys.ts';

const NODES = 20;
const RINGS = 60;
const SEGMENTS = 8;

/** Mean over rings of segments on the fullest node ÷ mean, one copy of each, placed by Chord's rule on real keys. */
function placed(units: number, virtualNodes: number, scope: PlacementKeyScope): number {
  const space = new IdSpace(64);
  let sum = 0;
  for (let ring = 0; ring < RINGS; ring++) {
    const members = Array.from({ length: NODES * virtualNodes }, (_, node) => node);
    const truth = new GroundTruth('chord', space, nodeIds(space, ring, members.length), members);
    const keys = new PlacementKeys(space, scope, SEGMENTS, (unit) => unit);
    const counts = new Float64Array(NODES);
    for (let unit = 0; unit < units; unit++) {
      for (let segment = 0; segment < SEGMENTS; segment++) counts[Math.floor(truth.replicaSet(keys.key(unit, segment), 1)[0] / virtualNodes)]++;
    }
    sum += maxOverMean(counts);
  }
  return sum / RINGS;
}

function maxOverMean(counts: Float64Array): number {
  return (Math.max(...counts) * counts.length) / counts.reduce((total, count) => total + count, 0);
}

/** Expectation by Monte Carlo: bins with shares as of random points on a circle (`points` each; 0 for equal shares), `balls` thrown into them. */
function expected(points: number, balls: number): number {
  const random = seedrandom.alea('bins');
  const trials = 400;
  let sum = 0;
  for (let trial = 0; trial < trials; trial++) {
    // Spacings of uniform points are exponentials over their sum.
    const shares = Array.from({ length: NODES }, () => (points === 0 ? 1 : Array.from({ length: points }, () => -Math.log(1 - random())).reduce((a, b) => a + b)));
    const total = shares.reduce((a, b) => a + b);
    const limits = shares.map((_, i) => shares.slice(0, i + 1).reduce((a, b) => a + b) / total);
    const counts = new Float64Array(NODES);
    for (let ball = 0; ball < balls; ball++) {
      const at = random();
      counts[Math.max(0, limits.findIndex((limit) => at < limit))]++;
    }
    sum += maxOverMean(counts);
  }
  return sum / trials;
}

/** Four standard errors of the mean over 60 rings: the largest of 20 spacings has a standard deviation of about 1.1 means with one point a node, less with more. */
const tolerance = (virtualNodes: number): number => (4 * 1.2) / Math.sqrt(RINGS * virtualNodes);

describe('even placement', () => {
  it('without virtual nodes the fullest of n nodes holds H_n times the mean', () => {
    // The largest of n spacings is H_n / n in expectation (David and Nagaraja, Order Statistics, section 6.4).
    const harmonic = Array.from({ length: NODES }, (_, i) => 1 / (i + 1)).reduce((a, b) => a + b);
    expect(Math.abs(placed(500, 1, 'segment') - harmonic)).toBeLessThan(tolerance(1));
    expect(Math.abs(expected(1, 2000) - harmonic)).toBeLessThan(0.3);
  });

  it.each([1, 8, 64])('with %i virtual nodes it is as spacings and balls say', (virtualNodes) => {
    expect(Math.abs(placed(100, virtualNodes, 'segment') - expected(virtualNodes, 100 * SEGMENTS))).toBeLessThan(tolerance(virtualNodes));
  });

  it('virtual nodes bring it down to what equal bins give, and no lower', () => {
    const [one, eight, many] = [1, 8, 128].map((virtualNodes) => placed(100, virtualNodes, 'segment'));
    const bins = expected(0, 100 * SEGMENTS);
    expect(one).toBeGreaterThan(1.5 * eight);
    expect(eight).toBeGreaterThan(many);
    expect(many).toBeGreaterThan(bins * 0.98);
    expect(many).toBeLessThan(bins * 1.12);
  });

  it('splitting a few chunks into segments of their own keys evens out what whole chunks leave uneven', () => {
    // 25 chunks whole are 25 balls of eight segments; split they are 200 balls.
    const [whole, split] = (['chunk', 'segment'] as const).map((scope) => placed(25, 64, scope));
    expect(Math.abs(whole - expected(64, 25))).toBeLessThan(0.3);
    expect(Math.abs(split - expected(64, 25 * SEGMENTS))).toBeLessThan(0.15);
    expect(whole).toBeGreaterThan(1.4 * split);
  });
});
