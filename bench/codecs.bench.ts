/** Speed, size and error of the KV codecs, one core, plain TypeScript. */
import { existsSync } from 'node:fs';
import yargs from 'yargs';
import { loadModel, loadTokenizer, textMarks } from '../experiments/model-files.ts';
import { readDeviceProfile, writeDeviceProfile } from '../experiments/segment-files/device-profile.ts';
import { COMPRESSION_LEVELS } from '../kv/codecs/compression.ts';
import type { CompressionLevel } from '../kv/codecs/compression.ts';
import { crc32c } from '../kv/codecs/crc32c.ts';
import { entropyDecode, entropyEncode } from '../kv/codecs/entropy-coder.ts';
import { decodeHalves, encodeHalves } from '../kv/codecs/half.ts';
import { decodePlane, encodePlane, planeElements } from '../kv/codecs/kv-plane.ts';
import type { PlaneFormat, PlaneKind } from '../kv/codecs/kv-plane.ts';
import { FrameReader } from '../kv/codecs/wire/frame.ts';
import type { SegmentHeader } from '../kv/codecs/wire/messages.ts';
import { CHUNK_ELEMENTS, SegmentReceiver, segmentFrames } from '../kv/codecs/wire/segment-stream.ts';
import { KvCache } from '../kv/model/kv-cache.ts';
import { Transformer } from '../kv/model/transformer.ts';
import { sampleText } from '../kv/quality/case-sources.ts';
import { RandomStream } from '../sim/kernel/random-stream.ts';
import type { Bench } from './bench.ts';

const MB = 1e6;
const KINDS: readonly PlaneKind[] = ['key', 'value'];
/** Llama-3-8B: one layer of a chunk of 512 tokens. */
const SHAPE = { heads: 8, tokens: 512, headDim: 128 };
/** One head of it for the speeds: 128 KiB of fp16 take about a millisecond, which is short enough to go undisturbed on a busy machine. */
const HEAD = { ...SHAPE, heads: 1 };

export const bench: Bench = {
  name: 'codecs',
  describe: 'KV codecs: MB/s of fp16 encoded and decoded on one core, bits an element with and without the entropy stage, error; wire frames, checksum',
  async run(args) {
    const options = await yargs(args)
      .scriptName('npm run bench -- codecs')
      .option('seconds', { type: 'number', default: 0.5, describe: 'shortest time for each number' })
      .option('weights', { type: 'string', default: '../shared/data/weights/stories260K.bin', describe: 'model whose caches are compressed' })
      .option('tokenizer', { type: 'string', default: '../shared/data/weights/tok512.bin' })
      .option('profile', { type: 'string', describe: 'device profile to which codec speeds are added' })
      .strict()
      .parseAsync();
    const speeds = measureSpeeds(options.seconds);
    measureStream(options.seconds);
    console.log('\nnormal values, one channel in eight ten times as wide');
    printSizes([{ heads: SHAPE.heads, tokens: SHAPE.tokens, headDim: SHAPE.headDim, read: syntheticPlane }]);
    if (existsSync(options.weights) && existsSync(options.tokenizer)) {
      console.log(`\ncaches of ${options.weights}, 12 texts of 256 tokens sampled from it, all layers`);
      printSizes(modelPlanes(options.weights, options.tokenizer));
    } else console.log(`\nno model at ${options.weights}: left out`);
    if (options.profile !== undefined) writeDeviceProfile(options.profile, { ...readDeviceProfile(options.profile), codecs: speeds });
  },
};

/** Bytes a second of the quickest run: what the code can do when nothing else has the core. */
function fastest(bytes: number, seconds: number, run: () => unknown): number {
  let best = Infinity;
  const end = performance.now() + 1000 * seconds;
  for (let runs = 0; runs < 5 || performance.now() < end; runs++) {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  }
  return (bytes / best) * 1000;
}

