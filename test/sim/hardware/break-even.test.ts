import { describe, expect, it } from 'vitest';
import { breakEvenBps, reuseThresholdBytesPerSecond } from '../../../sim/hardware/break-even.ts';

describe('the bandwidth from which reuse pays', () => {
  /** Llama-3-70B as Mooncake takes it (FAST '25, §2.3): d = 8192, a = 4, b = 22, gqa = 8, BF16, 8 192 tokens cached, eight GPUs. */
  const LLAMA_3_70B = { hidden: 8192, gqa: 8, attention: 4, dense: 22, cachedTokens: 8192, elementBytes: 2 };

  it('is 6 GB/s on eight A800 and 19 GB/s on eight H800, as Mooncake prints (Eq. 2)', () => {
    expect(reuseThresholdBytesPerSecond({ ...LLAMA_3_70B, flops: 8 * 312e12 }) / 1e9).toBeCloseTo(5.86, 2);
    expect(reuseThresholdBytesPerSecond({ ...LLAMA_3_70B, flops: 8 * 989e12 }) / 1e9).toBeCloseTo(18.6, 1);
  });

  it('is the rate at which the bytes of a layer take as long as its operations', () => {
    // By hand for another prompt: KV of one layer over operations of one layer.
    const { hidden, gqa, attention, dense, elementBytes } = LLAMA_3_70B;
    const flops = 1e15;
    for (const cachedTokens of [100, 8192, 100_000]) {
      const kvBytes = (2 * cachedTokens * hidden * elementBytes) / gqa;
      const seconds = (cachedTokens * (attention * cachedTokens * hidden + dense * hidden * hidden)) / flops;
      expect(reuseThresholdBytesPerSecond({ ...LLAMA_3_70B, cachedTokens, flops })).toBeCloseTo(kvBytes / seconds, 0);
      expect(breakEvenBps(kvBytes, seconds * 1e9) / 8).toBeCloseTo(kvBytes / seconds, 0);
    }
  });
});
