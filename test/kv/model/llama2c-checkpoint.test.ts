import { describe, expect, it } from 'vitest';
import { KvCache } from '../../../kv/model/kv-cache.ts';
import { readLlama2cCheckpoint, writeLlama2cCheckpoint } from '../../../kv/model/llama2c-checkpoint.ts';
import { Transformer } from '../../../kv/model/transformer.ts';
import { plainRope } from '../../../kv/rope/rope-spec.ts';
import { randomModel, randomTokens } from './random-model.ts';

const header = (...values: number[]): Uint8Array => new Uint8Array(Int32Array.from(values).buffer);

describe('llama2.c checkpoints', () => {
  it.each([true, false])('come back as they were written, classifier tied: %s', (tiedEmbeddings) => {
    const model = randomModel({ tiedEmbeddings });
    const { config, weights } = readLlama2cCheckpoint(writeLlama2cCheckpoint(model.config, model.weights), 'model.bin');
    expect(config).toEqual(model.config);
    const tokens = randomTokens(9, 'checkpoint');
    const logits = new Transformer(config, weights).forward(new KvCache(config, 9), { tokens });
    expect(Array.from(logits)).toEqual(Array.from(model.forward(new KvCache(config, 9), { tokens })));
  });

  it('are refused when truncated anywhere', () => {
    const model = randomModel();
    const bytes = writeLlama2cCheckpoint(model.config, model.weights);
    for (const length of [0, 27, 28, 1000, bytes.length - 1]) expect(() => readLlama2cCheckpoint(bytes.subarray(0, length), 'model.bin')).toThrow(/model\.bin: \d+ bytes/);
    expect(() => readLlama2cCheckpoint(new Uint8Array(Buffer.concat([bytes, Buffer.alloc(4)])), 'model.bin')).toThrow(/truncated, or not a llama2\.c checkpoint/);
  });

  const bad: [string, number[]][] = [
    ['zeros', [0, 0, 0, 0, 0, 0, 0]],
    ['heads that do not divide the width', [64, 172, 5, 7, 4, 512, 512]],
    ['KV heads that do not divide the heads', [64, 172, 5, 8, 3, 512, 512]],
    ['negative layers', [64, 172, -5, 8, 4, 512, 512]],
    ['extents beyond reason', [2147483640, 2147483647, 2147483647, 8, 8, 2147483647, 2147483647]],
    ['a billion layers in a small file', [64, 172, 16000000, 8, 4, 512, 512]],
    ['the magic of another format', [0x46554747, 3, 0, 291, 0, 23, 0]],
  ];
  it.each(bad)('are refused with a header of %s, allocating nothing', (_, values) => {
    expect(() => readLlama2cCheckpoint(header(...values), 'model.bin')).toThrow(/model\.bin/);
  });

  it('are refused when a weight is not a number', () => {
    const model = randomModel();
    const bytes = writeLlama2cCheckpoint(model.config, model.weights);
    new DataView(bytes.buffer).setFloat32(28 + 4 * (40 * 32 + 5), Infinity, true);
    expect(() => readLlama2cCheckpoint(bytes, 'model.bin')).toThrow(/model\.bin: weights: attentionNorm of layer 0 holds Infinity at element 5/);
  });

  it('are not written for a model the format cannot hold', () => {
    const model = randomModel({ rope: plainRope(8, 'neox') });
    expect(() => writeLlama2cCheckpoint(model.config, model.weights)).toThrow(/interleaved/);
  });
});
