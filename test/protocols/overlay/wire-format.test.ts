import { describe, expect, it } from 'vitest';
import * as chord from '../../../protocols/overlay/chord/messages.ts';
import { IdSpace } from '../../../protocols/overlay/id-space.ts';
import { keyId, nodeIds } from '../../../protocols/overlay/identity.ts';
import * as kademlia from '../../../protocols/overlay/kademlia/messages.ts';
import { Chord } from '../../../protocols/overlay/chord/chord.ts';
import { Kademlia } from '../../../protocols/overlay/kademlia/kademlia.ts';
import * as pastry from '../../../protocols/overlay/pastry/messages.ts';
import { Pastry } from '../../../protocols/overlay/pastry/pastry.ts';
import type { Overlay } from '../../../protocols/overlay/overlay.ts';
import type { Envelope, MessageSpec } from '../../../protocols/overlay/transport.ts';
import { walkMessages } from '../../../protocols/overlay/walk/messages.ts';
import { WireFormat } from '../../../protocols/overlay/wire-format.ts';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { MILLISECOND, SECOND } from '../../../sim/kernel/time.ts';
import { TCP_TLS_HEADER_BYTES } from '../../../sim/network/message.ts';
import type { MessageType } from '../../../sim/network/message.ts';
import { Network } from '../../../sim/network/network.ts';
import { uniformTopology } from '../../../sim/network/topology.ts';
import { encodedBytes, recording } from '../../conformance/overlay-world.ts';

const isSpec = (value: unknown): value is MessageSpec<Envelope> => typeof value === 'object' && value !== null && 'fieldsBytes' in value;

const CATALOGUE = new Map(
  [...Object.values(chord), ...Object.values(kademlia), ...Object.values(pastry), ...Object.values({ ...walkMessages('chord') }), ...Object.values({ ...walkMessages('pastry') })]
    .filter(isSpec)
    .map((spec) => [spec.name, spec]),
);

/** Joins, lookups, leaves, crashes and loss, so that every kind of message is sent. */
function busyOverlay(create: (nodes: { simulator: Simulator; network: ReturnType<ReturnType<typeof recording>>; idBits: number; ids: Uint32Array }) => Overlay, idBits: number) {
  const simulator = new Simulator({ seed: 1 });
  const network = new Network(simulator, uniformTopology(60, 1e9, MILLISECOND));
  const sent: { type: MessageType<unknown>; message: unknown; sizeBytes: number }[] = [];
  const space = new IdSpace(idBits);
  const ids = nodeIds(space, 1, 60);
  const overlay = create({ simulator, network: recording(sent)(network), idBits, ids });
  for (let node = 0; node < 60; node++) overlay.join(node, node === 0 ? undefined : 0);
  simulator.run(100 * SECOND);
  for (const node of [3, 4, 5]) overlay.leave(node);
  for (const node of [10, 11, 12, 13]) network.crash(node);
  for (let i = 0; i < 50; i++) overlay.lookup(20 + (i % 30), keyId(space, 1, i), () => undefined);
  if (overlay instanceof Kademlia) {
    for (let i = 0; i < 5; i++) overlay.store(30, keyId(space, 1, i), { token: i, sizeBytes: [0, 100, 300, 70_000, 20][i] }, () => undefined);
    simulator.run(simulator.now + 10 * SECOND);
    for (let i = 0; i < 5; i++) overlay.findValue(40, keyId(space, 1, i), () => undefined);
  }
  network.partition([Array.from({ length: 30 }, (_, host) => host)]);
  simulator.run(simulator.now + 200 * SECOND);
  network.heal();
  simulator.run(simulator.now + 300 * SECOND);
  return { sent, wire: new WireFormat(space, ids, Int32Array.from({ length: 60 }, (_, host) => host)) };
}

describe('sizes are those of the real msgpack encoding', () => {
  const subjects = [
    ['chord', (n) => new Chord(n, { lookup: 'recursive' })],
    ['chord, iterative', (n) => new Chord(n, { lookup: 'iterative', confirmOwner: true })],
    ['kademlia', (n) => new Kademlia(n, { k: 8, refreshPeriodNs: 60 * SECOND })],
    ['pastry', (n) => new Pastry(n, { rowPeriodNs: 30 * SECOND })],
    ['pastry, iterative', (n) => new Pastry(n, { lookup: 'iterative' })],
  ] as const satisfies readonly (readonly [string, Parameters<typeof busyOverlay>[0]])[];
  const covered = new Set<string>();

  for (const [name, create] of subjects) {
    for (const idBits of [16, 64, 160]) {
      it(`${name}, ${idBits} bits`, () => {
        const { sent, wire } = busyOverlay(create, idBits);
        const checked = new Map<string, number>();
        for (const { type, message, sizeBytes } of sent) {
          const times = checked.get(type.name) ?? 0;
          if (times >= 200) continue;
          checked.set(type.name, times + 1);
          covered.add(type.name);
          const body = message as Envelope;
          const spec = CATALOGUE.get(type.name)!;
          const encoding = wire.encoding(1, body.to, body.from, spec.fields(body, wire));
          expect(`${type.name} ${encodedBytes(encoding) + TCP_TLS_HEADER_BYTES}`).toBe(`${type.name} ${sizeBytes}`);
        }
      });
    }
  }

  it('every message type was sent at least once', () => {
    const missing = [...CATALOGUE.keys()].filter((name) => !covered.has(name) && !name.startsWith('pastry.confirm'));
    expect(missing).toEqual([]);
  });
});
