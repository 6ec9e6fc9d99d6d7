import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readLines } from '../../../experiments/files/read-lines.ts';
import { EVICTION_POLICIES } from '../../../protocols/store/eviction-policies.ts';
import { replayReferences } from '../../../protocols/store/reference-replay.ts';
import { TieredStore } from '../../../protocols/store/tiered-store.ts';
import { RandomStream } from '../../../sim/kernel/random-stream.ts';
import { Zipf } from '../../../sim/kernel/zipf.ts';
import { openTrace } from '../../../workloads/traces/open-trace.ts';
import { TWINS } from './policy-twins.ts';

const MOONCAKE = '../shared/data/traces/mooncake_synthetic.jsonl';
const CAPACITY = 150;

function expectSameHits(references: readonly number[], sizeBytes: (id: number) => number): void {
  for (const name of EVICTION_POLICIES) {
    const { make, naive } = TWINS[name];
    const store = new TieredStore([{ name: 'memory', capacityBytes: CAPACITY }], () => make(CAPACITY));
    const twin = naive(CAPACITY);
    let hits = 0;
    for (const id of references) if (twin.access(id, sizeBytes(id))) hits++;
    expect([name, replayReferences(references, store, { sizeBytes }).hits]).toEqual([name, hits]);
    expect(hits).toBeGreaterThan(0);
  }
}

describe('an independent replay has the same hits under every policy', () => {
  it('on Zipf references, sizes equal and unequal', () => {
    const zipf = new Zipf(2000, 0.8);
    const stream = new RandomStream('offline replay');
    const references = Array.from({ length: 20_000 }, () => zipf.sample(stream));
    expectSameHits(references, () => 1);
    expectSameHits(references, (id) => 1 + (id % 5));
  });

  it.skipIf(!existsSync(MOONCAKE))(`on 20 000 references of the recorded trace (skipped without ${MOONCAKE})`, () => {
    const references: number[] = [];
    for (const { blocks = [] } of openTrace(readLines(MOONCAKE), { file: MOONCAKE }).records) {
      references.push(...blocks);
      if (references.length >= 20_000) break;
    }
    expectSameHits(references, () => 1);
  });
});
