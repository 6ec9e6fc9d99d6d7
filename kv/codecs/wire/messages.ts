/**
 * The messages that peers exchange about KV caches, and their msgpack bodies. A body is a map of exactly the fields of its type. Replies carry the
 * transaction of their request. After `segment` come its chunks, in order; after `store` and a `segment` too.
 */
import { decode, encode } from '@msgpack/msgpack';
import { CodecError } from '../codec-error.ts';
import { COMPRESSION_LEVELS } from '../compression.ts';
import type { CompressionLevel } from '../compression.ts';
import type { KvShape } from '../../layout/kv-shape.ts';
import { keyFields, readKey } from './cache-key.ts';
import type { CacheKey } from './cache-key.ts';
import { flag, listOf, mapOf, text, wholeNumber, word } from './fields.ts';
import type { Fields } from './fields.ts';
import { WIRE_LIMITS } from './limits.ts';
import type { WireLimits } from './limits.ts';
import { checkMsgpack } from './msgpack-check.ts';
import { PlaneTensor, TENSOR_EXTENSIONS, tensorExtensions } from './tensor-extension.ts';

/** Why a peer could not do what it was asked. */
export const FAILURES = ['absent', 'busy', 'full', 'refused', 'damaged', 'unsupported'] as const;
export type Failure = (typeof FAILURES)[number];

/** What the chunks of a segment hold. */
export interface SegmentHeader {
  readonly key: CacheKey;
  readonly shape: KvShape;
  readonly level: CompressionLevel;
  readonly entropy: boolean;
  /** Most elements in a chunk: with the shape it fixes every chunk (see chunk-plan.ts). */
  readonly chunkElements: number;
}

/** Each message by its type. */
export interface WireMessages {
  /** Who holds these? */
  lookup: { readonly transaction: number; readonly keys: readonly CacheKey[] };
  /** Answer to lookup: for each key the addresses of its holders. */
  holders: { readonly transaction: number; readonly nodes: readonly (readonly string[])[] };
  /** Send this segment, from some chunk on: after a broken transfer, the first that is missing. */
  get: { readonly transaction: number; readonly key: CacheKey; readonly fromChunk: number };
  /** Will you keep this segment? `segment` and its chunks follow. */
  store: { readonly transaction: number; readonly key: CacheKey; readonly sizeBytes: number; readonly leaseMs: number };
  /** I hold these, for so long. */
  announce: { readonly node: string; readonly keys: readonly CacheKey[]; readonly leaseMs: number };
  /** What the chunks that follow belong to. */
  segment: { readonly transaction: number; readonly header: SegmentHeader };
  /** One piece of a segment. */
  chunk: { readonly transaction: number; readonly index: number; readonly plane: PlaneTensor };
  /** The request failed. */
  error: { readonly transaction: number; readonly failure: Failure; readonly message: string };
}

export type WireType = keyof WireMessages;
export type WireMessage = { readonly [T in WireType]: { readonly type: T } & WireMessages[T] }[WireType];

/** Type bytes of frames: places in this list, from 1. Only ever appended to. */
export const WIRE_TYPES: readonly WireType[] = ['lookup', 'holders', 'get', 'store', 'announce', 'segment', 'chunk', 'error'];

const UINT32_MAX = 0xffff_ffff;
const transaction = (fields: Fields): number => wholeNumber(fields['transaction'], 'transaction', 0, UINT32_MAX);
const SHAPE_LIMITS: Readonly<Record<keyof KvShape, number>> = { layers: 1024, kvHeads: 1024, headDim: 65_536, tokens: 16_777_216, elementBytes: 8 };
const SHAPE_FIELDS = Object.keys(SHAPE_LIMITS) as (keyof KvShape)[];

/** The msgpack body of a message. Throws RangeError or TypeError on what msgpack cannot hold. */
export function encodeBody(message: WireMessage): Uint8Array {
  return encode(bodyOf(message), { extensionCodec: tensorExtensions(WIRE_LIMITS) });
}

function bodyOf(message: WireMessage): Record<string, unknown> {
  switch (message.type) {
    case 'lookup':
      return { transaction: message.transaction, keys: message.keys.map(keyFields) };
    case 'holders':
      return { transaction: message.transaction, nodes: message.nodes };
    case 'get':
      return { transaction: message.transaction, key: keyFields(message.key), fromChunk: message.fromChunk };
    case 'store':
      return { transaction: message.transaction, key: keyFields(message.key), sizeBytes: message.sizeBytes, leaseMs: message.leaseMs };
    case 'announce':
      return { node: message.node, keys: message.keys.map(keyFields), leaseMs: message.leaseMs };
    case 'segment': {
      const { key, shape, level, entropy, chunkElements } = message.header;
      return { transaction: message.transaction, key: keyFields(key), shape: { ...shape }, level, entropy, chunkElements };
    }
    case 'chunk':
      return { transaction: message.transaction, index: message.index, plane: message.plane };
    case 'error':
      return { transaction: message.transaction, failure: message.failure, message: message.message };
  }
}

