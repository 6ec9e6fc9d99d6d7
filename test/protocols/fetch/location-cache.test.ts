import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArcCache } from '../../../protocols/fetch/location-cache.ts';
import { Chord } from '../../../protocols/overlay/chord/chord.ts';
import { GroundTruth } from '../../../protocols/overlay/ground-truth.ts';
import { nodeIds } from '../../../protocols/overlay/identity.ts';
import { IdSpace } from '../../../protocols/overlay/id-space.ts';
import { segmentKey } from '../../../protocols/placement/segment-key.ts';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { MILLISECOND } from '../../../sim/kernel/time.ts';
import { Network } from '../../../sim/network/network.ts';
import { uniformTopology } from '../../../sim/network/topology.ts';

function ring(nodes: number) {
  const simulator = new Simulator({ seed: 1 });
  const space = new IdSpace(64);
  const ids = nodeIds(space, 1, nodes);
  const overlay = new Chord({ simulator, network: new Network(simulator, uniformTopology(nodes, 1e9, MILLISECOND)), idBits: 64, ids }, { maintenance: false });
  const members = Array.from({ length: nodes }, (_, node) => node);
  overlay.buildConverged(members);
  return { simulator, space, overlay, truth: new GroundTruth('chord', space, ids, members) };
}

describe('remembering owners by arc', () => {
  it('never names a wrong owner in a settled ring, and soon knows every key', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), (nodes, start) => {
        const { simulator, space, overlay, truth } = ring(nodes);
        const cache = new ArcCache(overlay);
        let unknown = 0;
        for (let unit = start; unit < start + 200; unit++) {
          const key = segmentKey(space, unit, 0);
          const found = cache.find(unit, key);
          if (found !== undefined) {
            expect(found.holders[0]).toBe(truth.owner(key));
            continue;
          }
          unknown++;
          overlay.lookup(0, key, ({ answeredBy, owner }) => {
            cache.remember(unit, answeredBy, owner, { holders: [owner], own: false, expiresNs: Infinity });
          });
          simulator.run();
        }
        // One lookup for each arc, and those keys that the asker owns, whose arc it is never told.
        const own = Array.from({ length: 200 }, (_, i) => truth.owner(segmentKey(space, start + i, 0))).filter((owner) => owner === 0).length;
        expect(unknown).toBeLessThanOrEqual(nodes - 1 + own);
      }),
      { seed: 1, numRuns: 30 },
    );
  });
});
