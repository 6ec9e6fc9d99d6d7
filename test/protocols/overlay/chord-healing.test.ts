import { describe, expect, it } from 'vitest';
import { Chord } from '../../../protocols/overlay/chord/chord.ts';
import type { MessageNetwork } from '../../../protocols/overlay/transport.ts';
import { SECOND } from '../../../sim/kernel/time.ts';
import type { Network } from '../../../sim/network/network.ts';
import { OverlayWorld } from '../../conformance/overlay-world.ts';

const PERIOD_NS = 20 * SECOND;

const subject = {
  name: 'Chord',
  replicas: 4,
  replicasKnownToOwner: 4,
  roundNs: PERIOD_NS,
  rounds: { join: 4, joinAtOnce: 15, leave: 10, crash: 15, partition: 60, loss: 20 },
  histories: 0,
};

/** Loses every message of one type, and counts them. */
function losing(lost: string, count: { messages: number }) {
  return (network: Network): MessageNetwork => ({
    messageType: (name, handle, sizeBytes) => network.messageType(name, handle, sizeBytes),
    isAlive: (host) => network.isAlive(host),
    latencyNs: (from, to) => network.latencyNs(from, to),
    send: (from, to, type, message) => {
      if (type.name === lost) count.messages++;
      else network.send(from, to, type, message);
    },
  });
}

describe('two rings that find each other', () => {
  it.each([1, 2, 3])('become one by what each node learns for itself, when the other side is never told (seed %i)', (seed) => {
    const count = { messages: 0 };
    const create: ConstructorParameters<typeof OverlayWorld>[0]['create'] = (spec, maintenance) => new Chord(spec, { maintenance, stabilisePeriodNs: PERIOD_NS, lookupAttempts: 3 });
    const w = new OverlayWorld({ ...subject, create }, { nodes: 24, seed, network: losing('chord.candidate', count) }).buildConverged();
    const [cut, rest] = [0, 1].map((side) => w.nodes.filter((node) => node % 2 === side));
    w.network.partition([cut, rest]);
    w.rounds(subject.rounds.crash);
    // Each side is a ring of its own, so that there is a gap to close.
    for (const side of [cut, rest]) {
      for (const node of w.nodes) w.truth.remove(node);
      for (const node of side) w.truth.add(node);
      expect(w.correctness()).toBe(1);
    }
    w.network.heal();
    for (const node of w.nodes) w.truth.add(node);
    w.rounds(subject.rounds.partition);
    expect(count.messages).toBeGreaterThan(0);
    expect(w.correctness()).toBe(1);
  });
});
