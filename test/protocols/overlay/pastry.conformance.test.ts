import { Pastry } from '../../../protocols/overlay/pastry/pastry.ts';
import type { PastryOptions } from '../../../protocols/overlay/pastry/options.ts';
import { SECOND } from '../../../sim/kernel/time.ts';
import { overlaySuite } from '../../conformance/overlay-suite.ts';
import type { OverlaySubject } from '../../conformance/overlay-world.ts';

const PERIOD_NS = 30 * SECOND;

function subject(name: string, options: Partial<PastryOptions>): OverlaySubject {
  return {
    name,
    replicas: 4,
    replicasKnownToOwner: 4,
    roundNs: PERIOD_NS,
    rounds: { join: 2, joinAtOnce: 6, leave: 4, crash: 6, partition: 20, loss: 8 },
    histories: 15,
    // Three sendings a step: with 20 % loss each way, one sending in three gets no answer.
    create: (spec, maintenance) => new Pastry(spec, { ...options, maintenance, leafSetPeriodNs: PERIOD_NS, lookupAttempts: 3 }),
  };
}

overlaySuite(subject('Pastry', {}));
overlaySuite(subject('Pastry, iterative, leaf set of 8, b = 3', { lookup: 'iterative', leafSet: 8, digitBits: 3, neighbourhood: 8 }));
