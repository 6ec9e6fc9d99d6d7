import { describe, expect, it } from 'vitest';
import { lookUp } from '../../../sim/hardware/catalogue-lookup.ts';
import { GPUS, gpuByName } from '../../../sim/hardware/gpu-catalogue.ts';
import { MODELS, kvBytesPerToken, modelByName, parameterCount, weightBytes } from '../../../sim/hardware/model-catalogue.ts';

const KIB = 1024;

describe('the GPU catalogue', () => {
  it('holds every GPU asked for', () => {
    expect(Object.keys(GPUS).sort()).toEqual(['A10', 'A100-40GB', 'A100-80GB', 'A800', 'GH200', 'H100', 'H200', 'H800', 'L40S', 'RTX-3090', 'RTX-4090', 'V100']);
  });

  it.each(Object.values(GPUS))('$name is plausible and sourced', (gpu) => {
    expect(gpu.source.length).toBeGreaterThan(20);
    // Dense tensor peaks: tens to a thousand TFLOP/s, never the doubled figure with sparsity.
    expect(gpu.peakFp16FlopsPerSecond).toBeGreaterThanOrEqual(71e12);
    expect(gpu.peakFp16FlopsPerSecond).toBeLessThan(1000e12);
    // Work per byte at which arithmetic and memory balance: 70 to 450 FLOPs per byte for all of them.
    const balance = gpu.peakFp16FlopsPerSecond / gpu.memoryBytesPerSecond;
    expect(balance).toBeGreaterThan(70);
    expect(balance).toBeLessThan(450);
    // A link carries less than its nominal rate, and more than half of it.
    for (const rate of [gpu.hostToDeviceBytesPerSecond, gpu.deviceToHostBytesPerSecond]) {
      expect(rate).toBeLessThan(gpu.hostLinkBytesPerSecond);
      expect(rate).toBeGreaterThan(gpu.hostLinkBytesPerSecond / 2);
    }
  });

  it('finds names however they are written, and suggests the nearest', () => {
    expect(gpuByName('a100 80gb').name).toBe('A100-80GB');
    expect(gpuByName('rtx_4090').name).toBe('RTX-4090');
    expect(() => gpuByName('A100-80B')).toThrow(/unknown GPU "A100-80B": did you mean A100-80GB\?/);
    expect(() => gpuByName('constructor')).toThrow(RangeError);
    expect(() => lookUp('thing', {}, 'x')).toThrow(/the catalogue is empty/);
  });
});

describe('the model catalogue', () => {
  it.each([
    ['Llama-2-7B', 512],
    ['Llama-2-13B', 800],
    ['Llama-2-70B', 320],
    ['Llama-3.1-8B', 128],
    ['Llama-3.1-70B', 320],
    ['Mistral-7B', 128],
    ['Qwen3-8B', 144],
    ['OPT-13B', 800],
  ])('%s leaves %i KiB of KV per token', (name, kib) => {
    expect(kvBytesPerToken(modelByName(name))).toBe(kib * KIB);
  });

  it.each([
    ['Llama-2-7B', 6.74],
    ['Llama-2-13B', 13.02],
    ['Llama-2-70B', 68.98],
    ['Llama-3.1-8B', 8.03],
    ['Llama-3.1-70B', 70.55],
    ['Mistral-7B', 7.25],
    ['Qwen3-8B', 8.19],
    ['OPT-13B', 12.85],
  ])('%s has %f billion weights, as its model card says', (name, billions) => {
    expect(parameterCount(modelByName(name)) / 1e9).toBeCloseTo(billions, 1);
  });

  it.each(Object.values(MODELS))('$name hangs together', (model) => {
    expect(model.heads % model.kvHeads).toBe(0);
    expect(weightBytes(model)).toBe(parameterCount(model) * 2);
    expect(model.source.length).toBeGreaterThan(20);
  });

  it('knows the RoPE bases that re-positioning needs', () => {
    expect(modelByName('Llama-2-7B').ropeTheta).toBe(10_000);
    expect(modelByName('Llama-3.1-8B')).toMatchObject({ ropeTheta: 500_000, ropeScaling: { kind: 'llama3', factor: 8, originalContextTokens: 8192 } });
    expect(modelByName('OPT-13B').ropeTheta).toBeNull();
    expect(() => modelByName('Llama-2-7')).toThrow(/did you mean Llama-2-7B/);
  });
});
