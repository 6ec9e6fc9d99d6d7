import { Kademlia } from '../../../protocols/overlay/kademlia/kademlia.ts';
import type { KademliaOptions } from '../../../protocols/overlay/kademlia/options.ts';
import { SECOND } from '../../../sim/kernel/time.ts';
import { overlaySuite } from '../../conformance/overlay-suite.ts';
import type { OverlaySubject } from '../../conformance/overlay-world.ts';

const PERIOD_NS = 60 * SECOND;

function subject(name: string, options: Partial<KademliaOptions>): OverlaySubject {
  return {
    name,
    replicas: 4,
    // A bucket that overflowed may lack the second closest.
    replicasKnownToOwner: 1,
    roundNs: PERIOD_NS,
    rounds: { join: 1, joinAtOnce: 3, leave: 2, crash: 3, partition: 6, loss: 3 },
    histories: 10,
    // Three sendings a request: with 20 % loss each way, one sending in three gets no answer.
    create: (spec, maintenance) => new Kademlia(spec, { k: 8, ...options, maintenance, refreshPeriodNs: PERIOD_NS, lookupAttempts: 3 }),
  };
}

overlaySuite(subject('Kademlia', {}));
overlaySuite(subject('Kademlia, synchronous rounds, pings at full buckets, b = 3', { rounds: 'synchronous', fullBucket: 'ping', digitBits: 3 }));
