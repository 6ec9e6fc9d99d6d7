/**
 * The wire messages: msgpack maps, as Go's struct encoding writes them. Control messages are sized by encoding rules
 * (`msgpackSize`); of the two that carry a tensor (`entry`, `store`) the head is sized so and the tensor is one bin field.
 *
 * lookup, get, store and announce are the prototype's; found, absent and entry are their answers. provide and providers belong to lookup
 * over a DHT, connect to the handshakes, relayed to peers behind NAT: those are ours.
 */
import { msgpackSize } from '../../../sim/network/msgpack-size.ts';
import { SHA256_BYTES } from './sha256.ts';

/** Names one layer of one token prefix, in any cache. */
export interface LayerKey {
  readonly model: string;
  readonly layer: number;
  /** SHA-256 of all tokens up to `end`. */
  readonly prefix: Uint8Array;
  /** Tokens that the entry covers, [start, end). */
  readonly start: number;
  readonly end: number;
}

export type TensorType = 'f16' | 'i8';

/** What stands before a tensor: K and V of one layer. */
export interface TensorHead {
  /** [2, heads, tokens, head dimension]. */
  readonly shape: readonly [2, number, number, number];
  readonly dtype: TensorType;
}

/** A request number as 4 bytes, so that sizes do not depend on how long a run has lasted. */
const NUMBER = new Uint8Array(4);
/** A peer's identity: the SHA-256 of its public key, as libp2p derives peer ids. */
const PEER = new Uint8Array(SHA256_BYTES);

export const lookup = (key: LayerKey): object => ({ type: 'lookup', id: NUMBER, key });
export const found = (sizeBytes: number): object => ({ type: 'found', id: NUMBER, size: sizeBytes });
export const absent = (): object => ({ type: 'absent', id: NUMBER });
export const get = (key: LayerKey): object => ({ type: 'get', id: NUMBER, key });
export const provide = (key: LayerKey): object => ({ type: 'provide', key, peer: PEER });
export const providers = (count: number): object => ({ type: 'providers', id: NUMBER, peers: Array.from({ length: count }, () => PEER) });

/** What a node tells the others of itself. */
export interface Announcement {
  readonly host: number;
  /** The address that its NAT forwards to it, where it has one. */
  readonly external: boolean;
  readonly model: string;
  readonly gpu: string;
  readonly cacheBytes: number;
  readonly producer: boolean;
}

export function announce({ host, external, model, gpu, cacheBytes, producer }: Announcement): object {
  const local = `/ip4/10.${(host >>> 16) & 255}.${(host >>> 8) & 255}.${host & 255}/tcp/4001`;
  // An address of the range for documentation (RFC 5737): only its length counts.
  const addresses = external ? [local, `/ip4/203.0.113.${host & 255}/tcp/4001`] : [local];
  return { type: 'announce', peer: PEER, addresses, model, gpu, cache: cacheBytes, producer };
}

/**
 * One flight of a handshake. Noise XX: an ephemeral key; then ephemeral and encrypted static key with an identity payload; then the
 * initiator's static key and payload (libp2p noise specification). In plain text only protocol names are exchanged.
 */
export function connect(encrypted: boolean): object {
  return { type: 'connect', peer: PEER, handshake: new Uint8Array(encrypted ? NOISE_FLIGHT_BYTES : PLAIN_FLIGHT_BYTES) };
}

/** Second flight of Noise XX: key 32, static key and tag 48, payload of about 104 (public key, signature) and its tag 16. */
const NOISE_FLIGHT_BYTES = 200;
/** `/multistream/1.0.0` and a protocol name, each with its length and line feed. */
const PLAIN_FLIGHT_BYTES = 40;

/** A message of `innerBytes` on its way through a relay. */
export const relayedBytes = (innerBytes: number): number => msgpackSize({ type: 'relayed', to: PEER, from: PEER, message: '' }) - 1 + binBytes(innerBytes);

/** Bytes of the answer to a get. */
export const entryBytes = (key: LayerKey, head: TensorHead, dataBytes: number): number => tensorMessageBytes({ type: 'entry', id: NUMBER, key, ...head }, dataBytes);

/** Bytes of a layer pushed to a peer. */
export const storeBytes = (key: LayerKey, head: TensorHead, dataBytes: number): number => tensorMessageBytes({ type: 'store', key, ...head }, dataBytes);

/** Size of a map with one more field, `data`, of so many bytes. */
function tensorMessageBytes(head: object, dataBytes: number): number {
  return msgpackSize({ ...head, data: EMPTY }) - binBytes(0) + binBytes(dataBytes);
}

const EMPTY = new Uint8Array(0);

/** A bin field: header by length (MessagePack specification, bin 8, 16, 32), then the bytes. */
function binBytes(length: number): number {
  return length + (length < 0x100 ? 2 : length < 0x10000 ? 3 : 5);
}
