import { describe, expect, it } from 'vitest';
import { Chord } from '../../../protocols/overlay/chord/chord.ts';
import { CHORD_DEFAULTS, chordOptions } from '../../../protocols/overlay/chord/options.ts';
import type { ChordOptions } from '../../../protocols/overlay/chord/options.ts';
import { IdSpace } from '../../../protocols/overlay/id-space.ts';
import { keyId, nodeIds } from '../../../protocols/overlay/identity.ts';
import { Kademlia } from '../../../protocols/overlay/kademlia/kademlia.ts';
import { KADEMLIA_DEFAULTS, kademliaOptions } from '../../../protocols/overlay/kademlia/options.ts';
import type { KademliaOptions } from '../../../protocols/overlay/kademlia/options.ts';
import type { NodeSetSpec } from '../../../protocols/overlay/node-set.ts';
import type { Overlay } from '../../../protocols/overlay/overlay.ts';
import { PASTRY_DEFAULTS, pastryOptions } from '../../../protocols/overlay/pastry/options.ts';
import type { PastryOptions } from '../../../protocols/overlay/pastry/options.ts';
import { Pastry } from '../../../protocols/overlay/pastry/pastry.ts';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { MILLISECOND, SECOND } from '../../../sim/kernel/time.ts';
import { Network } from '../../../sim/network/network.ts';
import { twoZones } from '../../conformance/overlay-world.ts';

const NODES = 30;

/** Joins, leaves, crashes, loss and lookups of half an hour; the digest of all that happened. */
function history(create: (spec: NodeSetSpec) => Overlay): string {
  const simulator = new Simulator({ seed: 1 });
  const network = new Network(simulator, twoZones(NODES, 0));
  const space = new IdSpace(32);
  const overlay = create({ simulator, network, idBits: 32, ids: nodeIds(space, 1, NODES) });
  overlay.buildConverged(Array.from({ length: 24 }, (_, node) => node));
  const outcomes: number[] = [];
  let key = 0;
  const lookUp = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const from = 12 + (key % 10);
      overlay.lookup(from, keyId(space, 1, key++), ({ owner, hops, timeouts, messages, latencyNs }) => outcomes.push(owner, hops, timeouts, messages, latencyNs));
    }
  };
  for (let node = 24; node < NODES; node++) overlay.join(node, 0);
  lookUp(20);
  simulator.run(20 * SECOND);
  network.setLoss(0.3);
  lookUp(40);
  simulator.run(60 * SECOND);
  network.setLoss(0);
  overlay.leave(1);
  for (const node of [2, 3, 4]) network.crash(node);
  if (overlay instanceof Kademlia) overlay.store(15, keyId(space, 2, 0), { token: 1, sizeBytes: 10 }, () => undefined);
  lookUp(40);
  simulator.run(400 * SECOND);
  for (const node of [2, 3, 4]) network.recover(node);
  for (const node of [5, 6]) overlay.leave(node);
  simulator.run(420 * SECOND);
  lookUp(40);
  // Node 0 comes between a key and its old owner, who knows it before its predecessor does.
  overlay.leave(0);
  simulator.run(500 * SECOND);
  overlay.join(0, 10);
  simulator.run(simulator.now + 200 * MILLISECOND);
  for (let from = 7; from < 20; from++) overlay.lookup(from, overlay.idOf(0), ({ owner, hops }) => outcomes.push(owner, hops));
  simulator.run(1800 * SECOND);
  return `${simulator.digest()} ${outcomes.join(',')}`;
}

/** For each key, another value than the default, and settings under which it matters. */
type Changes<O> = { readonly [K in keyof O]-?: readonly [value: O[K], where?: Partial<O>] };

function provesEveryKey<O extends object>(name: string, defaults: O, base: Partial<O>, changes: Changes<O>, create: (spec: NodeSetSpec, options: Partial<O>) => Overlay): void {
  describe(`${name}: every option changes something`, () => {
    const digests = new Map<string, string>();
    const digest = (options: Partial<O>): string => {
      const settings = { ...base, ...options };
      const text = JSON.stringify(settings);
      const known = digests.get(text) ?? history((spec) => create(spec, settings));
      digests.set(text, known);
      return known;
    };
    for (const key of Object.keys(defaults) as (keyof O)[]) {
      it(String(key), () => {
        const [value, where] = changes[key];
        expect(digest({ ...where, [key]: value } as Partial<O>)).not.toBe(digest({ ...where } as Partial<O>));
      });
    }
  });
}