function syntheticPlane(kind: PlaneKind): Uint16Array {
  const stream = new RandomStream(`codec bench ${kind}`);
  const size = SHAPE.heads * SHAPE.tokens * SHAPE.headDim;
  return encodeHalves(Float32Array.from({ length: size }, (_, i) => stream.normal(0, kind === 'key' && i % 8 === 3 ? 10 : 1)));
}

const syntheticHead = (kind: PlaneKind): Uint16Array => syntheticPlane(kind).slice(0, HEAD.tokens * HEAD.headDim);

function measureSpeeds(seconds: number): Partial<Record<CompressionLevel, { encodeBytesPerSecond: number; decodeBytesPerSecond: number }>> {
  const speeds: Partial<Record<CompressionLevel, { encodeBytesPerSecond: number; decodeBytesPerSecond: number }>> = {};
  console.log('MB/s of fp16 (encode: fp16 in; decode: to binary32)   encode K, V   decode K, V   with entropy: encode, decode');
  for (const level of COMPRESSION_LEVELS) {
    const encode: number[] = [];
    const decode: number[] = [];
    const entropy: number[] = [];
    for (const kind of KINDS) {
      const halves = syntheticHead(kind);
      const format: PlaneFormat = { ...HEAD, kind, level, entropy: false };
      const packed = encodePlane(halves, format);
      const out = new Float32Array(planeElements(format));
      encode.push(fastest(halves.byteLength, seconds, () => encodePlane(halves, format)));
      decode.push(fastest(halves.byteLength, seconds, () => decodePlane(packed, format, out)));
      if (kind === 'key') {
        const coded = { ...format, entropy: true };
        const dense = encodePlane(halves, coded);
        entropy.push(fastest(halves.byteLength, seconds, () => encodePlane(halves, coded)), fastest(halves.byteLength, seconds, () => decodePlane(dense, coded, out)));
      }
    }
    const text = (rates: readonly number[]): string => rates.map((value) => (value / MB).toFixed(0).padStart(6)).join('');
    console.log(level.padEnd(52), text(encode), ' ', text(decode), ' ', text(entropy));
    // Keys and values in equal parts.
    const both = ([a, b]: readonly number[]): number => Math.round(2 / (1 / a + 1 / b));
    speeds[level] = { encodeBytesPerSecond: both(encode), decodeBytesPerSecond: both(decode) };
  }
  const halves = syntheticHead('value');
  const floats = decodeHalves(halves);
  const bytes = new Uint8Array(halves.buffer);
  const coded = entropyEncode(bytes);
  const line = (name: string, rate: number): void => { console.log(`${name.padEnd(52)} ${(rate / MB).toFixed(0).padStart(6)} MB/s`); };
  line('binary32 → fp16, bytes of fp16', fastest(halves.byteLength, seconds, () => encodeHalves(floats, halves)));
  line('fp16 → binary32, bytes of fp16', fastest(halves.byteLength, seconds, () => decodeHalves(halves, floats)));
  line('CRC-32C', fastest(bytes.length, seconds, () => crc32c(bytes)));
  line('entropy coder, encode, bytes in', fastest(bytes.length, seconds, () => entropyEncode(bytes)));
  line('entropy coder, decode, bytes out', fastest(bytes.length, seconds, () => entropyDecode(coded, bytes.length)));
  return speeds;
}

