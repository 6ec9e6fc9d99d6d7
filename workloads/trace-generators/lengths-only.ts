/** Traces of arrival times and lengths alone, as the Azure and BurstGPT releases are: nothing of a prompt can be reused. */
import { RandomStreams } from '../../sim/kernel/random-streams.ts';
import { GammaArrivals } from '../arrivals/gamma.ts';
import type { ArrivalProcess } from '../arrivals/arrival-process.ts';
import { tokenCount } from '../token-count.ts';
import type { TokenCountSpec } from '../token-count.ts';
import type { TraceRecord } from '../traces/trace-record.ts';

/** How many requests, and what to change of the laws. */
export interface LengthsOnlyOptions {
  readonly requests: number;
  readonly arrivals?: ArrivalProcess;
  readonly inputTokens?: TokenCountSpec;
  readonly outputTokens?: TokenCountSpec;
}

type Laws = Required<Omit<LengthsOnlyOptions, 'requests'>>;

/**
 * After the Azure code trace of November 2023 (Splitwise, ISCA '24): means of 2 048 tokens in and 28 out, short bursts. Its
 * gaps are burstier still (variation 13 over its hour, from a few long silences): set `arrivals` for that.
 */
export const AZURE_CODE_LIKE: Laws = {
  arrivals: new GammaArrivals(2.57, 4),
  inputTokens: { law: 'log-normal', mean: 2250, variation: 1.25, min: 3, max: 7437 },
  outputTokens: { law: 'log-normal', mean: 28, variation: 2.1, max: 2000 },
};

/** After the conversation service of the same paper: medians of 1 020 tokens in and 129 out (its §III). */
export const AZURE_CONVERSATION_LIKE: Laws = {
  arrivals: new GammaArrivals(5.4, 1.2),
  inputTokens: { law: 'log-normal', mean: 1224, variation: 0.66, max: 14_050 },
  outputTokens: { law: 'log-normal', mean: 211, variation: 1.3, max: 1000 },
};

/** In the manner of BurstGPT (arXiv 2401.17644): gamma arrivals, strongly bursty, and heavy-tailed lengths. */
export const BURSTGPT_LIKE: Laws = {
  arrivals: new GammaArrivals(1, 3),
  inputTokens: { law: 'log-normal', mean: 620, variation: 1.3, max: 31_000 },
  outputTokens: { law: 'log-normal', mean: 250, variation: 1.1, max: 12_000 },
};

/** Yields records in order of arrival. Lengths depend on the request's number and the seed only. */
export function* lengthsOnlyRecords(random: RandomStreams, laws: Laws, options: LengthsOnlyOptions): Generator<TraceRecord> {
  const { requests, arrivals = laws.arrivals } = options;
  if (!(Number.isInteger(requests) && requests >= 0)) throw new RangeError(`requests is ${requests}: expected a whole number of at least 0`);
  const input = tokenCount('inputTokens', options.inputTokens ?? laws.inputTokens);
  const output = tokenCount('outputTokens', options.outputTokens ?? laws.outputTokens);
  const streams = new RandomStreams(random.seed);
  // One stream a purpose: the n-th request's lengths are the n-th draws, whatever the arrivals.
  const inputStream = streams.stream('workload/input');
  const outputStream = streams.stream('workload/output');
  let made = 0;
  if (requests === 0) return;
  for (const arrivalNs of arrivals.times(streams.stream('workload/arrivals'))) {
    yield { arrivalNs, inputTokens: input.sample(inputStream), outputTokens: output.sample(outputStream) };
    if (++made === requests) return;
  }
}
