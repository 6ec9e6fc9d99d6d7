import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SECOND } from '../../../sim/kernel/time.ts';
import type { Request } from '../../../sim/serving/request.ts';
import { noHits, tokenHitRate, unitHitRate } from '../../../workloads/analysis/leading-hits.ts';
import { LruCache } from '../../../workloads/analysis/lru-cache.ts';
import { MissRatioCurve } from '../../../workloads/analysis/miss-ratio-curve.ts';
import { NodeSharing } from '../../../workloads/analysis/node-sharing.ts';
import { TenantSharing } from '../../../workloads/analysis/tenant-sharing.ts';
import { UnboundedCache, unboundedHits } from '../../../workloads/analysis/unbounded-cache.ts';

let nextId = 0;

function request(units: readonly (readonly [id: number, tokens: number])[], more: Partial<Request> = {}): Request {
  return { id: nextId++, arrivalNs: 0, units: units.map(([id, tokens]) => ({ id, tokens })), reuse: 'prefix', suffixTokens: 0, outputTokens: 1, ...more };
}

/** Requests over few units, each unit's length a function of its id, so that ids mean the same everywhere. */
const requests = fc.array(
  fc.tuple(fc.uniqueArray(fc.nat(12), { maxLength: 6 }), fc.constantFrom('chunk', 'prefix'), fc.nat(3)).map(([ids, reuse, session]) =>
    request(ids.map((id) => [id, 1 + (id * 7) % 5]), { reuse, session }),
  ),
  { maxLength: 40 },
);

/**
 * An LRU cache kept as a plain list, most recent first: looks a request up, then touches its units from the last to the
 * first, dropping from the end of the list whatever no longer fits.
 */
function naiveLru(list: readonly Request[], capacity: number, sizeOf: (tokens: number) => number): { units: number; tokens: number } {
  let held: { id: number; size: number }[] = [];
  const hits = { units: 0, tokens: 0 };
  for (const { units, reuse } of list) {
    for (const { id, tokens } of units) {
      if (held.some((entry) => entry.id === id)) {
        hits.units++;
        hits.tokens += tokens;
      } else if (reuse === 'prefix') {
        break;
      }
    }
    for (const { id, tokens } of [...units].reverse()) {
      held = [{ id, size: sizeOf(tokens) }, ...held.filter((entry) => entry.id !== id)];
      while (held.reduce((sum, { size }) => sum + size, 0) > capacity) held.pop();
    }
  }
  return hits;
}

describe('unbounded cache', () => {
  it('counts a hand-made case: a leading run by prefix, each by chunk, the suffix among the tokens', () => {
    const list = [
      request([[1, 512], [2, 512], [3, 100]]),
      request([[1, 512], [9, 512], [3, 100]], { suffixTokens: 26 }),
      request([[9, 512], [3, 100], [7, 1]], { reuse: 'chunk' }),
    ];
    expect(unboundedHits(list)).toEqual({ requests: 3, units: 9, unitHits: 1 + 2, tokens: 1124 + 1150 + 613, tokenHits: 512 + 612 });
  });

  it('a unit is usable from the first use that computed it on, plus the delay, even if it is computed again meanwhile', () => {
    const at = (seconds: number): Request => request([[1, 10]], { arrivalNs: seconds * SECOND });
    const hits = (delayS: number): number => unboundedHits([at(0), at(3), at(5), at(6)], delayS * SECOND).unitHits;
    expect([hits(0), hits(3), hits(4), hits(5), hits(6), hits(7)]).toEqual([3, 3, 2, 2, 1, 0]);
  });

  it('a unit that a request names twice is no hit the first time', () => {
    expect(unboundedHits([request([[1, 1], [1, 1]])]).unitHits).toBe(0);
  });

  it('gives no hits on nothing, and refuses a negative delay', () => {
    expect([unitHitRate(noHits()), tokenHitRate(noHits())]).toEqual([0, 0]);
    expect(() => new UnboundedCache(-1)).toThrow(RangeError);
  });
});

