/**
 * Sizes of anti-entropy messages, as msgpack encodes them. A status is the array [node, epoch, version, time in ms, load, wait in ms], with the
 * time since when as a seventh field for a node that cannot be reached. An update adds the version it follows, its runs (each the hash it begins
 * behind, then its own) and the hashes removed. Hashes are 64 bits wide: nine bytes each, however small the simulated ids are. A signature is a
 * byte string of 64.
 */
import { MILLISECOND } from '../../sim/kernel/time.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import { msgpackSize } from '../../sim/network/msgpack-size.ts';
import type { Status, Update } from './peer-view.ts';

export const HASH_BYTES = 9;
/** An Ed25519 signature with the header of its byte string. */
export const SIGNATURE_BYTES = 66;

export interface NodeStatus {
  readonly node: number;
  readonly status: Status;
  /** Since when nobody who told of it could reach the node; absent where it was heard of later. */
  readonly downNs?: Nanoseconds;
}

/** Asks for what has happened since. */
export interface Want {
  readonly origin: number;
  readonly epoch: number;
  readonly version: number;
}

export interface GossipMessage {
  readonly statuses: readonly NodeStatus[];
  readonly updates: readonly Update[];
  readonly wants: readonly Want[];
}

/** A header of a msgpack array. */
function arrayBytes(length: number): number {
  if (length < 16) return 1;
  return length < 65_536 ? 3 : 5;
}

function statusFields(node: number, { epoch, version, atNs, load, waitNs }: Status): number[] {
  return [node, epoch, version, Math.floor(atNs / MILLISECOND), load, Math.round(waitNs / MILLISECOND)];
}

function updateBytes({ origin, status, from, changes, filter }: Update): number {
  // One array: fields of the status, version it follows, then runs and removals, or the filter's bytes.
  let bytes = msgpackSize([...statusFields(origin, status), from]);
  if (filter !== undefined) return bytes + msgpackSize(new Uint8Array(filter.sizeBytes));
  if (changes === undefined) return bytes;
  const { added, removed } = changes;
  bytes += arrayBytes(added.length) + arrayBytes(removed.length) + removed.length * HASH_BYTES;
  for (const run of added) bytes += arrayBytes(run.length + 1) + (run.length + 1) * HASH_BYTES;
  return bytes;
}

/** Bytes of a message: an array of its three lists; with signatures, one for each status and update, as these may come at second hand. */
export function gossipBytes({ statuses, updates, wants }: GossipMessage, signed: boolean): number {
  let bytes = 1 + arrayBytes(statuses.length) + arrayBytes(updates.length);
  for (const { node, status, downNs } of statuses) bytes += msgpackSize(downNs === undefined ? statusFields(node, status) : [...statusFields(node, status), Math.floor(downNs / MILLISECOND)]);
  for (const update of updates) bytes += updateBytes(update);
  bytes += msgpackSize(wants.map(({ origin, epoch, version }) => [origin, epoch, version]));
  return bytes + (signed ? (statuses.length + updates.length) * SIGNATURE_BYTES : 0);
}
