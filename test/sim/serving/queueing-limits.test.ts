/**
 * The engine as a queue. With costs made up for the purpose it becomes M/D/1 and M/M/1 (one sequence at a time), M/M/c (a
 * decode step of constant duration serves each of c sequences at a constant rate) and processor sharing (a decode step
 * that costs in proportion to its batch).
 *
 * At load 0.95 the mean of 16 million waits is needed for a half-width of 2 %, so each check has two parts on common
 * random numbers. The engine runs some ten thousand requests, and so does the textbook's own recursion: for one server they
 * must agree in every nanosecond, for the others in the mean up to the length of a step. The recursion then
 * runs millions more, which puts an interval around the engine's mean (a control variate): engine + (long recursion −
 * recursion on the engine's requests). The theoretical mean must lie in it. Seeds are fixed; with others one interval in
 * twenty misses, as it should.
 */
import { describe, expect, it } from 'vitest';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { InferenceEngine, Sequence } from '../../../sim/serving/engine.ts';
import { LinearCost } from './linear-cost.ts';
import { BatchMeans, KieferWolfowitzQueue, LindleyQueue, ProcessorSharingQueue, theory, uniforms, type Customer, type Uniform } from './textbook-queues.ts';

const LOADS = [0.5, 0.8, 0.95] as const;
/** Mean service time: long in nanoseconds, so that whole ones do not matter. */
const SERVICE_NS = 1_000_000;
const WIDEST = 0.02;
/** Added to a seed for the requests that the engine runs. */
const ENGINE = 500_009;

/** Customers of the long run, for a half-width below 2 % with exponential service. */
const LONG_RUN: Readonly<Record<number, number>> = { 0.5: 600_000, 0.8: 1_800_000, 0.95: 20_000_000 };

type Draw = (uniform: Uniform) => number;
const constant: Draw = () => SERVICE_NS;
const exponential: Draw = (uniform) => Math.max(1, Math.round(-SERVICE_NS * Math.log(uniform())));

/** Calls `serve` for every customer, in order of arrival. */
function eachCustomer(seed: number, count: number, load: number, servers: number, draw: Draw, serve: (arrivalNs: number, serviceNs: number) => void): void {
  const arrivals = uniforms(seed);
  const services = uniforms(seed + 1_000_003);
  const meanGapNs = SERVICE_NS / (load * servers);
  let arrivalNs = 0;
  for (let index = 0; index < count; index += 1) {
    arrivalNs += Math.round(-meanGapNs * Math.log(arrivals()));
    serve(arrivalNs, draw(services));
  }
}

function customers(seed: number, count: number, load: number, servers: number, draw: Draw): Customer[] {
  const all: Customer[] = [];
  eachCustomer(seed, count, load, servers, draw, (arrivalNs, serviceNs) => all.push({ arrivalNs, serviceNs }));
  return all;
}

