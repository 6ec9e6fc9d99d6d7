/**
 * The laws that every overlay obeys, whatever its protocol. One file a protocol in test/protocols/overlay runs this suite.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MILLISECOND } from '../../sim/kernel/time.ts';
import type { LookupResult, NodeIndex } from '../../protocols/overlay/overlay.ts';
import { duplicating, OverlayWorld } from './overlay-world.ts';
import type { OverlaySubject, WorldOptions } from './overlay-world.ts';

/** Asks for more membership histories than CI does. */
const HISTORIES = process.env['OVERLAY_HISTORIES'];

export function overlaySuite(subject: OverlaySubject): void {
  const world = (options: WorldOptions): OverlayWorld => new OverlayWorld(subject, options);

  describe(`${subject.name}: ownership at rest`, () => {
    for (const nodes of [1, 2, 3, 5, 10, 20, 50, 200]) {
      it(`${nodes} nodes: every lookup ends at the ground-truth owner, without a timeout`, () => {
        const w = world({ nodes, maintenance: false }).buildConverged();
        const results = w.lookUp(w.keys.slice(0, nodes > 20 ? 10 : 40), w.nodes);
        for (const result of results) {
          expect(result.ok).toBe(true);
          expect(result.owner).toBe(w.truth.owner(result.key));
          expect(result.timeouts).toBe(0);
        }
      });
    }

    for (const idBits of [16, 20, 32, 40, 64, 160]) {
      it(`identifiers of ${idBits} bits`, () => {
        const w = world({ nodes: 60, idBits, maintenance: false }).buildConverged();
        expect(w.correctness()).toBe(1);
      });
    }

    it('1 000 nodes in 16 bits, collisions included', () => {
      const w = world({ nodes: 1000, maintenance: false }).buildConverged();
      const distinct = new Set(w.nodes.map((node) => w.space.toHex(w.overlay.idOf(node))));
      expect(distinct.size).toBe(1000);
      expect(w.correctness(200)).toBe(1);
    });

    it('a key that is a node identifier belongs to that node', () => {
      const w = world({ nodes: 30, maintenance: false }).buildConverged();
      const results = w.lookUp(
        w.nodes.map((node) => w.overlay.idOf(node)),
        w.nodes,
      );
      for (const result of results) expect(w.space.toHex(w.overlay.idOf(result.owner))).toBe(w.space.toHex(result.key));
    });

    it('names the replica set, owner first', () => {
      const w = world({ nodes: 40, maintenance: false }).buildConverged();
      for (const result of w.lookUp(w.keys.slice(0, 50), w.nodes, 5)) {
        const expected = w.truth.replicaSet(result.key, subject.replicas);
        expect(result.replicas.slice(0, subject.replicas)).toEqual(expected);
      }
    });

    it(`the owner itself knows ${subject.replicasKnownToOwner} of the replica set`, () => {
      const w = world({ nodes: 40, maintenance: false }).buildConverged();
      const r = subject.replicasKnownToOwner;
      for (const key of w.keys) expect(w.overlay.neighbours(w.truth.owner(key), key, r)).toEqual(w.truth.replicaSet(key, r));
    });

    it('many nodes on one host find each other', () => {
      const w = world({ nodes: 40, hosts: Array.from({ length: 40 }, (_, node) => node % 4), maintenance: false }).buildConverged();
      expect(w.correctness()).toBe(1);
    });
  });

  describe(`${subject.name}: lookups`, () => {
    it('report once, never inside the call, with the payload given', () => {
      const w = world({ nodes: 8, maintenance: false }).buildConverged();
      const payloads: number[] = [];
      for (const node of w.nodes) w.overlay.lookup(node, w.keys[0], (_, payload) => payloads.push(payload), 100 + node);
      expect(payloads).toEqual([]);
      w.simulator.run();
      expect(payloads.sort()).toEqual(w.nodes.map((node) => 100 + node));
    });

    it('a cancelled lookup is silent', () => {
      const w = world({ nodes: 20, maintenance: false }).buildConverged();
      let heard = 0;
      const handles = w.nodes.map((node) => w.overlay.lookup(node, w.keys[1], () => heard++));
      for (const handle of handles) expect(w.overlay.cancelLookup(handle)).toBe(true);
      for (const handle of handles) expect(w.overlay.cancelLookup(handle)).toBe(false);
      w.simulator.run();
      expect(heard).toBe(0);
    });

    it('fail, and say so, at a node outside the overlay', () => {
      const w = world({ nodes: 5, maintenance: false }).buildConverged([0, 1, 2]);
      const [result] = w.lookUp([w.keys[0]], [4]);
      expect(result.ok).toBe(false);
      expect(result.owner).toBe(-1);
    });

    it('of an initiator that crashes end as failed', () => {
      const w = world({ nodes: 50, maintenance: false }).buildConverged();
      const results: LookupResult[] = [];
      for (const key of w.keys.slice(0, 20)) w.overlay.lookup(7, key, (result) => results.push(result));
      w.simulator.run(w.simulator.now + MILLISECOND / 2);
      w.crash(7);
      const before = results.length;
      w.simulator.run();
      expect(results.length).toBe(20);
      for (const result of results.slice(before)) expect(result.ok).toBe(false);
    });

    it('where no message arrives, name nobody that the node does not know, and reach nobody', () => {
      const w = world({ nodes: 20, maintenance: false }).buildConverged();
      w.network.setLoss(1);
      const known = w.nodes.map((node) => [node, ...w.overlay.peers(node)]);
      for (const result of w.lookUp(w.keys.slice(0, 30), w.nodes, 4)) {
        expect(result.hops).toBe(0);
        if (result.ok) expect(known[result.origin]).toContain(result.owner);
      }
    });

    it('refuse nodes that do not exist', () => {
      const w = world({ nodes: 3, maintenance: false }).buildConverged();
      expect(() => w.overlay.lookup(3, w.keys[0], () => undefined)).toThrow(RangeError);
      expect(() => {
        w.overlay.join(1, 1);
      }).toThrow(RangeError);
    });
  });

  describe(`${subject.name}: membership`, () => {
    it('nodes join one at a time', () => {
      const w = world({ nodes: 25 });
      w.overlay.join(0, undefined);
      for (let node = 1; node < 25; node++) {
        w.overlay.join(node, node - 1);
        w.rounds(subject.rounds.join);
        expect(w.overlay.isMember(node)).toBe(true);
        expect(w.correctness(8)).toBe(1);
      }
      expect(w.correctness()).toBe(1);
    });

    it('many nodes join at once, through one', () => {
      const w = world({ nodes: 60 });
      for (const node of w.nodes) w.overlay.join(node, node === 0 ? undefined : 0);
      w.rounds(subject.rounds.joinAtOnce);
      expect(w.truth.members.length).toBe(60);
      expect(w.correctness()).toBe(1);
    });

    it('two nodes', () => {
      const w = world({ nodes: 2 });
      w.overlay.join(0, undefined);
      w.overlay.join(1, 0);
      w.rounds(subject.rounds.join);
      expect(w.correctness()).toBe(1);
      w.overlay.leave(0);
      w.rounds(subject.rounds.leave);
      expect(w.correctness()).toBe(1);
      w.overlay.join(0, 1);
      w.rounds(subject.rounds.join);
      expect(w.correctness()).toBe(1);
      w.crash(1);
      w.rounds(subject.rounds.crash);
      expect(w.correctness()).toBe(1);
    });

    for (const nodes of [20, 100]) {
      it(`15 % of ${nodes} nodes leave`, () => {
        const w = world({ nodes }).buildConverged();
        for (const node of some(w, 0.15)) w.overlay.leave(node);
        w.rounds(subject.rounds.leave);
        expect(w.correctness()).toBe(1);
      });

      it(`15 % of ${nodes} nodes crash at once`, () => {
        const w = world({ nodes }).buildConverged();
        for (const node of some(w, 0.15)) w.crash(node);
        w.rounds(subject.rounds.crash);
        expect(w.correctness()).toBe(1);
      });
    }

    it('crashed nodes start again, under their old identifiers', () => {
      const w = world({ nodes: 30 }).buildConverged();
      const crashed = some(w, 0.3);
      for (const node of crashed) w.crash(node);
      w.rounds(1);
      for (const node of crashed) w.restart(node, w.truth.members[0]);
      w.rounds(subject.rounds.crash);
      expect(w.truth.members.length).toBe(30);
      expect(w.correctness()).toBe(1);
    });

    it('a paused host comes back', () => {
      const w = world({ nodes: 30 }).buildConverged();
      w.crash(3);
      w.rounds(subject.rounds.crash);
      w.network.recover(w.overlay.hostOf(3));
      w.truth.add(3);
      w.rounds(subject.rounds.partition);
      expect(w.correctness()).toBe(1);
    });

    for (const share of [0.5, 0.25]) {
      it(`a partition of ${100 * share} % heals: each side correct meanwhile, one overlay after`, () => {
        const w = world({ nodes: 40 }).buildConverged();
        const cut = some(w, share);
        const rest = w.nodes.filter((node) => !cut.includes(node));
        w.network.partition([cut, rest]);
        w.rounds(subject.rounds.crash);
        for (const side of [cut, rest]) {
          for (const node of w.nodes) w.truth.remove(node);
          for (const node of side) w.truth.add(node);
          expect(w.correctness()).toBe(1);
        }
        w.network.heal();
        for (const node of w.nodes) w.truth.add(node);
        w.rounds(subject.rounds.partition);
        expect(w.correctness()).toBe(1);
      });
    }

    it('a few nodes cut off from all they knew find back', () => {
      const w = world({ nodes: 40 }).buildConverged();
      w.network.partition([some(w, 0.1)]);
      w.rounds(subject.rounds.crash);
      w.network.heal();
      w.rounds(subject.rounds.partition);
      expect(w.correctness()).toBe(1);
    });

    it('a lookup repairs its way around dead nodes before maintenance does', () => {
      const w = world({ nodes: 100, maintenance: false }).buildConverged();
      const crashed = some(w, 0.15);
      for (const node of crashed) w.crash(node);
      const results = w.lookUp(w.keys, w.truth.members, 3);
      const ended = results.filter((result) => result.ok);
      expect(ended.length).toBeGreaterThan(0.99 * results.length);
      expect(results.reduce((sum, result) => sum + result.timeouts, 0)).toBeGreaterThan(0);
    });
  });

  describe(`${subject.name}: unreliable messages`, () => {
    it('duplicated and reordered', () => {
      const w = world({ nodes: 30, network: duplicating(0.3, 50 * MILLISECOND), jitterNs: 30 * MILLISECOND });
      for (const node of w.nodes) w.overlay.join(node, node === 0 ? undefined : 0);
      w.rounds(subject.rounds.joinAtOnce);
      expect(w.correctness()).toBe(1);
      for (const node of [3, 9, 17]) w.overlay.leave(node);
      for (const node of [4, 10]) w.crash(node);
      w.rounds(subject.rounds.crash);
      expect(w.correctness()).toBe(1);
    });

    for (const loss of [0.05, 0.2]) {
      it(`${100 * loss} % lost: lookups mostly succeed, and all do once the loss stops`, () => {
        const w = world({ nodes: 40 }).buildConverged();
        w.network.setLoss(loss);
        w.rounds(6);
        expect(w.correctness()).toBeGreaterThan(loss < 0.1 ? 0.98 : 0.9);
        w.network.setLoss(0);
        w.rounds(subject.rounds.loss);
        expect(w.correctness()).toBe(1);
      });
    }

    it('joins under 20 % loss', () => {
      const w = world({ nodes: 25 });
      w.network.setLoss(0.2);
      w.overlay.join(0, undefined);
      for (let node = 1; node < 25; node++) {
        w.overlay.join(node, node - 1);
        w.rounds(1);
      }
      w.rounds(subject.rounds.loss);
      w.network.setLoss(0);
      w.rounds(subject.rounds.loss);
      expect(w.truth.members.length).toBe(25);
      expect(w.correctness()).toBe(1);
    });
  });

  describe(`${subject.name}: any history`, () => {
    it('once faults stop, every lookup is correct within the stated rounds', () => {
      const step = fc.oneof(
        { weight: 4, arbitrary: fc.record({ kind: fc.constant('join' as const), node: fc.nat(23), via: fc.nat(1000) }) },
        { weight: 2, arbitrary: fc.record({ kind: fc.constant('leave' as const), node: fc.nat(23) }) },
        { weight: 2, arbitrary: fc.record({ kind: fc.constant('crash' as const), node: fc.nat(23) }) },
        { weight: 1, arbitrary: fc.record({ kind: fc.constant('partition' as const), mask: fc.nat(0xffffff) }) },
        { weight: 1, arbitrary: fc.record({ kind: fc.constant('heal' as const) }) },
        { weight: 1, arbitrary: fc.record({ kind: fc.constant('loss' as const), percent: fc.nat(20) }) },
        { weight: 6, arbitrary: fc.record({ kind: fc.constant('wait' as const), tenths: fc.nat(30) }) },
      );
      fc.assert(
        fc.property(fc.nat(10_000), fc.array(step, { maxLength: 30 }), (seed, history) => {
          const w = world({ nodes: 24, seed });
          w.buildConverged(w.nodes.slice(0, 12));
          // Once a node has been crashed, its host must recover before it can join again.
          for (const s of history) {
            const members = w.truth.members;
            const down = (node: NodeIndex): boolean => !w.network.isAlive(node);
            if (s.kind === 'join' && !members.includes(s.node) && members.length > 0) w.restart(s.node, members[s.via % members.length]);
            // Enough of the overlay stays up at each moment that no replica of its state (lists of 8 and more) dies out at once.
            else if (s.kind === 'leave' && members.length > 6 && members.includes(s.node)) w.overlay.leave(s.node);
            else if (s.kind === 'crash' && members.length > 6 && !down(s.node)) {
              w.crash(s.node);
              w.rounds(1);
            } else if (s.kind === 'partition') {
              w.network.heal();
              w.network.partition([w.nodes.filter((node) => ((s.mask >> node) & 1) === 1)]);
            } else if (s.kind === 'heal') w.network.heal();
            else if (s.kind === 'loss') w.network.setLoss(s.percent / 100);
            else if (s.kind === 'wait') w.rounds(s.tenths / 10);
          }
          w.network.heal();
          w.network.setLoss(0);
          w.rounds(subject.rounds.partition + subject.rounds.crash);
          expect(w.correctness(20)).toBe(1);
        }),
        { seed: 1, numRuns: Number(HISTORIES ?? subject.histories) },
      );
    });

    it('the same seed gives the same run', () => {
      const digest = (): string => {
        const w = world({ nodes: 20, seed: 5, jitterNs: 5 * MILLISECOND });
        for (const node of w.nodes) w.overlay.join(node, node === 0 ? undefined : 0);
        w.rounds(5);
        w.crash(3);
        w.rounds(5);
        return w.simulator.digest();
      };
      expect(digest()).toBe(digest());
    });
  });
}

/** A share of the nodes, drawn from a stream of the world's seed; never all of them. */
function some(w: OverlayWorld, share: number): NodeIndex[] {
  const count = Math.max(1, Math.round(share * w.nodes.length));
  return w.simulator.random.stream('test choice').shuffle([...w.nodes]).slice(0, count);
}
