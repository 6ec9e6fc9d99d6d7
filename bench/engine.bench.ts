/** How fast one inference engine runs: a million requests of the mean of the Azure code trace, at 90 % of saturation. */
import { gpuByName } from '../sim/hardware/gpu-catalogue.ts';
import { modelByName } from '../sim/hardware/model-catalogue.ts';
import { defaultEfficiencySet } from '../sim/hardware/roofline-efficiencies.ts';
import { RooflineCostModel } from '../sim/hardware/roofline.ts';
import { Simulator } from '../sim/kernel/simulator.ts';
import { InferenceEngine, Sequence } from '../sim/serving/engine.ts';
import { kvCapacityBlocks } from '../sim/serving/kv-capacity.ts';
import type { Bench } from './bench.ts';

const PROMPT_TOKENS = 2048;
const OUTPUT_TOKENS = 28;
const LOAD = 0.9;
const BLOCK_TOKENS = 16;
const LIMITS = { tokenBudget: 8192, maxSequences: 256 };

interface Run {
  readonly requests: number;
  readonly seconds: number;
  readonly simulatedSeconds: number;
  readonly steps: number;
  readonly utilisation: number;
  readonly meanTtftMs: number;
  readonly p99TtftMs: number;
  readonly preemptions: number;
}

/** Poisson arrivals at `ratePerSecond`; at an infinite rate all are there at the start. */
function simulate(requests: number, ratePerSecond: number): Run {
  const gpu = gpuByName('A100-80GB');
  const model = modelByName('Llama-2-7B');
  const costs = new RooflineCostModel({ gpu, model, efficiencies: defaultEfficiencySet(gpu) });
  const simulator = new Simulator({ seed: 1 });
  const gaps = simulator.random.stream('arrivals');
  const ttftNs = new Float64Array(requests);
  const kvBlocks = kvCapacityBlocks({ gpu, model, ...LIMITS }, BLOCK_TOKENS);
  const engine = new InferenceEngine(simulator, 'engine', costs, { ...LIMITS, kvBlocks, blockTokens: BLOCK_TOKENS }, {
    onFinished: (sequence) => {
      ttftNs[sequence.request.id] = sequence.firstTokenNs - sequence.arrivalNs;
    },
  });
  let id = 0;
  const arrive = simulator.handler('arrive', () => {
    engine.submit(new Sequence({ id, arrivalNs: simulator.now, units: [], reuse: 'chunk', suffixTokens: PROMPT_TOKENS, outputTokens: OUTPUT_TOKENS }));
    id += 1;
    if (id < requests) simulator.schedule(ratePerSecond === Infinity ? 0 : Math.round(gaps.exponential(1e9 / ratePerSecond)), arrive, 0);
  });
  const start = performance.now();
  simulator.schedule(0, arrive, 0);
  simulator.run();
  const seconds = (performance.now() - start) / 1e3;
  const sorted = ttftNs.toSorted();
  return {
    requests,
    seconds,
    simulatedSeconds: simulator.now / 1e9,
    steps: engine.steps,
    utilisation: engine.busyNs() / simulator.now,
    meanTtftMs: ttftNs.reduce((sum, value) => sum + value, 0) / requests / 1e6,
    p99TtftMs: sorted[Math.floor(0.99 * (requests - 1))] / 1e6,
    preemptions: engine.preemptions,
  };
}

export const bench: Bench = {
  name: 'engine',
  describe: `one inference engine, requests of ${PROMPT_TOKENS} tokens in and ${OUTPUT_TOKENS} out at ${LOAD * 100} % load; seconds and memory [requests, default 1000000]`,
  run: (args) => {
    const requests = Number(args[0] ?? '1000000');
    if (!Number.isSafeInteger(requests) || requests < 1) throw new RangeError(`requests must be a whole number of at least 1, not ${args[0] ?? ''}`);
    const backlog = simulate(Math.min(requests, 20_000), Infinity);
    const saturation = backlog.requests / backlog.simulatedSeconds;
    console.log(`saturation: ${saturation.toFixed(3)} requests/s (a backlog of ${backlog.requests})`);
    const run = simulate(requests, LOAD * saturation);
    const megabytes = process.resourceUsage().maxRSS / 1024;
    console.log(`${requests} requests at ${(LOAD * saturation).toFixed(3)}/s: ${run.seconds.toFixed(1)} s, ${Math.round(requests / run.seconds)} requests/s, ${run.steps} steps (${((run.seconds / run.steps) * 1e6).toFixed(2)} µs each), peak memory ${megabytes.toFixed(0)} MB`);
    console.log(`simulated: ${run.simulatedSeconds.toFixed(0)} s, utilisation ${(run.utilisation * 100).toFixed(1)} %, TTFT mean ${run.meanTtftMs.toFixed(0)} ms, P99 ${run.p99TtftMs.toFixed(0)} ms, ${run.preemptions} preemptions`);
    return Promise.resolve();
  },
};
