import type { RandomStream } from '../kernel/random-stream.ts';
import type { Nanoseconds } from '../kernel/time.ts';
import type { JitterSpec } from './topology.ts';

/** One draw of extra latency, rounded to whole nanoseconds. */
export function drawJitterNs(jitter: JitterSpec, stream: RandomStream): Nanoseconds {
  switch (jitter.distribution) {
    case 'uniform':
      return Math.round(stream.uniform(0, jitter.maxNs));
    case 'exponential':
      return jitter.meanNs === 0 ? 0 : Math.round(stream.exponential(jitter.meanNs));
    case 'log-normal':
      return jitter.medianNs === 0 ? 0 : Math.round(stream.logNormal(Math.log(jitter.medianNs), jitter.sigma));
  }
}
