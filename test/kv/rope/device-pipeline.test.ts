import gpujs from 'gpu.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dequantiseGroups, quantiseGroups } from '../../../kv/codecs/group-quantisation.ts';
import type { QuantisationAxis, QuantisationBits } from '../../../kv/codecs/group-quantisation.ts';
import { decodeHalves, encodeHalves } from '../../../kv/codecs/half.ts';
import { stitchOnDevice } from '../../../kv/rope/device-pipeline.ts';
import type { EncodedChunk, EncodedTensor } from '../../../kv/rope/device-pipeline.ts';
import { openTextureRope } from '../../../kv/rope/gpu-backend.ts';
import type { GpuLibrary } from '../../../kv/rope/gpu-library.ts';
import type { TextureRope } from '../../../kv/rope/texture-rope.ts';
import { plainRope } from '../../../kv/rope/rope-spec.ts';
import { typescriptRope } from '../../../kv/rope/typescript-backend.ts';

const library = gpujs as unknown as GpuLibrary;
const missing = !library.HeadlessGLKernel.isSupported;
const shape = { layers: 3, kvHeads: 2, headDim: 32 };
const width = shape.kvHeads * shape.headDim;
/** A chunk longer than a group, one of exactly a group, one shorter, one of a single token. */
const CHUNKS = [
  { tokens: 37, shift: 0 },
  { tokens: 32, shift: 1000 },
  { tokens: 9, shift: -3 },
  { tokens: 1, shift: 131071 },
];
const values = CHUNKS.map(({ tokens }, c) => Float32Array.from({ length: shape.layers * tokens * width }, (_, i) => Math.sin(c * 1000 + i * 1.7) * (1 + (i % 5))));

/** What the pipeline must give, by way of the CPU: decoded chunks, rotated, in layer order. */
function expected(decoded: readonly Float32Array[], rotated: boolean): Float32Array {
  const spec = plainRope(shape.headDim, 'neox');
  const total = CHUNKS.reduce((sum, { tokens }) => sum + tokens, 0);
  const out = new Float32Array(shape.layers * total * width);
  let before = 0;
  CHUNKS.forEach(({ tokens, shift }, c) => {
    const layout = { outer: shape.layers, tokens, inner: shape.kvHeads, headDim: shape.headDim };
    const moved = rotated ? typescriptRope.rotate(decoded[c], layout, spec, [{ start: 0, tokens, shift }]) : decoded[c];
    for (let layer = 0; layer < shape.layers; layer++) {
      out.set(moved.subarray(layer * tokens * width, (layer + 1) * tokens * width), (layer * total + before) * width);
    }
    before += tokens;
  });
  return out;
}

const worst = (a: Float32Array, b: Float32Array): number => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

describe.skipIf(missing)(`dequantise, rotate, stitch on a device${missing ? ' (skipped: package gl is not built or there is no display)' : ''}`, () => {
  let rope: TextureRope;
  beforeAll(() => {
    rope = openTextureRope(library, 'headlessgl');
  });
  afterAll(() => {
    rope.destroy();
  });

  const run = (tensors: readonly EncodedTensor[], rotated: boolean): Float32Array => {
    const chunks: EncodedChunk[] = CHUNKS.map((chunk, c) => ({ ...chunk, tensor: tensors[c] }));
    const keys = stitchOnDevice(rope, chunks, shape, rotated ? plainRope(shape.headDim, 'neox') : undefined);
    expect(rope.kernelClass).toBe('HeadlessGLKernel');
    const out = rope.download(keys);
    keys.release();
    return out;
  };
  const quantised = (bits: QuantisationBits, axis: QuantisationAxis): { tensors: EncodedTensor[]; decoded: Float32Array[] } => {
    const layersOf = CHUNKS.map(({ tokens }, c) =>
      Array.from({ length: shape.layers }, (_, layer) =>
        quantiseGroups(values[c].subarray(layer * tokens * width, (layer + 1) * tokens * width), { tokens, channels: width, bits, axis, groupSize: 32 }),
      ),
    );
    const decoded = layersOf.map((layers) => Float32Array.from(layers.flatMap((layer) => Array.from(dequantiseGroups(layer)))));
    return { tensors: layersOf.map((layers) => ({ format: 'quantised', layers })), decoded };
  };

  it('moves binary32 chunks into place and leaves values alone', () => {
    const tensors: EncodedTensor[] = values.map((chunk) => ({ format: 'float32', values: chunk }));
    expect(worst(run(tensors, true), expected(values, true))).toBeLessThanOrEqual(1e-6);
    expect(worst(run(tensors, false), expected(values, false))).toBe(0);
  });

  it('decodes fp16 exactly, subnormals included', () => {
    const tiny = values.map((chunk) => chunk.map((value, i) => (i % 3 === 0 ? value * 2e-6 : value)));
    const halves = tiny.map((chunk) => encodeHalves(chunk));
    const tensors: EncodedTensor[] = halves.map((bits) => ({ format: 'half', bits }));
    expect(worst(run(tensors, false), expected(halves.map((bits) => decodeHalves(bits)), false))).toBe(0);
    expect(worst(run(tensors, true), expected(halves.map((bits) => decodeHalves(bits)), true))).toBeLessThanOrEqual(1e-6);
  });

  it.each([8, 4, 2] as const)('dequantises %i-bit keys (per channel) and values (per token)', (bits) => {
    const keys = quantised(bits, 'per-channel');
    expect(worst(run(keys.tensors, true), expected(keys.decoded, true))).toBeLessThanOrEqual(2e-6);
    const others = quantised(bits, 'per-token');
    // One rounding each of product and sum in binary32, on numbers up to 5.
    expect(worst(run(others.tensors, false), expected(others.decoded, false))).toBeLessThanOrEqual(1e-6);
  });

  it('refuses what a shader cannot take', () => {
    expect(() => run(quantised(3, 'per-channel').tensors, true)).toThrow(/3-bit/);
    const floats: EncodedTensor[] = values.map((chunk) => ({ format: 'float32', values: chunk }));
    expect(() => run([floats[0], floats[1], floats[2], { format: 'half', bits: new Uint16Array(shape.layers * width) }], true)).toThrow(/formats float32 and half/);
    expect(() => run([floats[1], floats[1], floats[2], floats[3]], true)).toThrow(/expected/);
  });
});
