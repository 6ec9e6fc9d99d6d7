import { describe, expect, it } from 'vitest';
import { gpuByName } from '../../../sim/hardware/gpu-catalogue.ts';
import { kvBytesPerToken, modelByName } from '../../../sim/hardware/model-catalogue.ts';
import { KvBlockMemory } from '../../../sim/serving/kv-block-memory.ts';
import { kvCapacityBlocks, kvCapacityBytes } from '../../../sim/serving/kv-capacity.ts';

const GIB = 1024 * 1024 * 1024;

describe('KV capacity', () => {
  it('is what engines report: about 5 GiB for Llama-3.1-8B on 24 GB, about 57 GiB for Llama-2-7B on 80 GB', () => {
    expect(kvCapacityBytes({ gpu: gpuByName('RTX-4090'), model: modelByName('Llama-3.1-8B'), tokenBudget: 2048, maxSequences: 256 }) / GIB).toBeCloseTo(5, 0);
    expect(kvCapacityBytes({ gpu: gpuByName('A100-80GB'), model: modelByName('Llama-2-7B'), tokenBudget: 8192, maxSequences: 256 }) / GIB).toBeCloseTo(57, 0);
  });

  it('counts whole blocks, and none where the weights do not fit', () => {
    const options = { gpu: gpuByName('A100-80GB'), model: modelByName('Llama-2-7B'), tokenBudget: 2048, maxSequences: 64 };
    expect(kvCapacityBlocks(options, 16)).toBe(Math.floor(kvCapacityBytes(options) / (16 * kvBytesPerToken(options.model))));
    const big = { ...options, model: modelByName('Llama-2-70B') };
    expect(kvCapacityBlocks(big, 16)).toBe(0);
    expect(kvCapacityBlocks({ ...big, tensorParallel: 8 }, 16)).toBeGreaterThan(50_000);
    expect(() => kvCapacityBytes({ ...options, memoryUtilisation: 1.2 })).toThrow(/memoryUtilisation/);
  });
});

describe('block memory', () => {
  it('balances, or says that it does not', () => {
    const memory = new KvBlockMemory(10, 16);
    memory.take(6);
    memory.publish(2);
    memory.give(3);
    memory.evict(1);
    expect([memory.freeBlocks, memory.heldBlocks, memory.cachedBlocks, memory.blocksFor(33)]).toEqual([8, 1, 1, 3]);
    expect(() => { memory.give(2); }).toThrow(/do not balance/);
    expect(() => new KvBlockMemory(0, 16)).toThrow(/kvBlocks/);
    expect(() => new KvBlockMemory(1, 0)).toThrow(/blockTokens/);
  });
});
