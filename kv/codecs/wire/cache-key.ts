import { binary, mapOf, text, wholeNumber } from './fields.ts';
import type { Range } from '../../layout/partition.ts';

/** Names a piece of KV cache by what it was computed from: the same key, the same tensor. */
export interface CacheKey {
  /** Model and revision. */
  readonly model: string;
  /** SHA-256 of the token prefix, or of the chunk's own tokens where it does not depend on a prefix: 32 bytes. */
  readonly prefixHash: Uint8Array;
  readonly layers: Range;
  readonly heads: Range;
  /** Positions in the sequence. */
  readonly tokens: Range;
}

const HASH_BYTES = 32;
const LAYERS_MAX = 1024;
const HEADS_MAX = 1024;
const TOKENS_MAX = 16_777_216;

/** A key as a plain map of msgpack. */
export function keyFields(key: CacheKey): Record<string, unknown> {
  const pair = ({ from, to }: Range): number[] => [from, to];
  return { model: key.model, hash: key.prefixHash, layers: pair(key.layers), heads: pair(key.heads), tokens: pair(key.tokens) };
}

/** Throws CodecError unless `value` is a key. */
export function readKey(value: unknown, path: string): CacheKey {
  const fields = mapOf(value, path, ['model', 'hash', 'layers', 'heads', 'tokens']);
  return {
    model: text(fields['model'], `${path}.model`),
    prefixHash: binary(fields['hash'], `${path}.hash`, HASH_BYTES),
    layers: readRange(fields['layers'], `${path}.layers`, LAYERS_MAX),
    heads: readRange(fields['heads'], `${path}.heads`, HEADS_MAX),
    tokens: readRange(fields['tokens'], `${path}.tokens`, TOKENS_MAX),
  };
}

function readRange(value: unknown, path: string, most: number): Range {
  const [from, to] = Array.isArray(value) && value.length === 2 ? (value as unknown[]) : [undefined, undefined];
  const start = wholeNumber(from, `${path} start`, 0, most);
  return { from: start, to: wholeNumber(to, `${path} end`, start, most) };
}
