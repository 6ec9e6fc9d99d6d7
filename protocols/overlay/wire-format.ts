/**
 * The wire form of overlay messages and its size.
 *
 * Every message is one msgpack array: a type code, the identifier of the node addressed (a host may run several), the sender's
 * contact, then the message's own fields. A contact is an identifier followed by an IPv4 address and a port, one byte string. Request
 * numbers are byte strings of 4, so that sizes do not depend on how long a run has lasted. The network adds its own header.
 *
 * Sizes are computed, not measured, on the hot path; tests hold them equal to the length that @msgpack/msgpack encodes.
 */
import type { Id, IdSpace } from './id-space.ts';
import type { NodeIndex } from './overlay.ts';

const ADDRESS_BYTES = 6;

export class WireFormat {
  /** Bytes of a contact: msgpack bin 8 header, identifier, address. */
  readonly contactBytes: number;
  /** Bytes of an identifier: msgpack bin 8 header, identifier. */
  readonly idBytes: number;
  /** Bytes of a message with no fields of its own: array header, type code, addressee, sender. */
  readonly envelopeBytes: number;
  private readonly space: IdSpace;
  private readonly ids: Uint32Array;
  private readonly hosts: Int32Array;

  constructor(space: IdSpace, ids: Uint32Array, hosts: Int32Array) {
    this.space = space;
    this.ids = ids;
    this.hosts = hosts;
    this.idBytes = 2 + space.bytes;
    this.contactBytes = 2 + space.bytes + ADDRESS_BYTES;
    this.envelopeBytes = 1 + 1 + this.idBytes + this.contactBytes;
  }

  contactsBytes(count: number): number {
    return arrayHeaderBytes(count) + count * this.contactBytes;
  }

  idsBytes(count: number): number {
    return arrayHeaderBytes(count) + count * this.idBytes;
  }

  /** What msgpack encodes of a message: the envelope, then the fields. */
  encoding(typeCode: number, to: NodeIndex, from: NodeIndex, fields: readonly unknown[]): readonly unknown[] {
    return [typeCode, this.nodeId(to), this.contact(from), ...fields];
  }

  /** The identifier as its bytes, most significant first. */
  id(a: Id, offset = 0): Uint8Array {
    const bytes = new Uint8Array(this.space.bytes);
    for (let i = 0; i < bytes.length; i++) {
      const fromEnd = bytes.length - 1 - i;
      bytes[i] = a[offset + this.space.words - 1 - (fromEnd >>> 2)] >>> (8 * (fromEnd & 3));
    }
    return bytes;
  }

  nodeId(node: NodeIndex): Uint8Array {
    return this.id(this.ids, node * this.space.words);
  }

  /** Identifier, address 10.x.y.z of the host, and a port that tells apart the nodes of one host. */
  contact(node: NodeIndex): Uint8Array {
    const bytes = new Uint8Array(this.space.bytes + ADDRESS_BYTES);
    bytes.set(this.nodeId(node));
    const host = this.hosts[node];
    bytes.set([10, (host >>> 16) & 255, (host >>> 8) & 255, host & 255, (node >>> 8) & 255, node & 255], this.space.bytes);
    return bytes;
  }

  contacts(nodes: readonly NodeIndex[]): Uint8Array[] {
    return nodes.map((node) => this.contact(node));
  }

  nodeIds(nodes: readonly NodeIndex[]): Uint8Array[] {
    return nodes.map((node) => this.nodeId(node));
  }
}

/** Bytes of a request number: bin 8 header and 4 bytes. */
export const NUMBER_BYTES = 6;

/** A request number as the 4 bytes that stand for it. */
export function numberField(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

/** Bytes that msgpack puts before the elements of an array. */
export function arrayHeaderBytes(count: number): number {
  return count < 16 ? 1 : count < 65536 ? 3 : 5;
}
