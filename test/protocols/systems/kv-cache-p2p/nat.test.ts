import { describe, expect, it } from 'vitest';
import { Nat } from '../../../../protocols/systems/kv-cache-p2p/nat.ts';
import { RandomStreams } from '../../../../sim/kernel/random-streams.ts';

const NODES = 400;
const nat = (options: Partial<{ share: number; externalShare: number; holePunch: number }>, zones = NODES): Nat =>
  new Nat(new RandomStreams(1), NODES, (host) => host % zones, { share: 0.5, externalShare: 0, holePunch: 0.7, ...options });

/** Pairs of hidden nodes in different zones, each once. */
function hiddenPairs(each: Nat): [number, number][] {
  const hidden = Array.from({ length: NODES }, (_, host) => host).filter((host) => !each.isReachable(host));
  return hidden.flatMap((a, i) => hidden.slice(i + 1).map((b): [number, number] => [a, b]));
}

describe('Nat', () => {
  it('hides the stated share of nodes, and external addresses uncover the stated share of those', () => {
    const hidden = (each: Nat): number => Array.from({ length: NODES }, (_, host) => host).filter((host) => !each.isReachable(host)).length / NODES;
    // Four standard deviations of a share of 400 draws.
    expect(Math.abs(hidden(nat({})) - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / NODES));
    expect(Math.abs(hidden(nat({ externalShare: 0.4 })) - 0.3)).toBeLessThan(4 * Math.sqrt(0.21 / NODES));
    expect(hidden(nat({ externalShare: 1 }))).toBe(0);
  });

  it('hole punching succeeds at its rate, the rest stays with a public relay, and both ends agree', () => {
    const each = nat({});
    const pairs = hiddenPairs(each);
    const relayed = pairs.filter(([a, b]) => each.route(a, b)?.kind === 'relayed');
    expect(Math.abs(relayed.length / pairs.length - 0.3)).toBeLessThan(4 * Math.sqrt(0.21 / pairs.length));
    for (const [a, b] of pairs.slice(0, 500)) expect(each.route(b, a)).toEqual(each.route(a, b));
    expect(each.isReachable(each.relay)).toBe(true);
  });

  it('needs no help on a LAN or towards a public node, and a reversal towards a hidden one', () => {
    const each = nat({ holePunch: 0 });
    const [a, b] = hiddenPairs(each)[0];
    const open = each.relay;
    expect(each.route(a, open)).toEqual({ kind: 'direct', signals: 0 });
    expect(each.route(open, a)).toEqual({ kind: 'direct', signals: 1 });
    expect(nat({ holePunch: 0 }, 1).route(a, b)).toEqual({ kind: 'direct', signals: 0 });
    expect(nat({ share: 1, holePunch: 0 }).route(0, 1)).toBeUndefined();
  });
});
