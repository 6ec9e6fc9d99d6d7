/** One contestant in a thread of its own, so that what the compiler learnt of one does not slow the next. */
import { parentPort, workerData } from 'node:worker_threads';
import { dhtDelays, exponentialDelays, holdObjects, holdSimulator, holdTextbook } from './hold-model.ts';
import type { Hold } from './hold-model.ts';
import { SECOND } from '../../sim/kernel/time.ts';

export interface HoldTask {
  readonly queue: 'ladder' | 'heap' | 'objects' | 'textbook';
  readonly mix: 'exponential' | 'dht';
  readonly pending: number;
  readonly events: number;
  readonly tries: number;
}

const { queue, mix, pending, events, tries } = workerData as HoldTask;
const delays = mix === 'dht' ? dhtDelays() : exponentialDelays(SECOND);
const holds: Hold[] = [];
for (let i = 0; i < tries; i++) holds.push(tryOnce());
parentPort?.postMessage(holds);

function tryOnce(): Hold {
  if (queue === 'objects') return holdObjects(pending, events, delays);
  if (queue === 'textbook') return holdTextbook(pending, events, delays);
  return holdSimulator(queue, pending, events, delays);
}
