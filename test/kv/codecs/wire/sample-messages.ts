import { COMPRESSION_LEVELS } from '../../../../kv/codecs/compression.ts';
import { encodePlane, planeElements } from '../../../../kv/codecs/kv-plane.ts';
import type { PlaneFormat } from '../../../../kv/codecs/kv-plane.ts';
import type { CacheKey } from '../../../../kv/codecs/wire/cache-key.ts';
import { FAILURES, WIRE_TYPES } from '../../../../kv/codecs/wire/messages.ts';
import type { SegmentHeader, WireMessage } from '../../../../kv/codecs/wire/messages.ts';
import { PlaneTensor } from '../../../../kv/codecs/wire/tensor-extension.ts';
import type { RandomStream } from '../../../../sim/kernel/random-stream.ts';

const TEXTS = ['llama-2-7b@f16', 'мистраль-7b', '模型', '', 'a'.repeat(300)];

function range(stream: RandomStream, most: number): { from: number; to: number } {
  const from = stream.integer(most);
  return { from, to: from + stream.integer(most - from + 1) };
}

function sampleKey(stream: RandomStream): CacheKey {
  return {
    model: stream.pick(TEXTS),
    prefixHash: Uint8Array.from({ length: 32 }, () => stream.integer(256)),
    layers: range(stream, 1024),
    heads: range(stream, 1024),
    tokens: range(stream, 16_777_216),
  };
}

function samplePlane(stream: RandomStream): PlaneTensor {
  const format: PlaneFormat = {
    kind: stream.pick(['key', 'value'] as const),
    heads: 1 + stream.integer(2),
    tokens: stream.integer(40),
    headDim: 1 + stream.integer(20),
    level: stream.pick(COMPRESSION_LEVELS),
    entropy: stream.bernoulli(0.5),
  };
  const values = Float32Array.from({ length: planeElements(format) }, () => stream.normal(0, 1));
  return new PlaneTensor(format, encodePlane(values, format));
}

export function sampleHeader(stream: RandomStream): SegmentHeader {
  return {
    key: sampleKey(stream),
    shape: { layers: 1 + stream.integer(4), kvHeads: 1 + stream.integer(5), headDim: 1 + stream.integer(40), tokens: stream.integer(100), elementBytes: 2 },
    level: stream.pick(COMPRESSION_LEVELS),
    entropy: stream.bernoulli(0.5),
    chunkElements: 1280 + stream.integer(20_000),
  };
}

/** A valid message of any type, small ones mostly. */
export function sampleMessage(stream: RandomStream): WireMessage {
  const transaction = stream.integer(2 ** 32);
  const some = <T>(make: () => T): T[] => Array.from({ length: stream.integer(4) }, make);
  const key = (): CacheKey => sampleKey(stream);
  const type = stream.pick(WIRE_TYPES);
  switch (type) {
    case 'lookup':
      return { type, transaction, keys: some(key) };
    case 'holders':
      return { type, transaction, nodes: some(() => some(() => stream.pick(TEXTS))) };
    case 'get':
      return { type, transaction, key: key(), fromChunk: stream.integer(1000) };
    case 'store':
      return { type, transaction, key: key(), sizeBytes: stream.integer(2 ** 40), leaseMs: stream.integer(86_400_000) };
    case 'announce':
      return { type, node: stream.pick(TEXTS), keys: some(key), leaseMs: stream.integer(86_400_000) };
    case 'segment':
      return { type, transaction, header: sampleHeader(stream) };
    case 'chunk':
      return { type, transaction, index: stream.integer(1000), plane: samplePlane(stream) };
    case 'error':
      return { type, transaction, failure: stream.pick(FAILURES), message: stream.pick(TEXTS) };
  }
}
