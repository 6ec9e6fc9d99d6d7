import { describe, expect, it } from 'vitest';
import { encodeHalves, roundToHalf } from '../../../kv/codecs/half.ts';
import { memorySource } from '../../../kv/model/byte-source.ts';
import type { ByteSource } from '../../../kv/model/byte-source.ts';
import { loadHuggingFaceModel } from '../../../kv/model/hugging-face-model.ts';
import { readHuggingFaceConfig } from '../../../kv/model/hugging-face-config.ts';
import { KvCache } from '../../../kv/model/kv-cache.ts';
import { Transformer } from '../../../kv/model/transformer.ts';
import { readSafetensorsHeader } from '../../../kv/model/safetensors.ts';
import { randomModel, randomTokens, SMALL } from './random-model.ts';

type Dtype = 'F32' | 'F16' | 'BF16';
interface Tensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Bytes of values in a type; bf16 rounds to nearest even. */
function bytesOf(values: Float32Array, dtype: Dtype): Uint8Array {
  if (dtype === 'F32') return new Uint8Array(Float32Array.from(values).buffer);
  if (dtype === 'F16') return new Uint8Array(encodeHalves(values).buffer);
  const words = new Uint32Array(Float32Array.from(values).buffer);
  return new Uint8Array(Uint16Array.from(words, (word) => (word + 0x7fff + ((word >>> 16) & 1)) >>> 16).buffer);
}

/** A safetensors file. `spoil` changes the header before it is written. */
function safetensors(tensors: Readonly<Record<string, Tensor>>, dtype: Dtype, spoil: (header: Record<string, Record<string, unknown>>) => void = () => undefined): Uint8Array {
  const header: Record<string, Record<string, unknown>> = { __metadata__: { format: 'pt' } };
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    const bytes = bytesOf(values, dtype);
    header[name] = { dtype, shape, data_offsets: [at, at + bytes.byteLength] };
    parts.push(bytes);
    at += bytes.byteLength;
  }
  spoil(header);
  const json = Buffer.from(JSON.stringify(header));
  const lead = Buffer.alloc(8);
  lead.writeBigUInt64LE(BigInt(json.byteLength));
  return new Uint8Array(Buffer.concat([lead, json, ...parts]));
}

const model = randomModel({ tiedEmbeddings: false });
const CONFIG = {
  model_type: 'llama', hidden_size: 32, intermediate_size: 48, num_hidden_layers: 3, num_attention_heads: 4, num_key_value_heads: 2,
  vocab_size: 40, max_position_embeddings: 256, rms_norm_eps: 1e-5, rope_theta: 10000, tie_word_embeddings: false, hidden_act: 'silu',
};

/** Rows of interleaved pairs brought into NeoX order, head by head, as conversions to Hugging Face do. */
function toNeox(matrix: Float32Array, heads: number): Float32Array {
  const { headDim, dim } = SMALL;
  const out = new Float32Array(matrix.length);
  for (let head = 0; head < heads; head++) {
    for (let row = 0; row < headDim; row++) {
      const from = head * headDim + row;
      const to = head * headDim + (row % 2) * (headDim / 2) + Math.floor(row / 2);
      out.set(matrix.subarray(from * dim, (from + 1) * dim), to * dim);
    }
  }
  return out;
}

function tensorsOf(): Record<string, Tensor> {
  const { weights } = model;
  const tensors: Record<string, Tensor> = {
    'model.embed_tokens.weight': { shape: [40, 32], values: weights.embedding },
    'model.norm.weight': { shape: [32], values: weights.finalNorm },
    'lm_head.weight': { shape: [40, 32], values: weights.classifier },
  };
  weights.layers.forEach((layer, i) => {
    const put = (name: string, shape: number[], values: Float32Array): void => {
      tensors[`model.layers.${i}.${name}.weight`] = { shape, values };
    };
    put('input_layernorm', [32], layer.attentionNorm);
    put('self_attn.q_proj', [32, 32], toNeox(layer.query, 4));
    put('self_attn.k_proj', [16, 32], toNeox(layer.key, 2));
    put('self_attn.v_proj', [16, 32], layer.value);
    put('self_attn.o_proj', [32, 32], layer.output);
    put('post_attention_layernorm', [32], layer.feedForwardNorm);
    put('mlp.gate_proj', [48, 32], layer.gate);
    put('mlp.down_proj', [32, 48], layer.down);
    put('mlp.up_proj', [48, 32], layer.up);
  });
  return tensors;
}

