import { describe, expect, it } from 'vitest';
import { RandomStreams } from '../../../sim/kernel/random-streams.ts';
import { SECOND } from '../../../sim/kernel/time.ts';
import type { Request } from '../../../sim/serving/request.ts';
import { ClosedLoopWorkload } from '../../../workloads/arrivals/closed-loop.ts';
import { RagPrompts } from '../../../workloads/rag.ts';

const prompts = new RagPrompts({ chunks: 1000, questionTokens: { law: 'uniform', min: 5, max: 50 } });

/** Answers every request after `serviceNs`, one server per client, in order of completion. */
function run(workload: ClosedLoopWorkload, serviceNs: (request: Request) => number, seed = 1): Request[] {
  const loop = workload.start(new RandomStreams(seed));
  const waiting = loop.initial().map((request) => ({ request, endNs: request.arrivalNs + serviceNs(request) }));
  const seen = waiting.map(({ request }) => request);
  while (waiting.length > 0) {
    waiting.sort((a, b) => a.endNs - b.endNs || a.request.id - b.request.id);
    const { request, endNs } = waiting.shift()!;
    const next = loop.completed(request, endNs);
    if (next === undefined) continue;
    expect(next.arrivalNs).toBeGreaterThanOrEqual(endNs);
    seen.push(next);
    waiting.push({ request: next, endNs: next.arrivalNs + serviceNs(next) });
  }
  return seen;
}

function question({ units, suffixTokens, outputTokens }: Request): unknown {
  return { units: units.map(({ id }) => id), suffixTokens, outputTokens };
}

describe('closed loop', () => {
  it('asks each client the same questions in the same order, however fast the answers come', () => {
    const workload = new ClosedLoopWorkload({ prompts, clients: 7, thinkTimeNs: SECOND, limit: 400 });
    const byClient = (requests: readonly Request[]): unknown[][] => {
      const lists: unknown[][] = Array.from({ length: 7 }, () => []);
      for (const request of requests) lists[request.session!].push(question(request));
      return lists;
    };
    const fast = byClient(run(workload, () => 1000));
    const slow = byClient(run(workload, (request) => SECOND * (1 + request.session!)));
    for (let client = 0; client < 7; client++) {
      const common = Math.min(fast[client].length, slow[client].length);
      expect(common).toBeGreaterThan(5);
      expect(fast[client].slice(0, common)).toEqual(slow[client].slice(0, common));
    }
  });

  it('numbers requests in order of issue and stops at the limit', () => {
    const requests = run(new ClosedLoopWorkload({ prompts, clients: 3, thinkTimeNs: 0, limit: 50 }), () => 10);
    expect(requests.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, id) => id));
    expect(requests.slice(0, 3).map(({ arrivalNs }) => arrivalNs)).toEqual([0, 0, 0]);
  });

  it('has a throughput of clients ÷ (service + think time), by the interactive response time law', () => {
    const workload = new ClosedLoopWorkload({ prompts, clients: 20, thinkTimeNs: 2 * SECOND, limit: 20_000 });
    const requests = run(workload, () => SECOND);
    const perSecond = requests.length / (requests.at(-1)!.arrivalNs / SECOND);
    // 20 ÷ (1 + 2) a second; exponential thinking over 1 000 turns a client: standard error below 0.5 %.
    expect(Math.abs(perSecond / (20 / 3) - 1)).toBeLessThan(0.02);
  });

  it('refuses misuse and impossible options', () => {
    const loop = new ClosedLoopWorkload({ prompts, clients: 2, thinkTimeNs: 0 }).start(new RandomStreams(1));
    const [first] = loop.initial();
    expect(() => loop.initial()).toThrow('a closed loop starts once');
    expect(() => loop.completed({ ...first, session: 9 }, 0)).toThrow('of no client');
    expect(() => new ClosedLoopWorkload({ prompts, clients: 0, thinkTimeNs: 0 })).toThrow('clients is 0');
    expect(() => new ClosedLoopWorkload({ prompts, clients: 1, thinkTimeNs: -1 })).toThrow('think time is -1');
  });
});