/**
 * Reads a body of some type. Bytes fields of the result are views of `body`.
 * Throws CodecError on anything but a body that `encodeBody` could have made within the limits.
 */
export function decodeBody(type: WireType, body: Uint8Array, limits: WireLimits = WIRE_LIMITS): WireMessage {
  checkMsgpack(body, { extensions: TENSOR_EXTENSIONS, textBytes: limits.textBytes });
  return READERS[type](decodeChecked(body, limits), limits);
}

function decodeChecked(body: Uint8Array, limits: WireLimits): unknown {
  try {
    return decode(body, { extensionCodec: tensorExtensions(limits), keyDecoder: null });
  } catch (error) {
    if (error instanceof CodecError) throw error;
    throw new CodecError('malformed', error instanceof Error ? error.message : String(error));
  }
}

const READERS: { readonly [T in WireType]: (value: unknown, limits: WireLimits) => WireMessage & { readonly type: T } } = {
  lookup(value, limits) {
    const fields = mapOf(value, 'lookup', ['transaction', 'keys']);
    return { type: 'lookup', transaction: transaction(fields), keys: listOf(fields['keys'], 'keys', limits.listEntries, readKey) };
  },
  holders(value, limits) {
    const fields = mapOf(value, 'holders', ['transaction', 'nodes']);
    const nodes = listOf(fields['nodes'], 'nodes', limits.listEntries, (entry, path) => listOf(entry, path, limits.listEntries, text));
    return { type: 'holders', transaction: transaction(fields), nodes };
  },
  get(value) {
    const fields = mapOf(value, 'get', ['transaction', 'key', 'fromChunk']);
    return { type: 'get', transaction: transaction(fields), key: readKey(fields['key'], 'key'), fromChunk: wholeNumber(fields['fromChunk'], 'fromChunk', 0, UINT32_MAX) };
  },
  store(value) {
    const fields = mapOf(value, 'store', ['transaction', 'key', 'sizeBytes', 'leaseMs']);
    return {
      type: 'store',
      transaction: transaction(fields),
      key: readKey(fields['key'], 'key'),
      sizeBytes: wholeNumber(fields['sizeBytes'], 'sizeBytes', 0, Number.MAX_SAFE_INTEGER),
      leaseMs: wholeNumber(fields['leaseMs'], 'leaseMs', 0, Number.MAX_SAFE_INTEGER),
    };
  },
  announce(value, limits) {
    const fields = mapOf(value, 'announce', ['node', 'keys', 'leaseMs']);
    return {
      type: 'announce',
      node: text(fields['node'], 'node'),
      keys: listOf(fields['keys'], 'keys', limits.listEntries, readKey),
      leaseMs: wholeNumber(fields['leaseMs'], 'leaseMs', 0, Number.MAX_SAFE_INTEGER),
    };
  },
  segment(value, limits) {
    const fields = mapOf(value, 'segment', ['transaction', 'key', 'shape', 'level', 'entropy', 'chunkElements']);
    const shape = mapOf(fields['shape'], 'shape', SHAPE_FIELDS);
    const extent = (name: keyof KvShape): number => wholeNumber(shape[name], `shape.${name}`, name === 'tokens' ? 0 : 1, SHAPE_LIMITS[name]);
    return {
      type: 'segment',
      transaction: transaction(fields),
      header: {
        key: readKey(fields['key'], 'key'),
        shape: { layers: extent('layers'), kvHeads: extent('kvHeads'), headDim: extent('headDim'), tokens: extent('tokens'), elementBytes: extent('elementBytes') },
        level: word(fields['level'], 'level', COMPRESSION_LEVELS),
        entropy: flag(fields['entropy'], 'entropy'),
        chunkElements: wholeNumber(fields['chunkElements'], 'chunkElements', 1, limits.tensorElements),
      },
    };
  },
  chunk(value) {
    const fields = mapOf(value, 'chunk', ['transaction', 'index', 'plane']);
    const plane = fields['plane'];
    if (!(plane instanceof PlaneTensor)) throw new CodecError('schema', 'plane is no KV plane');
    return { type: 'chunk', transaction: transaction(fields), index: wholeNumber(fields['index'], 'index', 0, UINT32_MAX), plane };
  },
  error(value) {
    const fields = mapOf(value, 'error', ['transaction', 'failure', 'message']);
    return { type: 'error', transaction: transaction(fields), failure: word(fields['failure'], 'failure', FAILURES), message: text(fields['message'], 'message') };
  },
};