const TOKENS = randomTokens(15, 'hugging face');
const logitsOf = (transformer: Transformer): Float32Array => transformer.forward(new KvCache(transformer.config, 15), { tokens: TOKENS });
const worst = (a: Float32Array, b: Float32Array): number => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
const load = (files: ByteSource[], config: object = CONFIG): Transformer => {
  const loaded = loadHuggingFaceModel(config, 'config.json', files);
  return new Transformer(loaded.config, loaded.weights);
};
const file = (bytes: Uint8Array): ByteSource => memorySource('model.safetensors', bytes);

describe('Hugging Face models', () => {
  it('compute what the same weights compute in interleaved order, from F32', () => {
    // Frequencies rounded to binary32 turn angles of up to 15 by 1e-6 at most.
    expect(worst(logitsOf(load([file(safetensors(tensorsOf(), 'F32'))])), logitsOf(model))).toBeLessThan(5e-4);
  });

  it.each(['F16', 'BF16'] as const)('expand %s exactly', (dtype) => {
    const tensors = tensorsOf();
    const round = (values: Float32Array): Float32Array => {
      if (dtype === 'F16') return roundToHalf(Float32Array.from(values));
      const halves = new Uint16Array(bytesOf(values, 'BF16').buffer);
      return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
    };
    const rounded = Object.fromEntries(Object.entries(tensors).map(([name, { shape, values }]) => [name, { shape, values: round(values) }]));
    expect(worst(logitsOf(load([file(safetensors(tensors, dtype))])), logitsOf(load([file(safetensors(rounded, 'F32'))])))).toBe(0);
  });

  it('come from several files, and with the classifier tied', () => {
    const entries = Object.entries(tensorsOf());
    const first = memorySource('model-00001-of-00002.safetensors', safetensors(Object.fromEntries(entries.slice(0, 9)), 'F32'));
    const second = memorySource('model-00002-of-00002.safetensors', safetensors(Object.fromEntries(entries.slice(9)), 'F32'));
    const whole = logitsOf(load([file(safetensors(tensorsOf(), 'F32'))]));
    expect(worst(logitsOf(load([first, second])), whole)).toBe(0);
    const rest = Object.fromEntries(Object.entries(tensorsOf()).filter(([name]) => name !== 'lm_head.weight'));
    const tied = load([file(safetensors(rest, 'F32'))], { ...CONFIG, tie_word_embeddings: true });
    expect(tied.config.tiedEmbeddings).toBe(true);
    expect(worst(logitsOf(tied), whole)).toBeGreaterThan(0.1);
  });

  const bad: [string, (header: Record<string, Record<string, unknown>>) => void, RegExp][] = [
    ['a tensor missing', (h) => { delete h['model.layers.2.mlp.up_proj.weight']; }, /no tensor model\.layers\.2\.mlp\.up_proj\.weight/],
    ['another shape', (h) => { h['model.norm.weight']['shape'] = [16, 2]; }, /model\.norm\.weight has shape \[16,2\]; config\.json asks for \[32\]/],
    ['bytes beyond the end', (h) => { h['model.norm.weight']['data_offsets'] = [0, 1e9]; }, /claims bytes 0 to 1000000000/],
    ['bytes that do not fit the shape', (h) => { h['model.norm.weight']['shape'] = [33]; }, /needs 132 bytes but claims 128/],
    ['a shape whose product is beyond any file', (h) => { h['model.norm.weight']['shape'] = [1e15, 1e15]; }, /needs .* bytes but claims/],
    ['a negative shape', (h) => { h['model.norm.weight']['shape'] = [-32]; }, /shape \[-32\]; expected/],
    ['offsets that are no numbers', (h) => { h['model.norm.weight']['data_offsets'] = ['0', null]; }, /data_offsets/],
    ['tensors that overlap', (h) => { h['model.norm.weight']['data_offsets'] = [4, 132]; }, /overlap/],
    ['a type that is not read', (h) => { h['model.norm.weight']['dtype'] = 'F8_E4M3'; }, /no tensor model\.norm\.weight of type F32, F16 or BF16/],
    ['a tensor that is no object', (h) => { h['model.norm.weight'] = 3 as unknown as Record<string, unknown>; }, /not described by an object/],
  ];
  it.each(bad)('are refused with %s', (_, spoil, message) => {
    expect(() => load([file(safetensors(tensorsOf(), 'F32', spoil))])).toThrow(message);
    expect(() => load([file(safetensors(tensorsOf(), 'F32', spoil))])).toThrow(/model\.safetensors/);
  });

  it('are refused when a weight is not a number', () => {
    const tensors = tensorsOf();
    const values = Float32Array.from(tensors['model.layers.1.mlp.up_proj.weight'].values);
    values[7] = NaN;
    tensors['model.layers.1.mlp.up_proj.weight'] = { shape: [48, 32], values };
    expect(() => load([file(safetensors(tensors, 'F32'))])).toThrow(/up of layer 1 holds NaN at element 7/);
  });

  it('are refused when truncated anywhere, before anything large is allocated', () => {
    const bytes = safetensors(tensorsOf(), 'F32');
    for (const length of [0, 7, 8, 100, bytes.length - 1]) expect(() => load([file(bytes.subarray(0, length))])).toThrow(RangeError);
  });

  it('do not believe the length of a header', () => {
    const claims = (length: bigint): ByteSource => {
      const bytes = Buffer.alloc(64);
      bytes.writeBigUInt64LE(length);
      return { ...file(bytes), sizeBytes: 2 ** 40, read: (offset, count) => { if (count > 1e8) throw new Error('read too much'); return bytes.subarray(offset, offset + count); } };
    };
    for (const length of [2n ** 63n, 2n ** 39n, 200_000_000n]) expect(() => readSafetensorsHeader(claims(length))).toThrow(/header claims/);
    expect(() => readSafetensorsHeader(file(new Uint8Array(Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('[]')]))))).toThrow(/not a JSON object/);
    expect(() => readSafetensorsHeader(file(new Uint8Array(Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{]')]))))).toThrow(/not JSON/);
  });

  it('end a config that claims any number of layers at the first that is not there', () => {
    expect(() => load([file(safetensors(tensorsOf(), 'F32'))], { ...CONFIG, num_hidden_layers: 16777216 })).toThrow(/model\.layers\.3\.input_layernorm/);
  });
});

describe('config.json', () => {
  const read = (over: object) => readHuggingFaceConfig({ ...CONFIG, ...over }, 'config.json');
  it('reads the scalings of published models', () => {
    expect(read({}).rope).toMatchObject({ pairing: 'neox', theta: 10000, scaling: { kind: 'none' }, float32Frequencies: true });
    const llama3 = { factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8192, rope_type: 'llama3' };
    expect(read({ rope_scaling: llama3, rope_theta: 500000 }).rope).toMatchObject({ theta: 500000, scaling: { kind: 'llama3', factor: 8, originalMaxTokens: 8192 } });
    expect(read({ rope_scaling: { type: 'linear', factor: 2 } }).rope.scaling).toEqual({ kind: 'linear', factor: 2 });
    expect(read({ rope_scaling: { type: 'yarn', factor: 4, original_max_position_embeddings: 32768 } }).rope.scaling).toMatchObject({ kind: 'yarn', factor: 4, originalMaxTokens: 32768 });
    // DeepSeek's pair of scales: both of 1 cancel.
    expect(read({ rope_scaling: { type: 'yarn', factor: 40, mscale: 1, mscale_all_dim: 1 } }).rope.scaling).toMatchObject({ attentionFactor: 1 });
    expect(read({ rope_parameters: { rope_theta: 7, rope_type: 'default' }, rope_theta: undefined }).rope).toMatchObject({ theta: 7, scaling: { kind: 'none' } });
    expect(read({ head_dim: 16 }).headDim).toBe(16);
  });

  const bad: [string, object, RegExp][] = [
    ['another family', { model_type: 'gpt2' }, /model_type is "gpt2"; expected one of llama, mistral/],
    ['biases', { attention_bias: true }, /attention_bias is true/],
    ['another activation', { hidden_act: 'gelu' }, /hidden_act is "gelu"; expected silu/],
    ['a window that bites', { sliding_window: 64 }, /sliding_window is 64/],
    ['frequencies that depend on the length', { rope_scaling: { rope_type: 'dynamic', factor: 2 } }, /type is "dynamic"; expected default, linear, llama3 or yarn/],
    ['no width', { hidden_size: undefined }, /hidden_size is undefined; expected a positive integer/],
    ['a width of text', { hidden_size: '32' }, /hidden_size is "32"/],
    ['heads that do not divide', { num_attention_heads: 3 }, /head_dim/],
    ['an epsilon of text', { rms_norm_eps: 'small' }, /rms_norm_eps/],
  ];
  it.each(bad)('is refused with %s', (_, over, message) => {
    expect(() => read(over)).toThrow(message);
    expect(() => readHuggingFaceConfig([], 'config.json')).toThrow(/not a JSON object/);
  });
});
