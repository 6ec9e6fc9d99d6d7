/** What goes over the wire, against other implementations: keys against the platform's SHA-256, sizes against a msgpack encoder. */
import { createHash } from 'node:crypto';
import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LayerKey, TensorHead } from '../../../../protocols/systems/kv-cache-p2p/messages.ts';
import { absent, announce, connect, entryBytes, found, get, lookup, provide, providers, relayedBytes, storeBytes } from '../../../../protocols/systems/kv-cache-p2p/messages.ts';
import { sha256 } from '../../../../protocols/systems/kv-cache-p2p/sha256.ts';
import { msgpackSize } from '../../../../sim/network/msgpack-size.ts';

const KEY: LayerKey = { model: 'Llama-3.1-8B', layer: 31, prefix: sha256('some prefix'), start: 512, end: 1024 };
const HEAD: TensorHead = { shape: [2, 8, 512, 128], dtype: 'f16' };

describe('SHA-256', () => {
  it('gives the digests of node:crypto', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(Buffer.from(sha256(bytes)).toString('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('gives the digests of FIPS 180-4', () => {
    expect(Buffer.from(sha256('abc')).toString('hex')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

describe('messages', () => {
  const control = { lookup: lookup(KEY), found: found(2_097_152), absent: absent(), get: get(KEY), provide: provide(KEY), providers: providers(3), plain: connect(false), noise: connect(true),
    announce: announce({ host: 70_000, external: true, model: 'Llama-3.1-8B', gpu: 'H100', cacheBytes: 1e9, producer: true }) };

  it.each(Object.entries(control))('%s is as long as its encoding', (_, message) => {
    expect(msgpackSize(message)).toBe(encode(message).length);
  });

  it.each([0, 200, 256, 70_000, 2_097_152])('a tensor of %i bytes is sent in as many as its encoding has', (dataBytes) => {
    const data = new Uint8Array(dataBytes);
    const id = new Uint8Array(4);
    expect(entryBytes(KEY, HEAD, dataBytes)).toBe(encode({ type: 'entry', id, key: KEY, ...HEAD, data }).length);
    expect(storeBytes(KEY, HEAD, dataBytes)).toBe(encode({ type: 'store', key: KEY, ...HEAD, data }).length);
  });

  it('a relayed message is wrapped once', () => {
    const peer = new Uint8Array(32);
    const message = encode(control.lookup);
    expect(relayedBytes(message.length)).toBe(encode({ type: 'relayed', to: peer, from: peer, message }).length);
  });
});