provesEveryKey<ChordOptions>(
  'chord',
  CHORD_DEFAULTS,
  {},
  {
    successors: [2],
    lookup: ['iterative'],
    routing: ['fingers-and-list'],
    checkOwner: [false],
    confirmOwner: [true],
    ownerRedirects: [false, { confirmOwner: true }],
    hopAcks: [false],
    rpcTimeoutNs: [400 * MILLISECOND],
    lookupAttempts: [2],
    maintenanceAttempts: [2],
    lookupTimeoutNs: [600 * MILLISECOND],
    lookupRetries: [0],
    hopLimit: [1],
    maintenance: [false],
    stabilisePeriodNs: [30 * SECOND],
    periodSpread: [0.1],
    fixFingers: ['all'],
    fixFingersPeriodNs: [120 * SECOND],
    fillFingersOnJoin: [false],
    repairOnTimeout: [false],
    droppedPeers: [0],
    probePeriodNs: [20 * SECOND],
  },
  (spec, options) => new Chord(spec, options),
);

provesEveryKey<KademliaOptions>(
  'kademlia',
  KADEMLIA_DEFAULTS,
  { k: 4, refreshPeriodNs: 300 * SECOND, republishPeriodNs: 300 * SECOND },
  {
    k: [5],
    alpha: [2],
    digitBits: [2],
    termination: ['no-closer', { rounds: 'synchronous' }],
    resiliency: [2],
    rounds: ['synchronous'],
    fullBucket: ['ping'],
    tables: ['grown'],
    replacements: [0],
    staleAfter: [1],
    rpcTimeoutNs: [400 * MILLISECOND],
    lookupAttempts: [2],
    maintenance: [false],
    refreshPeriodNs: [200 * SECOND],
    periodSpread: [0.5],
    republishPeriodNs: [200 * SECOND],
    publishPeriodNs: [200 * SECOND],
    expiryNs: [200 * SECOND],
    repairOnTimeout: [false],
    droppedPeers: [0],
    probePeriodNs: [20 * SECOND],
  },
  (spec, options) => new Kademlia(spec, options),
);

provesEveryKey<PastryOptions>(
  'pastry',
  PASTRY_DEFAULTS,
  { leafSet: 8, digitBits: 2 },
  {
    digitBits: [3],
    leafSet: [6],
    neighbourhood: [2],
    proximity: [false],
    proximitySamples: [1],
    lookup: ['iterative'],
    hopAcks: [false],
    rpcTimeoutNs: [400 * MILLISECOND],
    lookupAttempts: [2],
    maintenanceAttempts: [2],
    lookupTimeoutNs: [600 * MILLISECOND],
    lookupRetries: [0],
    hopLimit: [1],
    maintenance: [false],
    leafSetPeriodNs: [20 * SECOND],
    rowPeriodNs: [0],
    periodSpread: [0.1],
    improveOnJoin: [false],
    repairOnTimeout: [false],
    droppedPeers: [0],
    probePeriodNs: [20 * SECOND],
  },
  (spec, options) => new Pastry(spec, options),
);

describe('options out of range are refused by name', () => {
  it.each([
    [() => chordOptions({ successors: 0 }), 'chord.successors: 0 given, expected a whole number 1 or more'],
    [() => chordOptions({ periodSpread: 1 }), 'chord.periodSpread: 1 given'],
    [() => chordOptions({ rpcTimeoutNs: 0.5 }), 'chord.rpcTimeoutNs: 0.5 given'],
    [() => kademliaOptions({ alpha: 0 }), 'kademlia.alpha: 0 given'],
    [() => kademliaOptions({ k: 8, resiliency: 9 }), 'kademlia.resiliency: 9 given, expected a whole number from 0 to 8'],
    [() => kademliaOptions({ termination: 'no-closer' }), 'kademlia.termination: no-closer needs rounds: synchronous'],
    [() => pastryOptions({ leafSet: 7 }), 'pastry.leafSet: 7 given, expected an even number'],
    [() => pastryOptions({ digitBits: 9 }), 'pastry.digitBits: 9 given, expected a whole number from 1 to 8'],
  ])('%#', (make, message) => {
    expect(make).toThrow(message);
  });
});
