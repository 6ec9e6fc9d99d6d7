import { Chord } from '../../../protocols/overlay/chord/chord.ts';
import type { ChordOptions } from '../../../protocols/overlay/chord/options.ts';
import { SECOND } from '../../../sim/kernel/time.ts';
import { overlaySuite } from '../../conformance/overlay-suite.ts';
import type { OverlaySubject } from '../../conformance/overlay-world.ts';

const PERIOD_NS = 20 * SECOND;

function subject(name: string, options: Partial<ChordOptions>): OverlaySubject {
  return {
    name,
    replicas: 4,
    replicasKnownToOwner: 4,
    roundNs: PERIOD_NS,
    rounds: { join: 4, joinAtOnce: 15, leave: 10, crash: 15, partition: 30, loss: 20 },
    histories: 15,
    // Three sendings a step: with 20 % loss each way, one sending in three gets no answer.
    create: (spec, maintenance) => new Chord(spec, { ...options, maintenance, stabilisePeriodNs: PERIOD_NS, lookupAttempts: 3 }),
  };
}

overlaySuite(subject('Chord, recursive', {}));
overlaySuite(subject('Chord, iterative', { lookup: 'iterative' }));
overlaySuite(subject('Chord, fingers and list, owner confirmed', { routing: 'fingers-and-list', confirmOwner: true }));
