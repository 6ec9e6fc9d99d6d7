/** Generated traces by name, as configs name them: `generated:mooncake`. */
import type { RandomStreams } from '../../sim/kernel/random-streams.ts';
import { nearest } from '../text/nearest.ts';
import type { TraceRecord } from '../traces/trace-record.ts';
import { AZURE_CODE_LIKE, AZURE_CONVERSATION_LIKE, BURSTGPT_LIKE, lengthsOnlyRecords } from './lengths-only.ts';
import { mooncakeLikeRecords } from './mooncake-like.ts';

type Generate = (random: RandomStreams, requests: number) => Generator<TraceRecord>;

const GENERATORS: Readonly<Record<string, Generate>> = {
  mooncake: (random, requests) => mooncakeLikeRecords(random, { requests }),
  'azure-code': (random, requests) => lengthsOnlyRecords(random, AZURE_CODE_LIKE, { requests }),
  'azure-conversation': (random, requests) => lengthsOnlyRecords(random, AZURE_CONVERSATION_LIKE, { requests }),
  burstgpt: (random, requests) => lengthsOnlyRecords(random, BURSTGPT_LIKE, { requests }),
};

export const GENERATED_TRACES: readonly string[] = Object.keys(GENERATORS);
export const GENERATED_PREFIX = 'generated:';

/** Opens a generated trace, its name without or with the prefix. @throws RangeError on an unknown name, with the nearest. */
export function generatedTrace(name: string, random: RandomStreams, requests: number): Generator<TraceRecord> {
  const plain = name.startsWith(GENERATED_PREFIX) ? name.slice(GENERATED_PREFIX.length) : name;
  const generate = Object.hasOwn(GENERATORS, plain) ? GENERATORS[plain] : undefined;
  if (generate === undefined) {
    const near = nearest(plain, GENERATED_TRACES);
    throw new RangeError(`generated trace "${plain}": expected one of ${GENERATED_TRACES.join(', ')}${near === undefined ? '' : `; did you mean "${near}"?`}`);
  }
  return generate(random, requests);
}