/** A whole segment through frames: quantise, msgpack, checksum, and back. */
function measureStream(seconds: number): void {
  const shape = { layers: 2, kvHeads: SHAPE.heads, headDim: SHAPE.headDim, tokens: SHAPE.tokens, elementBytes: 2 };
  const key = { model: 'bench', prefixHash: new Uint8Array(32), layers: { from: 0, to: 2 }, heads: { from: 0, to: SHAPE.heads }, tokens: { from: 0, to: SHAPE.tokens } };
  const planes = { key: syntheticPlane('key'), value: syntheticPlane('value') };
  const perHead = SHAPE.tokens * SHAPE.headDim;
  for (const level of ['none', 'moderate', 'aggressive'] as const) {
    const header: SegmentHeader = { key, shape, level, entropy: false, chunkElements: CHUNK_ELEMENTS };
    const frames = (): Generator<Uint8Array> => segmentFrames(1, header, ({ kind, heads }) => planes[kind].subarray(heads.from * perHead, heads.to * perHead));
    const sent = [...frames()];
    const bytes = 4 * planes.key.byteLength;
    const encode = fastest(bytes, seconds, () => { let total = 0; for (const frame of frames()) total += frame.length; return total; });
    const decode = fastest(bytes, seconds, () => {
      const reader = new FrameReader();
      let receiver: SegmentReceiver | undefined;
      for (const frame of sent) {
        for (const message of reader.push(frame)) {
          if (message.type === 'segment') receiver = new SegmentReceiver(message, () => undefined);
          else if (message.type === 'chunk') receiver?.push(message);
        }
      }
    });
    const wireBits = (8 * sent.reduce((sum, frame) => sum + frame.length, 0)) / (bytes / 2);
    console.log(`frames, ${level}: ${wireBits.toFixed(3)} bits an element on the wire, encode ${(encode / MB).toFixed(0)} MB/s, decode ${(decode / MB).toFixed(0)} MB/s of fp16`);
  }
}

interface Planes {
  readonly heads: number;
  readonly tokens: number;
  readonly headDim: number;
  readonly read: (kind: PlaneKind) => Uint16Array;
}

function printSizes(planes: readonly Planes[]): void {
  console.log('level         bits an element   with entropy   saved   rms error ÷ rms, K and V');
  for (const level of COMPRESSION_LEVELS) {
    let elements = 0;
    let plainBytes = 0;
    let codedBytes = 0;
    const squares = { key: [0, 0], value: [0, 0] };
    for (const { heads, tokens, headDim, read } of planes) {
      for (const kind of KINDS) {
        const halves = read(kind);
        const format: PlaneFormat = { heads, tokens, headDim, kind, level, entropy: false };
        const packed = encodePlane(halves, format);
        elements += halves.length;
        plainBytes += packed.length;
        codedBytes += encodePlane(halves, { ...format, entropy: true }).length;
        const exact = decodeHalves(halves);
        decodePlane(packed, format).forEach((value, i) => {
          squares[kind][0] += (value - exact[i]) * (value - exact[i]);
          squares[kind][1] += exact[i] * exact[i];
        });
      }
    }
    const error = KINDS.map((kind) => Math.sqrt(squares[kind][0] / squares[kind][1]).toExponential(1)).join('  ');
    const bits = (bytes: number): string => ((8 * bytes) / elements).toFixed(3);
    console.log(`${level.padEnd(13)} ${bits(plainBytes).padStart(15)}   ${bits(codedBytes).padStart(12)}   ${(100 * (1 - codedBytes / plainBytes)).toFixed(1).padStart(4)} %   ${error}`);
  }
}

/** Caches of texts that the model wrote, layer by layer, all texts of a layer in one plane. */
function modelPlanes(weights: string, tokenizerFile: string): Planes[] {
  const loaded = loadModel(weights);
  const model = new Transformer(loaded.config, loaded.weights);
  const { bos, ends } = textMarks(weights, loadTokenizer(tokenizerFile, loaded.config.vocab));
  const texts = 12;
  const tokens = 256;
  const segments = Array.from({ length: texts }, (_, i) => {
    const text = sampleText(model, bos, tokens - 1, (token) => ends.includes(token), `codec bench ${i}`);
    const cache = new KvCache(loaded.config, tokens);
    model.forward(cache, { tokens: [bos, ...text], logits: 'none' });
    return cache.own();
  });
  // Heads of 8 channels are too narrow for groups of 32: all heads of a token count as one.
  const width = loaded.config.kvHeads * loaded.config.headDim;
  return Array.from({ length: loaded.config.layers }, (_, layer) => ({
    heads: texts,
    tokens,
    headDim: width,
    read: (kind: PlaneKind) => encodeHalves(Float32Array.from(segments.flatMap((segment) => Array.from((kind === 'key' ? segment.keys : segment.values)[layer])))),
  }));
}
