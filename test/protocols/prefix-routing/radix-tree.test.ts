import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLines } from '../../../experiments/files/read-lines.ts';
import { RadixTree } from '../../../protocols/prefix-routing/radix-tree.ts';
import { noHits } from '../../../workloads/analysis/leading-hits.ts';
import { LruCache } from '../../../workloads/analysis/lru-cache.ts';
import { unboundedHits } from '../../../workloads/analysis/unbounded-cache.ts';
import { TraceReplay } from '../../../workloads/trace-replay.ts';
import { openTrace } from '../../../workloads/traces/open-trace.ts';
import { NaivePrefixCache } from './naive-prefix-cache.ts';

/** Few distinct blocks and short paths: prefixes meet, branch and part often. */
const path = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 0, maxLength: 7 });
const operation = fc.oneof(
  fc.record({ do: fc.constant('insert' as const), path }),
  fc.record({ do: fc.constant('touch' as const), path }),
  fc.record({ do: fc.constant('match' as const), path }),
  fc.record({ do: fc.constant('remove' as const), path, depth: fc.integer({ min: 0, max: 6 }) }),
  fc.record({ do: fc.constant('evict' as const), count: fc.integer({ min: 0, max: 5 }) }),
  fc.record({ do: fc.constant('clear' as const) }),
);

/** Ids that stand for a block and all before it. */
const chain = (blocks: readonly number[]): number[] => blocks.map((_, i) => blocks.slice(0, i + 1).reduce((id, block) => 4 * id + block + 1, 0));

const sorted = (paths: Iterable<readonly number[]>): string[] => Array.from(paths, String).sort();

describe('radix tree', () => {
  it.each([false, true])('does what a map a block does, for any sequence of operations (chained ids: %s)', (chained) => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (drawn) => {
        const operations = chained ? drawn.map((each) => ('path' in each ? { ...each, path: chain(each.path) } : each)) : drawn;
        const tree = new RadixTree({ chained });
        let naive = new NaivePrefixCache();
        for (const each of operations) {
          switch (each.do) {
            case 'insert':
            case 'touch':
            case 'match':
              expect(tree[each.do](each.path)).toBe(naive[each.do](each.path));
              break;
            case 'remove':
              if (each.depth < each.path.length) expect(tree.remove(each.path, each.depth)).toBe(naive.remove(each.path, each.depth));
              break;
            case 'evict':
              expect(tree.evict(each.count)).toBe(naive.evict(each.count));
              break;
            case 'clear':
              tree.clear();
              naive = new NaivePrefixCache();
          }
          expect(tree.blocks).toBe(naive.blocks);
        }
        expect(sorted(tree.paths())).toEqual(sorted(naive.paths()));
      }),
      { seed: 7, numRuns: 600 },
    );
  });

  it.each([false, true])('tells apart blocks that hash alike (chained ids: %s)', (chained) => {
    // The two halves of an id are multiplied by odd constants: the low half that undoes the second is the inverse of the first times it.
    const [low, high] = [0x85ebca6b, 0xc2b2ae35];
    let inverse = low;
    for (let i = 0; i < 5; i++) inverse = Math.imul(inverse, 2 - Math.imul(low, inverse));
    expect(Math.imul(low, inverse)).toBe(1);
    const one = 0x1_0000_0000;
    const other = Math.imul(high, inverse) >>> 0;
    const tree = new RadixTree({ chained });
    tree.insert([one, 7, 8]);
    expect([tree.match([one, 7, 8]), tree.match([other, 17, 18])]).toEqual([3, 0]);
    tree.insert([other, 17]);
    expect([tree.match([one, 7]), tree.match([other, 17]), tree.match([other, 19])]).toEqual([2, 2, 1]);
    expect([tree.remove([other], 0), tree.match([one, 7, 8]), tree.match([other, 17])]).toEqual([2, 3, 0]);
  });

  it('has as few nodes as branches and times of use allow', () => {
    const tree = new RadixTree();
    tree.insert([1, 2, 3, 4]);
    expect(tree.nodes).toBe(2);
    // A second branch splits the edge: what is shared, and two ends.
    tree.insert([1, 2, 9]);
    expect(tree.nodes).toBe(4);
    // A use of a part splits too, because the rest is older; a use of the whole joins it again.
    tree.touch([1]);
    expect(tree.nodes).toBe(5);
    tree.touch([1, 2, 3, 4]);
    expect(tree.nodes).toBe(4);
    // Without its sibling a branch is one edge with what is above it.
    tree.remove([1, 2, 9], 2);
    expect(tree.nodes).toBe(2);
    expect([...tree.paths()]).toEqual([[1, 2, 3, 4]]);
  });

  it('tells ids apart beyond 32 bits', () => {
    const tree = new RadixTree();
    const far = 2 ** 40 + 1;
    tree.insert([far, 1]);
    expect(tree.match([1])).toBe(0);
    expect(tree.match([far, 1])).toBe(2);
    expect(tree.match([2 ** 41 + 1])).toBe(0);
  });

  it('gives back what evictions leave empty: its arrays do not grow with the number of insertions', () => {
    const tree = new RadixTree();
    const fill = (from: number): void => {
      for (let i = 0; i < 2000; i++) tree.insert([from + i, 1, 2, 3, 4, 5, 6, 7]);
    };
    fill(0);
    const { byteLength } = tree;
    for (let round = 1; round < 20; round++) {
      tree.evict(16_000);
      expect(tree.blocks).toBe(0);
      expect(tree.nodes).toBe(1);
      fill(round * 10_000);
    }
    expect(tree.byteLength).toBeLessThan(2 * byteLength);
  });
});

const MOONCAKE = '../shared/data/traces/mooncake_synthetic.jsonl';

describe('on a recorded trace', () => {
  const replay = (): TraceReplay => new TraceReplay({ name: MOONCAKE, open: () => openTrace(readLines(MOONCAKE), { file: MOONCAKE, blockTokens: 512 }).records });
  const idsOf = function* (): Generator<number[]> {
    for (const { units } of replay().requests()) yield units.map(({ id }) => id);
  };

  it.skipIf(!existsSync(MOONCAKE))(`finds the prefix hits that an offline pass counts (needs ${MOONCAKE})`, () => {
    const offline = unboundedHits(replay().requests());
    const tree = new RadixTree();
    let hits = 0;
    for (const ids of idsOf()) {
      hits += tree.match(ids);
      tree.insert(ids);
    }
    expect(offline.unitHits).toBeGreaterThan(30_000);
    expect(hits).toBe(offline.unitHits);
  });

  it.skipIf(!existsSync(MOONCAKE))(`with room for some blocks, finds the hits of plain LRU, a request's blocks used last to first (needs ${MOONCAKE})`, () => {
    for (const capacity of [200, 2000, 10_000]) {
      const tree = new RadixTree();
      const lru = new LruCache(capacity);
      const expected = noHits();
      let hits = 0;
      for (const request of replay().requests()) {
        lru.serve(expected, { ...request, units: request.units.map(({ id }) => ({ id, tokens: 1 })) });
        const ids = request.units.map(({ id }) => id);
        hits += tree.match(ids);
        tree.insert(ids);
        tree.evict(Math.max(0, tree.blocks - capacity));
      }
      expect(hits).toBe(expected.unitHits);
    }
  });
});