describe('miss-ratio curve', () => {
  it('has the hits of a naive LRU cache at every capacity, in units and in tokens, by prefix and by chunk', () => {
    fc.assert(
      fc.property(requests, (list) => {
        const capacities = Array.from({ length: 45 }, (_, tokens) => tokens);
        const curve = new MissRatioCurve(capacities);
        for (const one of list) curve.add(one);
        const all = list.flatMap(({ units }) => units).reduce((sum, { tokens }) => sum + tokens, 0);
        for (let capacity = 0; capacity <= 14; capacity++) expect(curve.hitsAtUnits(capacity)).toBe(naiveLru(list, capacity, () => 1).units);
        curve.exactPoints().forEach(({ capacityTokens, missRatio }) => {
          const hits = naiveLru(list, capacityTokens, (tokens) => tokens).tokens;
          expect(missRatio).toBeCloseTo(all === 0 ? 1 : 1 - hits / all, 12);
        });
        for (const { capacityTokens, missRatio } of curve.points()) expect(missRatio).toBeCloseTo(1 - naiveLru(list, capacityTokens, (tokens) => tokens).tokens / all, 12);
      }),
      { seed: 1, numRuns: 120 },
    );
  });

  it('stays exact when positions are renumbered: 20 000 touches of 700 units', () => {
    const list = Array.from({ length: 10_000 }, (_, index) => request([[(index * index * 31) % 701, 3], [1000 + (index % 7), 2]], { reuse: 'chunk' }));
    const curve = new MissRatioCurve([500]);
    for (const one of list) curve.add(one);
    const cache = new LruCache(500);
    const counts = noHits();
    for (const one of list) cache.serve(counts, one);
    expect(curve.exactPoints()[0].missRatio).toBeCloseTo(1 - counts.tokenHits / counts.tokens, 12);
    expect(curve.distinctUnits).toBe(new Set(list.flatMap(({ units }) => units.map(({ id }) => id))).size);
  });

  it('of a loop over n units: all miss below capacity n, all but the first round hit from there on', () => {
    const curve = new MissRatioCurve();
    for (let round = 0; round < 10; round++) for (let unit = 0; unit < 20; unit++) curve.add(request([[unit, 1]], { reuse: 'chunk' }));
    expect([curve.hitsAtUnits(19), curve.hitsAtUnits(20)]).toEqual([0, 180]);
    expect(curve.points()).toEqual([{ capacityTokens: 20, missRatio: 0.09999999999999998 }]);
    expect(curve.reuseDistanceTokens(0.5)).toBe(20);
  });

  it('never rises with capacity, and ends at the misses of an unbounded cache', () => {
    fc.assert(
      fc.property(requests, (list) => {
        const curve = new MissRatioCurve();
        for (const one of list) curve.add(one);
        const points = curve.points();
        points.forEach((point, index) => {
          if (index > 0) expect(point.missRatio).toBeLessThanOrEqual(points[index - 1].missRatio);
        });
        const { tokens, tokenHits } = unboundedHits(list);
        if (points.length > 0) expect(points.at(-1)!.missRatio).toBeCloseTo(1 - tokenHits / tokens, 12);
        else expect(tokenHits).toBe(0);
      }),
      { seed: 1, numRuns: 100 },
    );
  });
});

describe('LRU cache', () => {
  it('agrees with the naive one', () => {
    fc.assert(
      fc.property(requests, fc.integer({ min: 0, max: 40 }), (list, capacity) => {
        const cache = new LruCache(capacity);
        const counts = noHits();
        for (const one of list) {
          cache.serve(counts, one);
          expect(cache.tokens).toBeLessThanOrEqual(capacity);
        }
        const naive = naiveLru(list, capacity, (tokens) => tokens);
        expect([counts.unitHits, counts.tokenHits]).toEqual([naive.units, naive.tokens]);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('refuses a capacity that is none', () => {
    expect(() => new LruCache(-1)).toThrow('capacity is -1 tokens');
    expect(() => new LruCache(Number.NaN)).toThrow(RangeError);
  });
});

describe('node sharing', () => {
  it('own caches of n nodes are n caches, each fed every n-th request; the shared one is one', () => {
    fc.assert(
      fc.property(requests, fc.integer({ min: 1, max: 5 }), fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined }), (list, nodes, capacity) => {
        const sharing = new NodeSharing({ nodeCounts: [nodes], ...(capacity === undefined ? {} : { capacityTokensPerNode: capacity }) });
        for (const one of list) sharing.add(one);
        const [row] = sharing.rows();
        const each = (assigned: (one: Request, index: number) => number): number => {
          let hits = 0;
          for (let node = 0; node < nodes; node++) hits += naiveLru(list.filter((one, index) => assigned(one, index) === node), capacity ?? Infinity, (tokens) => tokens).tokens;
          return hits;
        };
        expect(row.independent.tokenHits).toBe(each((_, index) => index % nodes));
        if (list.length > 0) expect(row.bySession!.tokenHits).toBe(each((one) => one.session! % nodes));
        expect(row.shared.tokenHits).toBe(naiveLru(list, (capacity ?? Infinity) * nodes, (tokens) => tokens).tokens);
      }),
      { seed: 1, numRuns: 150 },
    );
  });

  it('says nothing of sessions where there are none', () => {
    const sharing = new NodeSharing({ nodeCounts: [2] });
    sharing.add(request([[1, 1]]));
    expect(sharing.rows()[0].bySession).toBeUndefined();
    expect(() => new NodeSharing({ nodeCounts: [0] })).toThrow('number of nodes is 0');
  });
});

describe('tenant sharing', () => {
  it('tells what isolation costs', () => {
    const sharing = new TenantSharing();
    for (const [tenant, unit] of [[1, 5], [2, 5], [2, 5], [1, 6], [1, 6], [3, 7]]) sharing.add(request([[unit, 10]], { tenant }));
    sharing.add(request([[5, 10]]));
    const result = sharing.result()!;
    expect(result).toMatchObject({ tenants: 3, units: 3, unitsSharedByTenants: 1 });
    expect([result.shared.unitHits, result.isolated.unitHits, result.shared.units]).toEqual([3, 2, 6]);
  });

  it('has nothing to tell without tenants', () => {
    const sharing = new TenantSharing();
    sharing.add(request([[5, 10]]));
    expect(sharing.result()).toBeUndefined();
  });
});