/** Runs the requests and returns what `measure` reads from each, by request. */
function runEngine(
  requests: readonly Customer[],
  costs: LinearCost,
  maxSequences: number,
  tokensOf: (customer: Customer) => { prompt: number; output: number },
  measure: (sequence: Sequence) => number,
): number[] {
  const simulator = new Simulator({ digest: false });
  const measured = new Array<number>(requests.length).fill(Number.NaN);
  const engine = new InferenceEngine(simulator, 'engine', costs, { maxSequences, tokenBudget: 2 ** 40, kvBlocks: 2 ** 50 }, {
    onFinished: (sequence) => {
      measured[sequence.request.id] = measure(sequence);
    },
  });
  let next = 0;
  const arrive = simulator.handler('arrive', () => {
    const customer = requests[next];
    const { prompt, output } = tokensOf(customer);
    engine.submit(new Sequence({ id: next, arrivalNs: simulator.now, units: [], reuse: 'chunk', suffixTokens: prompt, outputTokens: output }));
    costs.shapes.length = 0;
    next += 1;
    if (next < requests.length) simulator.scheduleAt(requests[next].arrivalNs, arrive, next);
  });
  simulator.scheduleAt(requests[0].arrivalNs, arrive, 0);
  simulator.run();
  return measured;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The interval of the engine's mean: its own mean, corrected by the recursion's difference between few and many requests. */
function expectTheory(engineMean: number, controlMean: number, long: { mean: number; halfWidth: number }, expected: number): void {
  const corrected = (engineMean - controlMean + long.mean) / SERVICE_NS;
  const halfWidth = long.halfWidth / SERVICE_NS;
  expect(halfWidth).toBeLessThanOrEqual(WIDEST * expected);
  expect(Math.abs(corrected - expected)).toBeLessThanOrEqual(halfWidth);
}

function longLindley(seed: number, count: number, load: number, draw: Draw): { mean: number; halfWidth: number } {
  const queue = new LindleyQueue();
  const batches = new BatchMeans(count);
  eachCustomer(seed, count, load, 1, draw, (arrivalNs, serviceNs) => {
    batches.add(queue.wait(arrivalNs, serviceNs));
  });
  return batches.interval();
}

describe('one sequence at a time', () => {
  const cases = [
    { name: 'M/D/1', draw: constant, share: 0.5, expected: theory.md1Wait },
    { name: 'M/M/1', draw: exponential, share: 1, expected: theory.mm1Wait },
  ];
  for (const { name, draw, share, expected } of cases) {
    it.each(LOADS)(`is ${name} at load %f`, (load) => {
      const seed = 1 + load * 1000;
      const requests = customers(seed + ENGINE, 20_000, load, 1, draw);
      const waits = runEngine(requests, new LinearCost({ token: 1 }), 1, ({ serviceNs }) => ({ prompt: serviceNs, output: 1 }), (sequence) => sequence.firstScheduledNs - sequence.arrivalNs);
      const lindley = new LindleyQueue();
      const textbook = requests.map(({ arrivalNs, serviceNs }) => lindley.wait(arrivalNs, serviceNs));
      expect(waits).toEqual(textbook);
      expectTheory(mean(waits), mean(textbook), longLindley(seed, LONG_RUN[load] * share, load, draw), expected(load));
    });
  }
});

/** Exponential service in whole steps, of which a mean request takes `count`. */
function wholeSteps(count: number): Draw {
  return (uniform) => (SERVICE_NS / count) * Math.max(1, Math.round(-count * Math.log(uniform())));
}

describe('a batch whose steps last the same, whatever its size', () => {
  const SERVERS = 4;
  // An arrival waits for the step under way before it can take a slot: half a step, which must be small beside the wait.
  const STEPS = 1000;
  const STEP_NS = SERVICE_NS / STEPS;
  const draw = wholeSteps(STEPS);

  it.each(LOADS)('is M/M/4 at load %f', (load) => {
    const seed = 3 + load * 1000;
    const requests = customers(seed + ENGINE, 4_000, load, SERVERS, draw);
    const waits = runEngine(
      requests,
      new LinearCost({ fixed: STEP_NS }),
      SERVERS,
      ({ serviceNs }) => ({ prompt: 1, output: serviceNs / STEP_NS }),
      (sequence) => sequence.firstScheduledNs - sequence.arrivalNs,
    );
    const control = new KieferWolfowitzQueue(SERVERS);
    const textbook = requests.map(({ arrivalNs, serviceNs }) => control.wait(arrivalNs, serviceNs));
    const excess = mean(waits) - mean(textbook);
    expect(excess > 0 && excess < STEP_NS).toBe(true);

    const long = new KieferWolfowitzQueue(SERVERS);
    // At low load waits are rare with four servers, and their mean takes more of them.
    const count = LONG_RUN[load] * (load === 0.5 ? 2.5 : 1);
    const batches = new BatchMeans(count);
    eachCustomer(seed, count, load, SERVERS, draw, (arrivalNs, serviceNs) => {
      batches.add(long.wait(arrivalNs, serviceNs));
    });
    expectTheory(mean(waits), mean(textbook), batches.interval(), theory.mmcWait(load, SERVERS));
  });
});

describe('a batch whose steps last in proportion to its size', () => {
  // The sharing is in quanta of one token: a request differs by a step or so from its ideal, one in 2 · STEPS of its sojourn.
  const STEPS = 200;
  const STEP_NS = SERVICE_NS / STEPS;
  const draw = wholeSteps(STEPS);

  it.each(LOADS)('is processor sharing at load %f', (load) => {
    const seed = 6 + load * 1000;
    const requests = customers(seed + ENGINE, 8_000, load, 1, draw);
    const sojourns = runEngine(
      requests,
      new LinearCost({ token: STEP_NS, decode: STEP_NS }),
      4096,
      ({ serviceNs }) => ({ prompt: 1, output: serviceNs / STEP_NS }),
      (sequence) => sequence.finishedNs - sequence.arrivalNs,
    );
    let controlSum = 0;
    const control = new ProcessorSharingQueue((sojournNs) => {
      controlSum += sojournNs;
    });
    for (const { arrivalNs, serviceNs } of requests) control.arrive(arrivalNs, serviceNs);
    control.drain();
    const controlMean = controlSum / requests.length;
    expect(Math.abs(mean(sojourns) / controlMean - 1)).toBeLessThan(1 / STEPS);

    const count = LONG_RUN[load] * 1.1;
    const batches = new BatchMeans(count);
    const long = new ProcessorSharingQueue((sojournNs) => {
      batches.add(sojournNs);
    });
    eachCustomer(seed, count, load, 1, draw, (arrivalNs, serviceNs) => {
      long.arrive(arrivalNs, serviceNs);
    });
    long.drain();
    expectTheory(mean(sojourns), controlMean, batches.interval(), theory.psSojourn(load));
  });
});
