import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { IdSpace } from '../../../protocols/overlay/id-space.ts';
import { distinctIds, hashToId, keyId, nodeIds, requireRoom } from '../../../protocols/overlay/identity.ts';
import { sha1 } from '../../../protocols/overlay/sha1.ts';

const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

describe('SHA-1', () => {
  // FIPS 180-4 example vectors, as published with the standard.
  it.each([
    ['abc', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ['', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
    ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', '84983e441c3bd26ebaae4aa1f95129e5e54670f1'],
    ['a'.repeat(1_000_000), '34aa973cd4c4daa4f61eeb2bdbad27316534016f'],
  ])('of published vectors', (text, digest) => {
    expect(hex(sha1(text))).toBe(digest);
  });

  it('agrees with the platform at every length around the block boundaries', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(hex(sha1(bytes))).toBe(createHash('sha1').update(bytes).digest('hex'));
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe('identities', () => {
  it('are SHA-1 of the name modulo 2^bits', () => {
    for (const bits of [16, 64, 160]) {
      const space = new IdSpace(bits);
      const ids = nodeIds(space, 7, 3);
      for (let i = 0; i < 3; i++) {
        const digest = createHash('sha1').update(`node-7-${i}`).digest('hex');
        expect(space.toHex(ids, i * space.words)).toBe(digest.slice(-bits / 4));
      }
      expect(space.toHex(keyId(space, 'x', 4))).toBe(createHash('sha1').update('key-x-4').digest('hex').slice(-bits / 4));
    }
  });

  it('a node whose identifier is taken hashes its name with #1, #2 …', () => {
    const space = new IdSpace(16);
    const seen = new Map<string, string>();
    let retried = 0;
    const ids = nodeIds(space, 3, 2000);
    for (let i = 0; i < 2000; i++) {
      let name = `node-3-${i}`;
      for (let attempt = 1; seen.has(space.toHex(hashToId(space, name))); attempt++) {
        name = `node-3-${i}#${attempt}`;
        retried++;
      }
      seen.set(space.toHex(hashToId(space, name)), name);
      expect(space.toHex(ids, i)).toBe(space.toHex(hashToId(space, name)));
    }
    expect(retried).toBeGreaterThan(0);
  });

  it('more nodes do not change the identifiers of the first', () => {
    const space = new IdSpace(32);
    expect(nodeIds(space, 1, 50).subarray(0, 10)).toEqual(nodeIds(space, 1, 10));
  });

  it('may come from any names', () => {
    const space = new IdSpace(64);
    expect(space.at(distinctIds(space, 2, (i) => `disk ${i}`), 1)).toEqual(hashToId(space, 'disk 1'));
  });

  it('more nodes than a quarter of the identifiers are refused', () => {
    expect(() => nodeIds(new IdSpace(16), 1, 16_385)).toThrow('nodes: 16385 given, expected at most 2^(idBits − 2) = 16384 for idBits = 16');
    expect(() => {
      requireRoom(16, 16_384);
    }).not.toThrow();
    expect(() => {
      requireRoom(64, 1_000_000);
    }).not.toThrow();
    expect(() => {
      requireRoom(20, -1);
    }).toThrow(RangeError);
  });
});
