import type { RandomStreams } from '../kernel/random-streams.ts';
import type { Nanoseconds } from '../kernel/time.ts';
import type { Fault } from './fault.ts';
import type { HostId } from './topology.ts';

/** Independent crashes (or leaves) and repairs of each host, both times exponential. */
export interface RandomFaults {
  readonly hosts: readonly HostId[];
  readonly kind?: 'crash' | 'leave';
  /** Mean time between the end of a repair and the next failure. */
  readonly mtbfNs: Nanoseconds;
  /** Mean time to repair. */
  readonly mttrNs: Nanoseconds;
  readonly fromNs?: Nanoseconds;
  /** No failure begins at or after this time. */
  readonly untilNs: Nanoseconds;
}

/**
 * Draws a schedule of failures, in order of time. Each host has its own random stream, `faults/<host>`: its failures stay the same whatever
 * other hosts there are.
 */
export function drawFaults(random: RandomStreams, spec: RandomFaults): Fault[] {
  if (!(spec.mtbfNs > 0 && spec.mttrNs > 0)) throw new RangeError(`mtbfNs is ${spec.mtbfNs} and mttrNs ${spec.mttrNs}; expected both above 0`);
  const faults: Fault[] = [];
  for (const host of spec.hosts) {
    const stream = random.stream(`faults/${host}`);
    let atNs = (spec.fromNs ?? 0) + Math.round(stream.exponential(spec.mtbfNs));
    while (atNs < spec.untilNs) {
      const forNs = Math.max(1, Math.round(stream.exponential(spec.mttrNs)));
      faults.push(spec.kind === 'leave' ? { atNs, forNs, leave: [host] } : { atNs, forNs, crash: [host] });
      atNs += forNs + Math.max(1, Math.round(stream.exponential(spec.mtbfNs)));
    }
  }
  return faults.sort((a, b) => a.atNs - b.atNs);
}
